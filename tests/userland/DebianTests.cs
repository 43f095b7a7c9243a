using System;
using System.IO;
using System.Text.RegularExpressions;
using System.Threading;
using Kilonova.Boot;
using Xunit;

namespace Kilonova.Userland.Tests;

/// <summary>
/// The scenario "demo", as the README walks through it: a Debian system on a disk and a small guest beside it, each in the monitor that suits
/// it, on one switch.
/// </summary>
public class DebianTests
{
    private const int Memory = 1024;

    // The question for the password ends no line, and what is typed before it is lost.
    private const int AskingMilliseconds = 10_000;

    [Fact]
    public void A_newcomer_walks_through_the_demo_and_leaves_the_disk_clean()
    {
        string disk = Path.Combine(Repository.EmptyFolder("debian"), "debian-amd64");
        _ = HostTool.Run("cp", "--sparse=always", Path.Combine(Repository.Out, "guests", "debian-amd64"), disk);
        using (World world = World.OfGuests(
            "debian", World.ComponentsOf("demo"), 2, Memory,
            "-drive", $"if=none,id=d0,format=raw,file={disk}",
            "-device", "ide-hd,drive=d0,bus=ide.0", "-netdev", "user,id=net", "-device", "e1000,netdev=net"))
        {
            world.Patience = TimeSpan.FromMinutes(4);
            world.ExpectViews("small", "debian");

            // The small guest is there first. Its prompt ends no line.
            world.Show("small");
            string small = world.Expect("guest: eth0 has ").Split(' ')[^1].Trim();
            world.Expect("Enter 'help'");
            world.Show("debian");
            LogIn(world, "ttyS0");
            world.Do("systemctl --failed | cat", "0 loaded units");
            world.Do("mount | grep ' / '", "/dev/sda on / type ext4 (rw");
            world.Do("date +%Y", DateTime.UtcNow.ToString("yyyy", null));

            CopyBetweenGuests(world, small);
            KillDrivers(world, small);
            PauseAndResume(world);
            SwapMonitor(world, small);
            world.Press("poweroff\r");
            world.Expect("Power down");
            world.Show("log");
            world.Expect("started debian, life 2", "disk:0: ", " 0 failures", "debian is done");
            world.IsSound();
        }

        Assert.Contains("files", HostTool.Run("/usr/sbin/e2fsck", "-f", "-n", disk), StringComparison.Ordinal);
    }

    /// <summary>Logs into a Debian system as its root.</summary>
    /// <param name="world">Its view is shown.</param>
    /// <param name="line">Its console.</param>
    internal static void LogIn(World world, string line)
    {
        world.Expect($"Debian GNU/Linux 12 guest {line}");
        world.Press("root\r");
        world.Expect("guest login: root");
        Thread.Sleep(AskingMilliseconds);
        world.Press("kilonova\r");
        world.Expect("Linux guest 6.");

        // What its kernel has to say would fall into the lines that are typed from here on, and into this one.
        world.Press("dmesg -n 4; echo qui''et\r");
        world.Expect("quiet");
    }

    // One listens on a port, the other writes to it.
    private static void CopyBetweenGuests(World world, string small)
    {
        world.Do("head -c 3000000 /dev/urandom > file; sync; echo wri''tten", "written");
        string sum = Sum(world, "md5sum file", "  file");
        world.Show("small");
        world.Press("nc -l -p 999 > copy < /dev/null; echo go''t\r");
        world.Expect("nc -l -p 999");
        world.Show("debian");
        world.Do($"cat file > /dev/tcp/{small}/999 && echo co''pied", "copied");
        world.Show("small");
        world.Expect("got");
        Assert.Equal(sum, Sum(world, "md5sum copy", "  copy"));
    }

    private static string Sum(World world, string command, string name) => Regex.Match(world.Do(command, name), "[0-9a-f]{32}").Value;

    private static void KillDrivers(World world, string small)
    {
        foreach (string driver in new[] { "ahci", "nic", "switch" })
        {
            world.Show("shell");
            world.Do($"kill {driver}", $"kill {driver}: done");
        }

        // A cable that was pulled out may cost a guest its address until it has asked for it again.
        world.Show("debian");
        world.Do("cp file other; sync; cmp file other && echo sa''me", "same");
        world.Do($"until ping -c 3 -w 9 {small}; do sleep 1; done", " 3 received");
        world.Show("small");
        world.Do("until ping -c 1 -w 9 10.0.2.2; do sleep 1; done", "1 packets received");
    }

    private static void PauseAndResume(World world)
    {
        world.Show("shell");
        world.Do("guests", "small: running, monitor micro, 1 virtual CPUs, 128 MiB", "debian: running, monitor linux, 2 virtual CPUs, 384 MiB");
        world.Do("pause debian", "pause debian: done");
        world.Do("guests", "debian: paused");
        Thread.Sleep(3000);
        world.Do("resume debian", "resume debian: done");
        world.Show("debian");
        world.Do("echo $((6*7)) answers", "42 answers");
    }

    // The same disk, the same kernel, another machine.
    private static void SwapMonitor(World world, string small)
    {
        world.Press("poweroff\r");
        world.Expect("Power down");
        world.Show("log");
        world.Expect("debian is done");
        world.Show("shell");
        world.Do("define debian monitor=micro", "define debian: done");
        world.Do("start debian", "start debian: done");
        world.ShowLife("debian", 2);
        LogIn(world, "hvc0");
        world.Do("mount | grep ' / '", "/dev/vda on / type ext4 (rw");
        world.Do("cmp file other && echo sa''me", "same");
        world.Do($"until ping -c 3 -w 9 {small}; do sleep 1; done", " 3 received");
    }
}
