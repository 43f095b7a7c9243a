using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Kilonova.Images;

/// <summary>A manifest that cannot be used; the message begins with file and line.</summary>
public sealed class ManifestException(string message) : Exception(message);

/// <summary>Reads scenario manifests (images/*.yaml). docs/building.md, "Scenarios", describes the fields.</summary>
public sealed class ScenarioReader
{
    private readonly string _path;

    private ScenarioReader(string path)
    {
        _path = path;
    }

    /// <summary>Reads a manifest; the scenario is named like the file.</summary>
    /// <exception cref="ManifestException">It does not say what is needed, or says more.</exception>
    public static Scenario Load(string path) => Parse(File.ReadAllText(path), path);

    /// <summary>Reads a manifest's text; <paramref name="path"/> gives the name and stands in messages.</summary>
    /// <exception cref="ManifestException">It does not say what is needed, or says more.</exception>
    public static Scenario Parse(string text, string path) => new ScenarioReader(path).Read(text);

    private Scenario Read(string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException exception)
        {
            throw Error(exception.Start, exception.InnerException?.Message ?? exception.Message);
        }
        if (stream.Documents.Count != 1)
        {
            throw Error(Mark.Empty, "a manifest is one YAML document");
        }
        var root = Fields(stream.Documents[0].RootNode, "a manifest", "description", "kernel", "modules", "machine");
        return new Scenario(
            Path.GetFileNameWithoutExtension(_path),
            Text(Required(stream.Documents[0].RootNode, root, "description")),
            root.TryGetValue("kernel", out var kernel) ? ReadKernel(kernel) : new BootFile("kernel.elf", ""),
            ReadModules(Required(stream.Documents[0].RootNode, root, "modules")),
            root.TryGetValue("machine", out var machine) ? ReadMachine(machine) : Machine.Default);
    }

    private BootFile ReadKernel(YamlNode node)
    {
        var fields = Fields(node, "the kernel", "file", "arguments");
        return new BootFile(fields.TryGetValue("file", out var file) ? ReadPath(file) : "kernel.elf", Optional(fields, "arguments", ""));
    }

    private List<BootFile> ReadModules(YamlNode node)
    {
        if (node is not YamlSequenceNode { Children.Count: > 0 } list)
        {
            throw Error(node.Start, "modules is a list, with the root component first");
        }
        var modules = new List<BootFile>();
        foreach (var item in list.Children)
        {
            var fields = Fields(item, "a module", "file", "arguments");
            var module = new BootFile(ReadPath(Required(item, fields, "file")), Optional(fields, "arguments", ""));
            if (modules.Exists(other => other.Name == module.Name))
            {
                throw Error(item.Start, $"two modules are named {module.Name}");
            }
            modules.Add(module);
        }
        return modules;
    }

    private Machine ReadMachine(YamlNode node)
    {
        var fields = Fields(node, "the machine", "type", "cpu", "cpus", "memory", "options");
        var options = fields.TryGetValue("options", out var list)
            ? list is YamlSequenceNode sequence ? sequence.Children.Select(Text).ToList() : throw Error(list.Start, "options is a list")
            : [];
        return new Machine(
            Optional(fields, "type", Machine.Default.Type),
            Optional(fields, "cpu", Machine.Default.Cpu),
            Number(fields, "cpus", Machine.Default.Cpus, 1, 255),
            Number(fields, "memory", Machine.Default.Memory, 32, 1 << 20),
            options);
    }

    // Files lie below out/: a manifest cannot reach outside of it.
    private string ReadPath(YamlNode node)
    {
        var path = Text(node);
        return path.Length > 0 && !Path.IsPathRooted(path) && !path.Split('/').Contains("..") && !path.Contains(' ')
            ? path
            : throw Error(node.Start, $"'{path}' is not a path below out/ without spaces");
    }

    private Dictionary<string, YamlNode> Fields(YamlNode node, string what, params string[] known)
    {
        if (node is not YamlMappingNode mapping)
        {
            throw Error(node.Start, $"{what} has fields: {string.Join(", ", known)}");
        }
        var fields = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Children)
        {
            var name = Text(key);
            if (!known.Contains(name))
            {
                throw Error(key.Start, $"{what} has no field '{name}', only {string.Join(", ", known)}");
            }
            fields.Add(name, value);
        }
        return fields;
    }

    private YamlNode Required(YamlNode parent, Dictionary<string, YamlNode> fields, string name) =>
        fields.TryGetValue(name, out var node) ? node : throw Error(parent.Start, $"the field '{name}' is missing");

    private string Optional(Dictionary<string, YamlNode> fields, string name, string otherwise) =>
        fields.TryGetValue(name, out var node) ? Text(node) : otherwise;

    private int Number(Dictionary<string, YamlNode> fields, string name, int otherwise, int minimum, int maximum)
    {
        if (!fields.TryGetValue(name, out var node))
        {
            return otherwise;
        }
        return int.TryParse(Text(node), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum
            ? value
            : throw Error(node.Start, $"{name} is a number from {minimum} to {maximum}");
    }

    // One line, since it becomes part of a boot loader's configuration.
    private string Text(YamlNode node) =>
        node is YamlScalarNode { Value: { } value } && !value.AsSpan().Trim().ContainsAny('\n', '\r')
            ? value.Trim()
            : throw Error(node.Start, "one line of text is wanted here");

    private ManifestException Error(Mark mark, string message) => new($"{_path}:{mark.Line}: {message}");
}
