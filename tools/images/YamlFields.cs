using System;
using System.Collections.Generic;
using System.Linq;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Kilonova.Images;

/// <summary>Looks at YAML nodes, and says in which line of the file something is wrong.</summary>
internal sealed class YamlFields(string path)
{
    /// <summary>The fields of a mapping, all of them known.</summary>
    public Dictionary<string, YamlNode> Fields(YamlNode node, string what, params string[] known)
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

    /// <summary>A field that must be there.</summary>
    public YamlNode Required(YamlNode parent, Dictionary<string, YamlNode> fields, string name) =>
        fields.TryGetValue(name, out var node) ? node : throw Error(parent.Start, $"the field '{name}' is missing");

    /// <summary>Files lie below out/: a manifest cannot reach outside of it.</summary>
    public string Path(YamlNode node)
    {
        var path = Text(node);
        return path.Length > 0 && !System.IO.Path.IsPathRooted(path) && !path.Split('/').Contains("..") && !path.Contains(' ')
            ? path
            : throw Error(node.Start, $"'{path}' is not a path below out/ without spaces");
    }

    /// <summary>One line, since it becomes part of a boot loader's configuration.</summary>
    public string Text(YamlNode node) =>
        node is YamlScalarNode { Value: { } value } && !value.AsSpan().Trim().ContainsAny('\n', '\r')
            ? value.Trim()
            : throw Error(node.Start, "one line of text is wanted here");

    /// <summary>What is wrong, and where.</summary>
    public ManifestException Error(Mark mark, string message) => new($"{path}:{mark.Line}: {message}");
}
