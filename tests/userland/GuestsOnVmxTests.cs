using System;
using Kilonova.Boot;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>Guests on an Intel machine, which Bochs emulates.</summary>
public class GuestsOnVmxTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData("corei7_haswell_4770", "off", "the guest switched its machine off", "tiny is done")]
    [InlineData("corei7_skylake_x", "reset", "the guest reset its machine", "tiny failed, starts again")]
    [InlineData("corei7_icelake_u", "triple", "triple fault: virtual CPU 0", "tiny failed, starts again")]
    public void A_kernel_of_ours_runs_in_all_modes_and_ends_as_it_likes(string model, string end, params string[] report)
    {
        string components = ManifestLines.ConsoleOnSerial + GuestTests.TinyGuest(end);
        using World world = World.OnBochs($"vmx-tiny-{end}", components, new BochsSpec(BootPath.Syslinux, model, 1), s_patience);

        world.Expect(["--- tiny ---", .. GuestTests.TinyLines]);
        if (end != "off")
            world.Expect("tiny: hello", "tiny: long");

        world.Press("\u00140");
        world.Expect(report);
        world.IsSound();
    }

    /// <summary>
    /// Firmware in real mode, in protected mode and back, with ROM below 1 MiB and fw_cfg. There is no driver of IDE disks, so nothing to boot.
    /// </summary>
    [Fact]
    public void Firmware_comes_to_where_it_looks_for_a_disk()
    {
        string pc = $"""
              - name: pc
                image: components/vmm-pc.elf
                start: boot
                memory: 5M
                heap: 3M
                kernel-memory: 2M
                cpus: all
                restart: on-failure
                schedules: yes
                uses: [console]
                guest:
                  kernel: guests/{GuestFiles.Get("seabios")}
                  memory: 64M
                  vcpus: 1

            """;
        BochsSpec machine = new(BootPath.Syslinux, "corei7_skylake_x", 1);
        using World world = World.OnBochs("vmx-pc", ManifestLines.ConsoleOnSerial + pc, machine, s_patience);

        world.Expect("--- pc ---", "SeaBIOS (version", "No bootable device");
        world.IsSound();
    }

    [Fact]
    public void Debians_cloud_kernel_boots_to_a_shell_that_answers() =>
        LinuxOnVmxSoak.Boot("corei7_skylake_x", 1, LinuxOnVmxSoak.Kernel.Cloud);
}
