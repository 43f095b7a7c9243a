using System;
using System.IO;
using System.Linq;
using System.Text;
using Kilonova.Images;
using Kilonova.Manifest;
using Xunit;

namespace Kilonova.Build.Tests;

public class ManifestTests
{
    private const string Head = "description: x\ncomponents:\n";
    private const string Two = Head + """
          - name: console
            image: components/console.elf
            arguments: speed=115200
            memory: 1M
            heap: 64K
            kernel-memory: 512K
            cpus: [0, 2-3]
            priority: driver
            restart: always
            schedules: yes
            addresses: yes
            ports: [0x3f8-0x3ff]
            mmio: [0xb8000-0xb8fff]
            interrupts: [4, 1]
            offers: [console]
          - name: shell
            image: components/shell.elf
            cpus: all
            start: manual
            uses: [control, out: console]
        """;

    [Fact]
    public void Components_read_as_written()
    {
        var lines = Parse(Two).Components.Select(component => component.Line).ToList();

        var console = lines[0];
        Assert.Equal(("console", "console.elf", "speed=115200"), (Text(console.Name), Text(console.Image), Text(console.Arguments)));
        Assert.Equal((256u, 16u, 4u, 128u), (console.MemoryPages, console.HeapPages, console.StackPages, console.KernelPages));
        Assert.Equal((0b1101ul, 60u, RestartPolicy.Always), (console.Cpus, console.Priority, console.Restart));
        Assert.True(console is { StartsAtBoot: true, MaySchedule: true, LearnsAddresses: true });
        Assert.Equal([new NumberRange(0x3f8, 8)], console.Ports);
        Assert.Equal([new NumberRange(0xb8, 1)], console.DevicePages);
        Assert.Equal([4u, 1u], console.Interrupts);
        Assert.Equal("console", Text(console.Offers.Single()));
        var shell = lines[1];
        Assert.Equal((ulong.MaxValue, false, RestartPolicy.Never), (shell.Cpus, shell.StartsAtBoot, shell.Restart));
        Assert.Equal(["control/control", "out/console"], shell.Uses.Select(use => $"{Text(use.Name)}/{Text(use.Service)}"));
    }

    [Fact]
    public void The_root_task_comes_first_then_the_manifest_and_each_image_once_with_its_symbols()
    {
        var modules = Parse(Two + "\n  - name: other\n    image: components/shell.elf\n").Modules.Select(module => $"{module.File} {module.Arguments}".Trim());

        Assert.Equal(
            [
                "components/sigma0.elf manifest=world.manifest", "images/world.manifest", "components/console.elf",
                "components/console.symbols", "components/shell.elf", "components/shell.symbols",
                "components/admission.elf", "components/admission.symbols",
            ],
            modules);
    }

    [Fact]
    public void A_guest_is_read_as_written_and_its_files_become_modules_once()
    {
        var scenario = Parse(Head + string.Concat(Enumerable.Range(1, 2).Select(number => $"""
              - name: linux{number}
                image: components/vmm-linux.elf
                guest:
                  kernel: guests/vmlinuz
                  initrd: guests/initramfs
                  command-line: console=ttyS0
                  memory: 128M
                  vcpus: {number}

            """)));

        Assert.Equal(["guests/vmlinuz", "guests/initramfs"], scenario.Modules.TakeLast(2).Select(module => module.File));
        Assert.True(ManifestFormat.TryRead(CompiledManifest.Compile(scenario), out var lines));
        Assert.Equal([1u, 2u], lines.Where(line => line.Guest != null).Select(line => line.Guest!.VirtualCpus));
        var guest = lines[0].Guest!;
        Assert.Equal(("vmlinuz", "initramfs", "console=ttyS0"), (Text(guest.Kernel), Text(guest.Disk), Text(guest.CommandLine)));
        Assert.Equal(128ul << 8, guest.MemoryPages);
    }

    [Fact]
    public void A_scenario_that_lists_no_admission_gets_one_and_may_use_it()
    {
        var lines = Parse(Head + "  - name: a\n    image: a.elf\n    uses: [admission]\n").Components.Select(component => component.Line).ToList();
        Assert.Equal(["a", "admission"], lines.Select(line => Text(line.Name)));
        Assert.Equal((ulong.MaxValue, 80u, RestartPolicy.Always), (lines[1].Cpus, lines[1].Priority, lines[1].Restart));

        lines = [.. Parse(Head + "  - name: mine\n    image: a.elf\n    offers: [admission]\n").Components.Select(component => component.Line)];
        Assert.Equal(["mine"], lines.Select(line => Text(line.Name)));
        Assert.Contains(
            "does not offer", Assert.Throws<ManifestException>(() => Parse(Head + "  - name: admission\n    image: a.elf\n")).Message);
    }

    [Fact]
    public void The_compiled_manifest_is_what_the_root_task_reads()
    {
        Assert.True(ManifestFormat.TryRead(CompiledManifest.Compile(Parse(Two)), out var lines));
        Assert.Equal(["console", "shell", "admission"], lines.Select(line => Text(line.Name)));
    }

