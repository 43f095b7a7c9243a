using System;
using System.Collections.Generic;
using System.Globalization;
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

    /// <summary>A number of bytes, "64K" or "2M": a multiple of a power of two, at most 2^31 - 1 pages of 4 KiB.</summary>
    public ulong Bytes(YamlNode node, string name, ulong multiple)
    {
        const ulong Limit = (ulong)int.MaxValue << 12;
        var text = Text(node);
        var shift = text.Length == 0 ? -1 : text[^1] switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => -1 };
        var isNumber = ulong.TryParse(text.AsSpan(0, Math.Max(0, text.Length - 1)), NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        return shift >= 0 && isNumber && value != 0 && value <= Limit >> shift && (value << shift) % multiple == 0
            ? value << shift
            : throw Error(node.Start, $"{name} is a number with K, M or G behind it, a multiple of {(multiple >> 20 == 0 ? $"{multiple >> 10}K" : $"{multiple >> 20}M")}");
    }

    /// <summary>What is wrong, and where.</summary>
    public ManifestException Error(Mark mark, string message) => new($"{path}:{mark.Line}: {message}");
}
