using System;
using System.IO;
using System.Threading;
using Kilonova.Boot;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>The scenario "demo": a Debian system on a disk, from its first process to its last.</summary>
public class DebianTests
{
    private const int Memory = 1024;

    [Fact]
    public void A_debian_system_boots_from_its_disk_and_leaves_it_clean()
    {
        string disk = Path.Combine(Repository.EmptyFolder("debian"), "debian-amd64");
        _ = HostTool.Run("cp", "--sparse=always", Path.Combine(Repository.Out, "guests", "debian-amd64"), disk);
        using (World world = World.OfGuests(
            "debian", World.ComponentsOf("demo"), 2, Memory, "-drive", $"if=none,id=d0,format=raw,file={disk}", "-device", "ide-hd,drive=d0,bus=ide.0",
            "-netdev", "user,id=net", "-device", "e1000,netdev=net"))
        {
            world.Expect("--- debian ---");

            // Its kernel, then its first process, then the prompt for a name, which ends no line.
            world.Expect("[sda] Attached", "Debian GNU/Linux 12 (bookworm)");
            world.Expect("Reached target");
            world.Expect("Debian GNU/Linux 12 guest ttyS0");
            world.Press("root\r");
            world.Expect("guest login: root");

            // The question for the password ends no line, and what is typed before it is lost.
            Thread.Sleep(10_000);
            world.Press("kilonova\r");
            world.Expect("Linux guest 6.");
            world.Do("systemctl --failed | cat", "0 loaded units");
            world.Do("mount | grep ' / '", "/dev/sda on / type ext4 (rw");
            world.Do("date +%Y", DateTime.UtcNow.ToString("yyyy", null));
            world.Press("poweroff\r");
            world.Expect("Power down");
            world.Press("\u00140");
            world.Expect("disk:0: ", " 0 failures", "debian is done");
            world.IsSound();
        }

        Assert.Contains("files", HostTool.Run("/usr/sbin/e2fsck", "-f", "-n", disk), StringComparison.Ordinal);
    }
}
