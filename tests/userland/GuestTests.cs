using System;
using System.Collections.Generic;
using System.Linq;
using Kilonova.Boot;
using Xunit;
using static Kilonova.Userland.Tests.ManifestLines;

namespace Kilonova.Userland.Tests;

/// <summary>Guests on an AMD machine: a kernel of ours under the monitor "multiboot", Debian's under "linux".</summary>
public class GuestTests
{
    /// <summary>What the kernel of ours prints.</summary>
    internal static readonly IReadOnlyList<string> TinyLines =
    [
        "tiny: hello", "tiny: on KVMKVMKV", "tiny: string", "tiny: mmio", "tiny: msr", "tiny: ticks", "tiny: control", "tiny: real", "tiny: pae",
        "tiny: long",
    ];

    private static readonly Lazy<string> s_tiny = new(() => GuestKernel.Make("tests/userland/guests/tiny.S"));

    /// <summary>The monitor that boots it.</summary>
    /// <param name="end">How it ends.</param>
    internal static string TinyGuest(string end) => Guest("tiny", s_tiny.Value, "", end, 4, monitor: "multiboot");

    [Theory]
    [InlineData("off", "the guest switched its machine off", "tiny is done")]
    [InlineData("reset", "the guest reset its machine", "tiny failed, starts again")]
    [InlineData("triple", "triple fault: virtual CPU 0", "tiny failed, starts again")]
    public void A_kernel_of_ours_runs_in_all_modes_and_ends_as_it_likes(string end, params string[] report)
    {
        using World world = World.OfGuests($"tiny-{end}", ConsoleOnSerial + TinyGuest(end), 1, 256);

        world.Expect(["--- tiny ---", .. TinyLines]);
        if (end != "off")
            world.Expect("tiny: hello", "tiny: long");

        world.Press("\u00140");
        world.Expect(report);
        world.IsSound();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Debians_cloud_kernel_boots_to_a_shell_that_answers(int cpus)
    {
        string linux = Guest("linux", "vmlinuz-cloud-amd64", "initramfs-amd64", "console=ttyS0 quiet", 128, cpus);
        using World world = World.OfGuests($"cloud-{cpus}", ConsoleOnSerial + linux, Math.Min(cpus, 2), 512);

        ExpectShell(world, cpus);
    }

    [Theory]
    [InlineData("vmlinuz-amd64", "initramfs-amd64", "x86_64")]
    [InlineData("vmlinuz-686-pae", "initramfs-i386", "i686")]
    public void Debians_other_kernels_boot_to_a_shell_that_answers(string kernel, string disk, string machine)
    {
        string linux = Guest("linux", GuestFiles.Get(kernel), GuestFiles.Get(disk), "console=ttyS0 quiet", 160, 2);
        using World world = World.OfGuests(kernel, ConsoleOnSerial + linux, 2, 512);

        ExpectShell(world, 2, machine);
    }

    [Fact]
    public void A_guest_has_more_than_4_GiB_of_memory()
    {
        string linux = Guest("linux", "vmlinuz-cloud-amd64", "initramfs-amd64", "console=ttyS0 quiet", 5120);
        using World world = World.OfGuests("cloud-5G", ConsoleOnSerial + linux, 2, 6144);

        world.Expect("--- linux ---", "Enter 'help'");
        world.Do("awk '/MemTotal/ { print int($2 / 1000000), \"GB\" }' /proc/meminfo", "5 GB");
        world.IsSound();
    }

    [Fact]
    public void Debians_cloud_kernel_boots_again_when_it_is_told_to()
    {
        string linux = Guest("linux", "vmlinuz-cloud-amd64", "initramfs-amd64", "console=ttyS0 quiet", 128);
        using World world = World.OfGuests("cloud-reboot", ConsoleOnSerial + linux, 2, 512);

        world.Expect("--- linux ---", "guest: init", "Enter 'help'");
        world.Do("reboot -f");
        ExpectShell(world, 1);
    }

    /// <summary>Waits for a guest's shell, lets it answer, and ends it, with the machine.</summary>
    internal static void ExpectShell(World world, int cpus, string machine = "x86_64")
    {
        world.Expect("--- linux ---");
        world.Expect("guest: init");
        // The prompt itself ends no line.
        world.Expect($"{machine}, {cpus} CPUs", "Enter 'help'");
        world.Do("echo $((6*7)) answers", "42 answers");
        world.Do("grep -c processor /proc/cpuinfo", $"{cpus}");
        world.Press("exit\r");
        world.Press("\u00140");
        world.Expect("the guest switched its machine off", "linux is done");
        world.IsSound();
    }

    [Fact]
    public void Of_three_guests_one_is_killed_and_the_others_do_not_notice()
    {
        string[] names = ["first", "second", "third"];
        string guests = string.Concat(names.Select(name => Guest(name, "vmlinuz-cloud-amd64", "initramfs-amd64", "console=ttyS0 quiet", 96)));
        using World world = World.OfGuests("three", ConsoleOnSerial + Shell + guests, 2, 768);

        // Each is shown when it comes.
        HashSet<string> seen = [];
        while (!names.All(seen.Contains))
            seen.Add(world.Expect("--- ").Trim('-', ' '));

        foreach (string name in names)
            Answers(name, "$((6*7))", "42", "Enter 'help'");

        world.Show("shell");
        world.Do("kill second", "kill second: done");
        Answers("first", "$((7*7))", "49");
        Answers("third", "$((7*7))", "49");
        world.Show("log");
        world.Expect("second was killed");
        world.IsSound();

        void Answers(string name, string term, string value, params string[] first)
        {
            world.Show(name);
            world.Expect(first);
            world.Do($"echo {term} {name}", $"{value} {name}");
        }
    }
}
