using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Kilonova.Elf;

namespace Kilonova.Guests;

/// <summary>Modules out of a kernel's package, with those that they need: each after what it needs, as the kernel wants them loaded.</summary>
internal static class KernelModules
{
    private const string Suffix = ".ko";

    /// <summary>Reads modules and what they need, in the order in which they are to be loaded.</summary>
    /// <exception cref="InvalidOperationException">The package has no module of one of the names.</exception>
    public static IReadOnlyList<(string Name, byte[] Contents)> Read(string package, IEnumerable<string> names)
    {
        var files = DebianPackages.ReadFiles(package, name => name.EndsWith(Suffix, StringComparison.Ordinal))
            .ToDictionary(file => NameOf(file.Name), file => file.Contents, StringComparer.Ordinal);
        var ordered = new List<(string, byte[])>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
            Add(name);

        return ordered;

        void Add(string name)
        {
            if (!seen.Add(name))
                return;

            if (!files.TryGetValue(name, out var contents))
                throw new InvalidOperationException($"{package} has no module {name}");

            foreach (var needed in NeededBy(contents))
                Add(needed);

            ordered.Add((name, contents));
        }
    }

    /// <summary>What a module says that it needs: strings "key=value" with zeros between them are in its section .modinfo.</summary>
    private static string[] NeededBy(byte[] module)
    {
        const string Key = "depends=";
        var file = ElfFile.Parse(module);
        var section = file.Sections.First(section => section.Name == ".modinfo");
        var strings = Encoding.ASCII.GetString(file.Contents(section)).Split('\0');
        var line = strings.FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal), Key);
        return line[Key.Length..].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Plain).ToArray();
    }

    private static string NameOf(string path) => Plain(Path.GetFileName(path)[..^Suffix.Length]);

    // To the kernel both are the same.
    private static string Plain(string name) => name.Replace('-', '_');
}
