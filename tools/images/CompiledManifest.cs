using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Kilonova.Manifest;

namespace Kilonova.Images;

/// <summary>A component of a scenario: its image, its line for the root task, and further files that the line names.</summary>
public sealed record Component(BootFile Image, ComponentLine Line, IReadOnlyList<BootFile> Files)
{
    /// <summary>The table of symbols that the build made beside the image.</summary>
    public string Symbols => Path.ChangeExtension(Image.File, ".symbols");
}

/// <summary>The boot module that tells the root task about the components.</summary>
public static class CompiledManifest
{
    private const int MaxLength = 1 << 20;

    /// <summary>Where it lies, relative to out/.</summary>
    public static string FileOf(string scenario) => $"images/{scenario}.manifest";

    /// <summary>Writes it where a scenario with components expects it.</summary>
    public static void Write(Scenario scenario, string artifacts)
    {
        if (scenario.Components.Count == 0)
            return;

        var file = Path.Combine(artifacts, FileOf(scenario.Name));
        var bytes = Compile(scenario);
        if (File.Exists(file) && File.ReadAllBytes(file).AsSpan().SequenceEqual(bytes))
            return;

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, bytes);
    }

    /// <summary>Its bytes.</summary>
    public static byte[] Compile(Scenario scenario)
    {
        var buffer = new byte[MaxLength];
        var length = ManifestFormat.Write(scenario.Components.Select(component => component.Line).ToArray(), buffer);
        return length != 0 ? buffer.AsSpan(0, length).ToArray() : throw new ManifestException($"{scenario.Name}: the manifest is too long");
    }
}
