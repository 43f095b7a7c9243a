using System;
using System.Linq;
using Kilonova.Images;
using Xunit;

namespace Kilonova.Build.Tests;

public class ScenarioTests
{
    private const string Full = """
        description: Two components
        kernel:
          arguments: serial idle=poll
        modules:
          - file: components/sigma0.elf
            arguments: it's $HOME; a,b
          - file: manifest.mp
        machine:
          type: pc
          cpu: EPYC
          cpus: 8
          memory: 1024
          options: [-device, edu]
        """;

    [Fact]
    public void A_manifest_reads_as_written()
    {
        var scenario = Parse(Full);

        Assert.Equal("two", scenario.Name);
        Assert.Equal(new BootFile("kernel.elf", "serial idle=poll"), scenario.Kernel);
        Assert.Equal(["sigma0.elf it's $HOME; a,b", "manifest.mp"], scenario.Modules.Select(module => module.CommandLine));
        Assert.Equal(("pc", "EPYC", 8, 1024), (scenario.Machine.Type, scenario.Machine.Cpu, scenario.Machine.Cpus, scenario.Machine.Memory));
        Assert.Equal(["-device", "edu"], scenario.Machine.Options);
    }

    [Theory]
    [InlineData("modules:\n  - file: a.elf\n", 1, "'description' is missing")]
    [InlineData("description: x\n", 1, "'modules' is missing")]
    [InlineData("description: x\nmodules: []\n", 2, "the root component first")]
    [InlineData("description: x\nmodules:\n  - file: a.elf\n  - arguments: b\n", 4, "'file' is missing")]
    [InlineData("description: x\nmodules:\n  - file: a.elf\n    argument: b\n", 4, "no field 'argument'")]
    [InlineData("description: x\nmodules:\n  - file: ../a.elf\n", 3, "not a path below out/")]
    [InlineData("description: x\nmodules:\n  - file: /a.elf\n", 3, "not a path below out/")]
    [InlineData("description: x\nmodules:\n  - file: d/a.elf\n  - file: a.elf\n", 4, "two modules are named a.elf")]
    [InlineData("description: x\nmodules:\n  - file: a.elf\nmachine:\n  cpus: 0\n", 5, "cpus is a number from 1 to 255")]
    [InlineData("description: x\nmodules:\n  - file: a.elf\nmachine:\n  memory: lots\n", 5, "memory is a number")]
    [InlineData("description: |\n  x\n  y\nmodules:\n  - file: a.elf\n", 1, "one line of text")]
    [InlineData("description: x\nmodules:\n  - file: [\n", 4, "")]
    public void A_mistake_is_told_with_file_and_line(string text, int line, string message)
    {
        var exception = Assert.Throws<ManifestException>(() => Parse(text));

        Assert.StartsWith($"images/two.yaml:{line}: ", exception.Message);
        Assert.Contains(message, exception.Message);
    }

    [Fact]
    public void Grub_boots_by_multiboot_2_under_uefi_and_1_under_bios()
    {
        var lines = GrubImage.Configuration(Parse(Full)).Split('\n');

        Assert.Equal(
            [
                "    multiboot2 /boot/kernel.elf 'kernel.elf' 'serial' 'idle=poll'",
                "    module2 /boot/sigma0.elf 'sigma0.elf' 'it'\\''s' '$HOME;' 'a,b'",
                "    module2 /boot/manifest.mp 'manifest.mp'",
                "else",
                "    multiboot /boot/kernel.elf 'kernel.elf' 'serial' 'idle=poll'",
            ],
            lines.SkipWhile(line => !line.Contains("multiboot2", StringComparison.Ordinal)).Take(5));
    }

    [Fact]
    public void Syslinux_boots_all_files_in_order() =>
        Assert.Contains(
            "APPEND kernel.elf serial idle=poll --- sigma0.elf it's $HOME; a,b --- manifest.mp\n", SyslinuxImage.Configuration(Parse(Full)));

    [Fact]
    public void Qemu_gets_modules_with_their_commas_doubled()
    {
        var arguments = QemuCommand.Arguments(Parse(Full), "out").ToList();

        Assert.Equal("out/components/sigma0.elf it's $HOME; a,,b,out/manifest.mp", arguments[arguments.IndexOf("-initrd") + 1]);
        Assert.Equal("serial idle=poll", arguments[arguments.IndexOf("-append") + 1]);
        Assert.Equal(["-device", "edu"], arguments.TakeLast(2));
    }

    private static Scenario Parse(string text) => ScenarioReader.Parse(text, "images/two.yaml");
}
