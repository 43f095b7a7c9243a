using System.Collections.Generic;
using System.IO;
using Kilonova.Images;

namespace Kilonova.Boot;

/// <summary>One kernel with its modules, in every form that a machine can boot.</summary>
/// <param name="Scenario">What boots together.</param>
/// <param name="Artifacts">The folder that the scenario's files are relative to.</param>
/// <param name="Iso">For GRUB, under BIOS and UEFI.</param>
/// <param name="Disk">For syslinux.</param>
public sealed record BootImage(Scenario Scenario, string Artifacts, string Iso, string Disk)
{
    /// <summary>The images that the build made of a manifest in images/.</summary>
    public static BootImage OfScenario(string name)
    {
        string image = Path.Combine(Repository.Out, "images", name);
        Scenario scenario = ScenarioReader.Load(Path.Combine(Repository.Root, "images", name + ".yaml"));
        return new BootImage(scenario, Repository.Out, image + ".iso", image + ".img");
    }

    /// <summary>Makes images of files in a folder.</summary>
    /// <param name="folder">Holds the files; images are made below it.</param>
    /// <param name="kernel">Name of the kernel's file.</param>
    /// <param name="arguments">The kernel's command line behind its name.</param>
    /// <param name="modules">Names of the modules' files.</param>
    public static BootImage Make(string folder, string kernel, string arguments, params IReadOnlyList<string> modules)
    {
        List<BootFile> files = [];
        foreach (string module in modules)
            files.Add(new BootFile(module, ""));

        Scenario scenario = new("test", "made by a test", new BootFile(kernel, arguments), files, Machine.Default);
        BootImage image = new(scenario, folder, Path.Combine(folder, "test.iso"), Path.Combine(folder, "test.img"));
        GrubImage.Build(scenario, folder, "Made by a test.\n", Path.Combine(folder, "iso"), image.Iso);
        SyslinuxImage.Build(scenario, folder, "Made by a test.\n", Path.Combine(folder, "disk"), image.Disk);
        return image;
    }
}
