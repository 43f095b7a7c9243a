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
    private readonly YamlFields _yaml;

    private ScenarioReader(string path)
    {
        _path = path;
        _yaml = new YamlFields(path);
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
            throw _yaml.Error(exception.Start, exception.InnerException?.Message ?? exception.Message);
        }
        if (stream.Documents.Count != 1)
        {
            throw _yaml.Error(Mark.Empty, "a manifest is one YAML document");
        }
        var root = _yaml.Fields(stream.Documents[0].RootNode, "a manifest", "description", "kernel", "modules", "components", "machine");
        var name = Path.GetFileNameWithoutExtension(_path);
        var modules = root.TryGetValue("modules", out var list) ? ReadModules(list) : [];
        IReadOnlyList<Component> components = root.TryGetValue("components", out var lines) ? new ManifestReader(_yaml).Read(lines) : [];
        if (components.Count > 0)
        {
            modules = AddComponents(name, modules, components);
        }
        else if (list is null)
        {
            throw _yaml.Error(stream.Documents[0].RootNode.Start, "the field 'modules' is missing, or 'components'");
        }
        return new Scenario(
            name,
            _yaml.Text(_yaml.Required(stream.Documents[0].RootNode, root, "description")),
            root.TryGetValue("kernel", out var kernel) ? ReadKernel(kernel) : new BootFile("kernel.elf", ""),
            modules,
            root.TryGetValue("machine", out var machine) ? ReadMachine(machine) : Machine.Default)
        { Components = components };
    }

    // The root task with the manifest, each image once with its symbols, what guests boot, then whatever else the scenario names.
    private static List<BootFile> AddComponents(string scenario, List<BootFile> further, IReadOnlyList<Component> components)
    {
        var manifest = new BootFile(CompiledManifest.FileOf(scenario), "");
        List<BootFile> modules = [new BootFile("components/sigma0.elf", $"manifest={manifest.Name}"), manifest];
        foreach (var component in components.DistinctBy(component => component.Image.File))
        {
            modules.Add(component.Image);
            modules.Add(new BootFile(component.Symbols, ""));
        }
        modules.AddRange(components.SelectMany(component => component.Files).Distinct());
        modules.AddRange(further);
        return modules;
    }

    private BootFile ReadKernel(YamlNode node)
    {
        var fields = _yaml.Fields(node, "the kernel", "file", "arguments");
        return new BootFile(fields.TryGetValue("file", out var file) ? _yaml.Path(file) : "kernel.elf", Optional(fields, "arguments", ""));
    }

    private List<BootFile> ReadModules(YamlNode node)
    {
        if (node is not YamlSequenceNode { Children.Count: > 0 } list)
        {
            throw _yaml.Error(node.Start, "modules is a list, with the root component first");
        }
        var modules = new List<BootFile>();
        foreach (var item in list.Children)
        {
            var fields = _yaml.Fields(item, "a module", "file", "arguments");
            var module = new BootFile(_yaml.Path(_yaml.Required(item, fields, "file")), Optional(fields, "arguments", ""));
            if (modules.Exists(other => other.Name == module.Name))
            {
                throw _yaml.Error(item.Start, $"two modules are named {module.Name}");
            }
            modules.Add(module);
        }
        return modules;
    }

    private Machine ReadMachine(YamlNode node)
    {
        var fields = _yaml.Fields(node, "the machine", "type", "cpu", "cpus", "memory", "disks", "options");
        return new Machine(
            Optional(fields, "type", Machine.Default.Type),
            Optional(fields, "cpu", Machine.Default.Cpu),
            Number(fields, "cpus", Machine.Default.Cpus, 1, 255),
            Number(fields, "memory", Machine.Default.Memory, 32, 1 << 20),
            List(fields, "options").Select(_yaml.Text).ToList())
        {
            Disks = List(fields, "disks").Select(_yaml.Path).ToList(),
        };
    }

    private IEnumerable<YamlNode> List(Dictionary<string, YamlNode> fields, string name) =>
        !fields.TryGetValue(name, out var node) ? []
        : node is YamlSequenceNode sequence ? sequence.Children
        : throw _yaml.Error(node.Start, $"{name} is a list");

    private string Optional(Dictionary<string, YamlNode> fields, string name, string otherwise) =>
        fields.TryGetValue(name, out var node) ? _yaml.Text(node) : otherwise;

    private int Number(Dictionary<string, YamlNode> fields, string name, int otherwise, int minimum, int maximum)
    {
        if (!fields.TryGetValue(name, out var node))
        {
            return otherwise;
        }
        return int.TryParse(_yaml.Text(node), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= maximum
            ? value
            : throw _yaml.Error(node.Start, $"{name} is a number from {minimum} to {maximum}");
    }
}
