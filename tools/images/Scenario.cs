using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Kilonova.Images;

/// <summary>A file that the boot loader brings into memory, relative to out/, and the arguments that it is told.</summary>
public sealed record BootFile(string File, string Arguments)
{
    /// <summary>The file's name without its folder: the first word of its command line, whatever the boot loader.</summary>
    public string Name => Path.GetFileName(File);

    /// <summary>Name and arguments.</summary>
    public string CommandLine => Arguments.Length > 0 ? Name + " " + Arguments : Name;
}

/// <summary>The emulated machine that build.sh run uses: QEMU's machine type and CPU model, CPUs, MiB of memory, further options.</summary>
public sealed record Machine(string Type, string Cpu, int Cpus, int Memory, IReadOnlyList<string> Options)
{
    /// <summary>Files of raw disks at the board's AHCI controller, relative to the artifacts, written to.</summary>
    public IReadOnlyList<string> Disks { get; init; } = [];

    /// <summary>What a scenario gets that does not say.</summary>
    public static Machine Default { get; } = new("q35", "max,+svm", 2, 512, []);
}

/// <summary>What boots together: a kernel, its modules (the root component first), and the machine to try it on.</summary>
public sealed record Scenario(string Name, string Description, BootFile Kernel, IReadOnlyList<BootFile> Modules, Machine Machine)
{
    /// <summary>What the root task starts, if it is one that reads manifests; their images are among the modules.</summary>
    public IReadOnlyList<Component> Components { get; init; } = [];

    /// <summary>Kernel and modules.</summary>
    public IEnumerable<BootFile> Files => Modules.Prepend(Kernel);
}
