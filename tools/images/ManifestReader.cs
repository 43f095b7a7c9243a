using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Kilonova.Abi;
using Kilonova.Manifest;
using YamlDotNet.RepresentationModel;

namespace Kilonova.Images;

/// <summary>Reads the components of a scenario manifest. docs/manifests.md describes the fields.</summary>
internal sealed class ManifestReader(YamlFields yaml)
{
    private const uint PageSize = 4096;
    private const uint DefaultMemory = 256 << 10;
    private const uint DefaultHeap = 16 << 10;
    private const uint DefaultKernelMemory = 256 << 10;
    private const ulong PortCount = 0x1_0000;

    // Priorities above 100 are the root task's; admission hands out what lies between.
    private static readonly Dictionary<string, uint> s_classes = new(StringComparer.Ordinal)
    {
        ["background"] = 5,
        ["normal"] = 20,
        ["service"] = 40,
        ["driver"] = 60,
        ["realtime"] = 80,
    };

    // What the root task offers itself.
    private static readonly string[] s_rootServices = ["control", "log", "machine"];

    /// <summary>Reads the list and checks what concerns several components.</summary>
    public IReadOnlyList<Component> Read(YamlNode node)
    {
        if (node is not YamlSequenceNode { Children.Count: > 0 } list)
            throw yaml.Error(node.Start, "components is a list");

        const int MaxListed = ManifestFormat.MaxComponents - 1;
        if (list.Children.Count > MaxListed)
            throw yaml.Error(node.Start, $"there are {list.Children.Count} components, at most {MaxListed} can be");

        List<Component> components = [];
        Dictionary<string, YamlNode> uses = new(StringComparer.Ordinal);
        HashSet<string> offers = new(s_rootServices, StringComparer.Ordinal);
        foreach (var item in list.Children)
        {
            var component = ReadComponent(item, offers, uses);
            if (components.Exists(other => other.Line.Name.AsSpan().SequenceEqual(component.Line.Name)))
                throw yaml.Error(item.Start, $"two components are named {Encoding.UTF8.GetString(component.Line.Name)}");

            components.Add(component);
        }

        if (offers.Add("admission"))
        {
            if (components.Exists(component => component.Line.Name.AsSpan().SequenceEqual("admission"u8)))
                throw yaml.Error(node.Start, "a component is named admission and does not offer 'admission'");

            components.Add(Admission());
        }

        foreach (var (service, use) in uses)
        {
            if (!offers.Contains(service))
                throw yaml.Error(use.Start, $"no component offers '{service}'");
        }

        return components;
    }

    // Nothing runs without it, so a scenario need not list it.
    private static Component Admission() => new(
        new BootFile("components/admission.elf", ""),
        new ComponentLine
        {
            Name = "admission"u8.ToArray(),
            Image = "admission.elf"u8.ToArray(),
            MemoryPages = (512 << 10) / PageSize,
            HeapPages = (192 << 10) / PageSize,
            KernelPages = (512 << 10) / PageSize,
            Cpus = ulong.MaxValue,
            Priority = s_classes["realtime"],
            Restart = RestartPolicy.Always,
            StartsAtBoot = true,
            Offers = ["admission"u8.ToArray()],
        },
        []);

    private Component ReadComponent(YamlNode node, HashSet<string> offers, Dictionary<string, YamlNode> uses)
    {
        var fields = yaml.Fields(
            node, "a component", "name", "image", "arguments", "memory", "heap", "stack", "kernel-memory", "cpus", "priority", "restart", "start",
            "schedules", "addresses", "display", "ports", "mmio", "interrupts", "offers", "uses", "guest");
        var image = yaml.Path(yaml.Required(node, fields, "image"));
        var memory = Pages(fields, "memory", DefaultMemory);
        var heap = Pages(fields, "heap", DefaultHeap);
        var stack = Pages(fields, "stack", ComponentLine.DefaultStackPages * PageSize);
        if (stack is 0 or > ComponentLine.MostStackPages)
            throw yaml.Error(fields["stack"].Start, $"a stack has 4K to {ComponentLine.MostStackPages * PageSize >> 10}K");

        if (heap + stack >= memory)
            throw yaml.Error(fields.GetValueOrDefault("heap", node).Start, "heap and stack are part of the memory, and smaller");

        var guest = fields.TryGetValue("guest", out var described) ? new GuestReader(yaml).Read(described) : null;
        return new Component(
            new BootFile(image, ""),
            new ComponentLine
            {
                Name = Name(yaml.Required(node, fields, "name"), StartPage.MaxName),
                Image = Encoding.UTF8.GetBytes(System.IO.Path.GetFileName(image)),
                Arguments = Arguments(fields),
                MemoryPages = memory,
                HeapPages = heap,
                StackPages = stack,
                KernelPages = Pages(fields, "kernel-memory", DefaultKernelMemory),
                Cpus = Cpus(fields),
                Priority = Choice(fields, "priority", "normal", s_classes),
                Restart = (RestartPolicy)Choice(fields, "restart", "never", s_restarts),
                StartsAtBoot = Choice(fields, "start", "boot", s_starts) == 1,
                MaySchedule = Choice(fields, "schedules", "no", s_truth) == 1,
                LearnsAddresses = Choice(fields, "addresses", "no", s_truth) == 1,
                HasDisplay = Choice(fields, "display", "no", s_truth) == 1,
                Ports = List(fields, "ports").Select(port => Range(port, "ports", PortCount)).ToArray(),
                DevicePages = List(fields, "mmio").Select(DevicePages).ToArray(),
                Interrupts = Interrupts(fields),
                Offers = List(fields, "offers").Select(offer => Offer(offer, offers)).ToArray(),
                Uses = List(fields, "uses").Select(use => Use(use, uses)).ToArray(),
                Guest = guest?.Line,
            },
            guest?.Files ?? []);
    }

