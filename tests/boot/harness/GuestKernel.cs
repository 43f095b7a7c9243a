using System.IO;

namespace Kilonova.Boot;

/// <summary>Kernels of ours for guests, in assembly: Multiboot 1, 32-bit ELF at 1 MiB.</summary>
public static class GuestKernel
{
    /// <summary>Makes one of its source.</summary>
    /// <param name="source">Path below the repository, ending in ".S".</param>
    /// <returns>The file's name, below out/guests.</returns>
    public static string Make(string source)
    {
        string name = Path.GetFileNameWithoutExtension(source);
        string folder = Directory.CreateDirectory(Path.Combine(Repository.Out, "guests")).FullName;
        string code = Path.Combine(folder, name + ".s");
        string object32 = Path.Combine(folder, name + ".o");
        string kernel = Path.Combine(folder, name + ".elf");
        _ = HostTool.Run("cpp", "-x", "assembler-with-cpp", "-P", Path.Combine(Repository.Root, source), "-o", code);
        _ = HostTool.Run("as", "--32", "-o", object32, code);
        _ = HostTool.Run("ld", "-m", "elf_i386", "-Ttext=0x100000", "-N", "--no-warn-rwx-segments", "-o", kernel, object32);
        return Path.GetFileName(kernel);
    }
}
