using System;
using System.Diagnostics;
using System.IO;

namespace Kilonova.Boot.Tests;

/// <summary>The bootable program of fixtures/fixture.S, assembled and put into images, once for each mode.</summary>
public static class Fixture
{
    private static readonly Lazy<BootImage> s_halting = new(() => Make(0));
    private static readonly Lazy<BootImage> s_leaving = new(() => Make(1));
    private static readonly Lazy<BootImage> s_silent = new(() => Make(2));

    /// <summary>Prints its lines and halts. It has two modules.</summary>
    public static BootImage Halting => s_halting.Value;

    /// <summary>Prints its lines and leaves the emulator with value 0x21.</summary>
    public static BootImage Leaving => s_leaving.Value;

    /// <summary>Prints nothing.</summary>
    public static BootImage Silent => s_silent.Value;

    private static BootImage Make(int mode)
    {
        string folder = Repository.EmptyFolder($"fixture-{mode}");
        string source = Path.Combine(Repository.Root, "tests", "boot", "fixtures", "fixture.S");
        Run(folder, "as", "--32", "--defsym", $"MODE={mode}", "-o", "fixture.o", source);
        Run(folder, "ld", "-m", "elf_i386", "-Ttext=0x200000", "-z", "max-page-size=4096", "-o", "fixture.elf", "fixture.o");
        File.WriteAllText(Path.Combine(folder, "first.txt"), "first");
        File.WriteAllText(Path.Combine(folder, "second.txt"), "second");
        return BootImage.Make(folder, "fixture.elf", "argument", "first.txt", "second.txt");
    }

    private static void Run(string folder, string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder, RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program}: {errors}");
    }
}