    [Theory]
    [InlineData("  - image: a.elf\n", 3, "'name' is missing")]
    [InlineData("  - name: a\n", 3, "'image' is missing")]
    [InlineData("  - name: a b\n    image: a.elf\n", 3, "not a name")]
    [InlineData("  - name: a\n    image: ../a.elf\n", 4, "not a path below out/")]
    [InlineData("  - name: a\n    image: a.elf\n    colour: red\n", 5, "no field 'colour'")]
    [InlineData("  - name: a\n    image: a.elf\n    memory: 5000\n", 5, "memory is a number with K, M or G")]
    [InlineData("  - name: a\n    image: a.elf\n    memory: 5K\n", 5, "a multiple of 4K")]
    [InlineData("  - name: a\n    image: a.elf\n    kernel-memory: 99999999999G\n", 5, "kernel-memory is a number")]
    [InlineData("  - name: a\n    image: a.elf\n    heap: 1M\n", 5, "heap and stack are part of the memory")]
    [InlineData("  - name: a\n    image: a.elf\n    stack: 56K\n", 5, "a stack has 4K to 52K")]
    [InlineData("  - name: a\n    image: a.elf\n    stack: 0K\n", 5, "stack is a number with K, M or G")]
    [InlineData("  - name: a\n    image: a.elf\n    cpus: []\n", 5, "cpus is 'all' or a list")]
    [InlineData("  - name: a\n    image: a.elf\n    cpus: [64]\n", 5, "cpus: '64' is not a number below")]
    [InlineData("  - name: a\n    image: a.elf\n    cpus: [3-1]\n", 5, "the smaller first")]
    [InlineData("  - name: a\n    image: a.elf\n    priority: top\n", 5, "priority is one of background, normal")]
    [InlineData("  - name: a\n    image: a.elf\n    restart: maybe\n", 5, "restart is one of")]
    [InlineData("  - name: a\n    image: a.elf\n    start: soon\n", 5, "start is one of boot, manual")]
    [InlineData("  - name: a\n    image: a.elf\n    guest:\n      memory: 2M\n", 6, "'kernel' is missing")]
    [InlineData("  - name: a\n    image: a.elf\n    guest:\n      kernel: k\n      memory: 3M\n", 7, "a multiple of 2M")]
    [InlineData("  - name: a\n    image: a.elf\n    guest:\n      kernel: k\n      memory: 2M\n      vcpus: 65\n", 8, "from 1 to 64")]
    [InlineData("  - name: a\n    image: a.elf\n    schedules: maybe\n", 5, "schedules is one of")]
    [InlineData("  - name: a\n    image: a.elf\n    ports: 0x60\n", 5, "ports is a list")]
    [InlineData("  - name: a\n    image: a.elf\n    ports:\n      - 0x60\n      - 0x10000\n", 7, "not a number below 0x10000")]
    [InlineData("  - name: a\n    image: a.elf\n    mmio: [0xb8000-0xb8ffe]\n", 5, "whole pages")]
    [InlineData("  - name: a\n    image: a.elf\n    interrupts: [x]\n", 5, "interrupts: 'x' is not a number")]
    [InlineData("  - name: a\n    image: a.elf\n    offers: [b, b]\n", 5, "'b' is offered twice")]
    [InlineData("  - name: a\n    image: a.elf\n    offers: [control]\n", 5, "'control' is offered twice")]
    [InlineData("  - name: a\n    image: a.elf\n    uses: [disk]\n", 5, "no component offers 'disk'")]
    [InlineData("  - name: a\n    image: a.elf\n  - name: a\n    image: b.elf\n", 5, "two components are named a")]
    [InlineData("  []\n", 3, "components is a list")]
    public void A_mistake_is_told_with_file_and_line(string components, int line, string message)
    {
        var exception = Assert.Throws<ManifestException>(() => Parse(Head + components));

        Assert.StartsWith($"images/world.yaml:{line}: ", exception.Message);
        Assert.Contains(message, exception.Message);
    }

    [Fact]
    public void Too_much_of_anything_is_told()
    {
        var many = string.Concat(Enumerable.Range(0, ManifestFormat.MaxComponents + 1).Select(i => $"  - name: c{i}\n    image: a.elf\n"));
        Assert.Contains("at most 64", Assert.Throws<ManifestException>(() => Parse(Head + many)).Message);

        var interrupts = string.Join(", ", Enumerable.Range(0, 33));
        var one = $"  - name: a\n    image: a.elf\n    interrupts: [{interrupts}]\n";
        Assert.Contains("at most 32", Assert.Throws<ManifestException>(() => Parse(Head + one)).Message);

        one = $"  - name: a\n    image: a.elf\n    arguments: {new string('x', 3000)}\n";
        Assert.Contains("3000 bytes", Assert.Throws<ManifestException>(() => Parse(Head + one)).Message);
    }

    [Fact]
    public void The_compiled_manifest_lies_where_the_scenario_expects_it()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var scenario = Parse(Two);
            CompiledManifest.Write(scenario, folder.FullName);
            Assert.Equal(CompiledManifest.Compile(scenario), File.ReadAllBytes(Path.Combine(folder.FullName, scenario.Modules[1].File)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Scenario Parse(string text) => ScenarioReader.Parse(text, "images/world.yaml");

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
