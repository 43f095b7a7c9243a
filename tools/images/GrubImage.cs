using System;
using System.IO;
using System.Linq;
using System.Text;

namespace Kilonova.Images;

/// <summary>An ISO that GRUB boots from CD or USB stick: under BIOS by Multiboot 1, under UEFI by Multiboot 2.</summary>
public static class GrubImage
{
    // all_video brings the driver of UEFI's framebuffer, under a name that both platforms have. What grub-mkrescue's own script loads without
    // being there is an error on everybody's screen: the tables of partitions.
    private const string Modules = "normal multiboot multiboot2 serial test all_video "
        + "part_acorn part_amiga part_bsd part_dfly part_dvh part_plan part_sun part_sunpc";

    /// <summary>Makes the image; <paramref name="staging"/> is a folder of its own that may be overwritten.</summary>
    public static void Build(Scenario scenario, string artifacts, string notices, string staging, string output)
    {
        var boot = Path.Combine(staging, "boot");
        Directory.CreateDirectory(Path.Combine(boot, "grub"));
        foreach (var file in scenario.Files)
        {
            File.Copy(Path.Combine(artifacts, file.File), Path.Combine(boot, file.Name), overwrite: true);
        }
        File.WriteAllText(Path.Combine(boot, "grub", "grub.cfg"), Configuration(scenario));
        File.WriteAllText(Path.Combine(staging, "NOTICES.txt"), notices);
        Shell.Run("grub-mkrescue", "--locales=", "--fonts=", "--themes=", "--install-modules=" + Modules,
            "-o", output, staging, "--", "-volid", "KILONOVA");
    }

    /// <summary>
    /// The boot loader's script. It runs at once, without a menu: everything it prints would go to the serial line of whoever reads there.
    /// </summary>
    public static string Configuration(Scenario scenario)
    {
        var text = new StringBuilder();
        text.Append("# ").Append(scenario.Name).Append(": ").Append(scenario.Description).Append('\n');
        text.Append("serial --unit=0 --speed=115200\nterminal_output console serial\nset timeout=0\n");
        text.Append("if [ \"$grub_platform\" = efi ]; then\n  insmod efi_gop\n");
        AppendCommands(text, scenario, "multiboot2", "module2");
        text.Append("else\n");
        AppendCommands(text, scenario, "multiboot", "module");
        text.Append("fi\nboot\n");
        return text.ToString();
    }

    // GRUB leaves the file's name out of the command line; the other loaders put it first, so it is repeated here.
    private static void AppendCommands(StringBuilder text, Scenario scenario, string kernel, string module)
    {
        text.Append("    ").Append(kernel).Append(" /boot/").Append(scenario.Kernel.Name).Append(' ').Append(Words(scenario.Kernel.CommandLine)).Append('\n');
        foreach (var file in scenario.Modules)
        {
            text.Append("    ").Append(module).Append(" /boot/").Append(file.Name).Append(' ').Append(Words(file.CommandLine)).Append('\n');
        }
    }

    // Single quotes keep GRUB's shell from reading anything into a word.
    private static string Words(string commandLine) =>
        string.Join(' ', commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => "'" + word.Replace("'", "'\\''") + "'"));
}
