using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Kilonova.Abi;
using Kilonova.Manifest;
using YamlDotNet.RepresentationModel;

namespace Kilonova.Images;

/// <summary>What the field "guest" of a component says: the guest's line, and the files that it boots.</summary>
internal sealed record Guest(GuestLine Line, IReadOnlyList<BootFile> Files);

/// <summary>Reads the field "guest" of a component. docs/manifests.md describes its fields.</summary>
internal sealed class GuestReader(YamlFields yaml)
{
    private const ulong PageSize = 4096;

    /// <summary>Reads it.</summary>
    public Guest Read(YamlNode node)
    {
        var fields = yaml.Fields(node, "a guest", "kernel", "initrd", "command-line", "memory", "vcpus");
        List<BootFile> files = [File(yaml.Required(node, fields, "kernel"))];
        if (fields.TryGetValue("initrd", out var disk))
            files.Add(File(disk));

        var pages = yaml.Bytes(yaml.Required(node, fields, "memory"), "memory", GuestLine.MemoryAlignment * PageSize) / PageSize;
        var line = new GuestLine(
            Encoding.UTF8.GetBytes(files[0].Name), files.Count > 1 ? Encoding.UTF8.GetBytes(files[1].Name) : [], CommandLine(fields), pages,
            VirtualCpus(fields));
        return new Guest(line, files);
    }

    private BootFile File(YamlNode node) => new(yaml.Path(node), "");

    private byte[] CommandLine(Dictionary<string, YamlNode> fields)
    {
        if (!fields.TryGetValue("command-line", out var node))
            return [];

        var bytes = Encoding.UTF8.GetBytes(yaml.Text(node));
        return bytes.Length <= StartPage.MaxCommandLine
            ? bytes
            : throw yaml.Error(node.Start, $"the command line takes {bytes.Length} bytes, at most {StartPage.MaxCommandLine} fit");
    }

    private uint VirtualCpus(Dictionary<string, YamlNode> fields)
    {
        if (!fields.TryGetValue("vcpus", out var node))
            return 1;

        return uint.TryParse(yaml.Text(node), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count - 1 < GuestLine.MaxCpus
            ? count
            : throw yaml.Error(node.Start, $"vcpus is a number from 1 to {GuestLine.MaxCpus}");
    }
}
