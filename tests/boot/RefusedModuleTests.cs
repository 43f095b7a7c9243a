using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using Kilonova.Images;
using Xunit;

namespace Kilonova.Boot.Tests;

/// <summary>Root images that cannot be started: the kernel says what is wrong with them, and stops.</summary>
public class RefusedModuleTests
{
    private const string Stopped = "the machine is stopped";
    private const int ProgramHeaders = 64;
    private const int ProgramHeaderLength = 56;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_stays = TimeSpan.FromSeconds(1);

    [Fact]
    public void Without_a_module_the_kernel_stops() => Refuses("missing", null, "the root task is missing");

    [Fact]
    public void Without_a_module_the_kernel_stops_under_UEFI_too()
    {
        string folder = Repository.EmptyFolder("refused-uefi");
        File.Copy(Path.Combine(Repository.Out, "kernel.elf"), Path.Combine(folder, "kernel.elf"));
        BootImage image = BootImage.Make(folder, "kernel.elf", "");

        Refuses("uefi", new QemuSpec(BootPath.GrubUefi, "q35", "max", 1), image, "the root task is missing");
    }

    [Fact]
    public void A_text_file_is_refused() => Refuses("text", [.. "This is not a program.\n"u8, .. new byte[100]], "is not an ELF file");

    [Fact]
    public void An_empty_file_is_refused() => Refuses("short", new byte[16], "is truncated");

    [Fact]
    public void A_truncated_image_is_refused()
    {
        byte[] image = Hello();

        Refuses("truncated", image[..(image.Length / 4)], "is truncated");
    }

    [Fact]
    public void An_image_for_another_machine_is_refused() => Refuses("machine", Changed(image => image[18] = 183), "is not for x86-64");

    [Fact]
    public void An_image_with_cleared_memory_is_refused()
        => Refuses("bss", Changed(image => Add(image, Writable(image) + 40, 8)), "larger in memory");

    [Fact]
    public void Writable_code_is_refused()
        => Refuses("writable", Changed(image => image[Writable(image) + 4] = 7), "both writable and executable");

    [Fact]
    public void An_image_over_the_kernel_is_refused()
        => Refuses("high", Changed(image => Add(image, Writable(image) + 16, 0xffff_8000_0000_0000)), "outside of user memory");

    private static void Refuses(string name, byte[]? module, string reason)
    {
        string folder = Repository.EmptyFolder("refused-" + name);
        BootFile[] modules = [];
        if (module is not null)
        {
            File.WriteAllBytes(Path.Combine(folder, "root.elf"), module);
            modules = [new BootFile("root.elf", "")];
        }

        Scenario scenario = new(name, "", new BootFile(Path.Combine(Repository.Out, "kernel.elf"), ""), modules, Machine.Default);
        Refuses(name, new QemuSpec(BootPath.Kernel, "q35", "max", 2), new BootImage(scenario, folder, "", ""), reason);
    }

    private static void Refuses(string name, QemuSpec spec, BootImage image, string reason)
    {
        using QemuMachine machine = QemuMachine.Start(spec, image);
        Verdict verdict = machine.Serial.Expect([reason, Stopped], ["panic", "hello:"], s_patience);
        if (!verdict.IsGood || machine.WaitForExit(s_stays) is not null)
            throw BootRun.Failure("refused-" + name, verdict.IsGood ? "the machine did not stay stopped" : verdict.Reason, machine);
    }

    private static byte[] Hello() => File.ReadAllBytes(Path.Combine(Repository.Out, "components", "hello.elf"));

    private static byte[] Changed(Action<byte[]> change)
    {
        byte[] image = Hello();
        change(image);
        return image;
    }

    /// <summary>Offset of the program header of the first writable segment.</summary>
    private static int Writable(byte[] image)
        => Enumerable.Range(0, image[56]).Select(i => ProgramHeaders + i * ProgramHeaderLength)
            .First(at => image[at] == 1 && (image[at + 4] & 2) != 0);

    private static void Add(byte[] image, int offset, ulong amount)
    {
        Span<byte> field = image.AsSpan(offset, sizeof(ulong));
        BinaryPrimitives.WriteUInt64LittleEndian(field, BinaryPrimitives.ReadUInt64LittleEndian(field) + amount);
    }
}