    private static readonly Dictionary<string, uint> s_restarts = new(StringComparer.Ordinal)
    {
        ["never"] = (uint)RestartPolicy.Never,
        ["on-failure"] = (uint)RestartPolicy.OnFailure,
        ["always"] = (uint)RestartPolicy.Always,
    };

    private static readonly Dictionary<string, uint> s_starts = new(StringComparer.Ordinal) { ["boot"] = 1, ["manual"] = 0 };

    private static readonly Dictionary<string, uint> s_truth = new(StringComparer.Ordinal) { ["yes"] = 1, ["true"] = 1, ["no"] = 0, ["false"] = 0 };

    private uint Choice(Dictionary<string, YamlNode> fields, string name, string otherwise, Dictionary<string, uint> choices)
    {
        if (!fields.TryGetValue(name, out var node))
            return choices[otherwise];

        return choices.TryGetValue(yaml.Text(node), out var value)
            ? value
            : throw yaml.Error(node.Start, $"{name} is one of {string.Join(", ", choices.Keys)}");
    }

    private byte[] Name(YamlNode node, int longest)
    {
        var name = yaml.Text(node);
        return name.Length > 0 && name.Length <= longest && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.')
            ? Encoding.UTF8.GetBytes(name)
            : throw yaml.Error(node.Start, $"'{name}' is not a name: 1 to {longest} letters, digits, '-' and '.'");
    }

    private byte[] Arguments(Dictionary<string, YamlNode> fields)
    {
        if (!fields.TryGetValue("arguments", out var node))
            return [];

        var bytes = Encoding.UTF8.GetBytes(yaml.Text(node));
        return bytes.Length <= StartPage.MaxArguments
            ? bytes
            : throw yaml.Error(node.Start, $"arguments take {bytes.Length} bytes, at most {StartPage.MaxArguments} fit");
    }

    // "64K", "2M", whole pages.
    private uint Pages(Dictionary<string, YamlNode> fields, string name, uint otherwise) =>
        fields.TryGetValue(name, out var node) ? (uint)(yaml.Bytes(node, name, PageSize) / PageSize) : otherwise / PageSize;

    private ulong Cpus(Dictionary<string, YamlNode> fields)
    {
        if (!fields.TryGetValue("cpus", out var node))
            return 1;

        if (node is YamlScalarNode { Value: "all" })
            return ulong.MaxValue;

        var cpus = 0ul;
        foreach (var item in List(fields, "cpus"))
        {
            var range = Range(item, "cpus", StartPage.MaxCpus);
            for (var i = 0ul; i < range.Count; i++)
                cpus |= 1ul << (int)(range.First + i);
        }

        return cpus != 0 ? cpus : throw yaml.Error(node.Start, "cpus is 'all' or a list with at least one number");
    }

    private uint[] Interrupts(Dictionary<string, YamlNode> fields)
    {
        const ulong MaxPins = 1024;
        var list = List(fields, "interrupts").ToList();
        if (list.Count > ComponentSelectors.MaxInterrupts)
            throw yaml.Error(list[0].Start, $"there are {list.Count} interrupts, at most {ComponentSelectors.MaxInterrupts} can be");

        return [.. list.Select(item => Range(item, "interrupts", MaxPins)).SelectMany(range => Enumerable.Range((int)range.First, (int)range.Count))
            .Select(pin => (uint)pin)];
    }

    private IEnumerable<YamlNode> List(Dictionary<string, YamlNode> fields, string name) =>
        !fields.TryGetValue(name, out var node) ? []
        : node is YamlSequenceNode list ? list.Children
        : throw yaml.Error(node.Start, $"{name} is a list");

    private NumberRange DevicePages(YamlNode node)
    {
        const ulong Pages = 1ul << 40;
        var range = Range(node, "mmio", Pages * PageSize);
        return range.First % PageSize == 0 && range.Count % PageSize == 0
            ? new NumberRange(range.First / PageSize, range.Count / PageSize)
            : throw yaml.Error(node.Start, "mmio takes whole pages: first and last address of a multiple of 4096 bytes");
    }

    // "4", "0x3f8", "0x3f8-0x3ff": both ends included.
    private NumberRange Range(YamlNode node, string what, ulong limit)
    {
        var text = yaml.Text(node);
        var parts = text.Split('-');
        return parts.Length <= 2 && Number(parts[0]) is { } first && Number(parts[^1]) is { } last && first <= last && last < limit
            ? new NumberRange(first, last - first + 1)
            : throw yaml.Error(node.Start, $"{what}: '{text}' is not a number below 0x{limit:x}, or two with '-' between them, the smaller first");
    }

    private static ulong? Number(string text)
    {
        text = text.Trim();
        var parsed = text.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        return parsed ? value : null;
    }

    private byte[] Offer(YamlNode node, HashSet<string> offers)
    {
        var name = Name(node, StartPage.MaxName);
        return offers.Add(Encoding.UTF8.GetString(name)) ? name : throw yaml.Error(node.Start, $"'{Encoding.UTF8.GetString(name)}' is offered twice");
    }

    // "console", or "out: console" where the component knows it by another name.
    private ServiceUse Use(YamlNode node, Dictionary<string, YamlNode> uses)
    {
        var service = node;
        var name = node;
        if (node is YamlMappingNode { Children.Count: 1 } mapping)
            (name, service) = (mapping.Children[0].Key, mapping.Children[0].Value);

        var use = new ServiceUse(Name(name, StartPage.MaxName), Name(service, StartPage.MaxName));
        uses.TryAdd(Encoding.UTF8.GetString(use.Service), service);
        return use;
    }
}
