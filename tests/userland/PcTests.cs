using System;
using System.IO;
using System.Threading;
using Kilonova.Boot;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>The scenario "pc": firmware, a boot loader and a Debian system that were made for a PC.</summary>
public class PcTests
{
    private const int Memory = 1024;
    private const int PartitionStart = 1 << 20;

    // Firmware and boot loader read the disk sector by sector, each by many exits.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    [Fact]
    public void Firmware_boots_grub_from_a_disk_and_grub_a_debian_system()
    {
        string disk = Path.Combine(Repository.EmptyFolder("pc"), "disk");
        _ = HostTool.Run("cp", "--sparse=always", Path.Combine(Repository.Out, "guests", "debian-boot-amd64"), disk);
        using (World world = World.OfGuests(
            "pc", World.ComponentsOf("pc"), 2, Memory, "-drive", $"if=none,id=d0,format=raw,file={disk}", "-device", "ide-hd,drive=d0,bus=ide.0"))
        {
            world.Patience = s_patience;
            world.Expect("--- pc ---");
            world.Expect("SeaBIOS (version");
            world.Expect("Booting from Hard Disk");
            world.Expect("GRUB boots Debian");
            world.Expect("guest: init", "Debian GNU/Linux 12 (bookworm)");
            world.Expect("Reached target basic.target");
            world.Expect("Login Prompts");
            world.Expect("Debian GNU/Linux 12 guest ttyS0");
            world.Press("root\r");
            world.Expect("guest login: root");

            // The question for the password ends no line, and what is typed before it is lost.
            Thread.Sleep(10_000);
            world.Press("kilonova\r");
            world.Expect("Linux guest 6.");
            world.Do("mount | grep ' / '", "/dev/sda1 on / type ext4 (rw");
            world.Do("nproc", "2");
            world.Press("poweroff\r");
            world.Expect("Power down");
            world.Press("\u00140");
            world.Expect("disk:0: ", " 0 failures", "pc is done");
            world.IsSound();
        }

        Assert.Contains("files", HostTool.Run("/usr/sbin/e2fsck", "-f", "-n", $"{disk}?offset={PartitionStart}"), StringComparison.Ordinal);
    }
}
