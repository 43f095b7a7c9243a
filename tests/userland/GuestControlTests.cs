using System;
using System.Linq;
using System.Threading;
using Xunit;
using static Kilonova.Userland.Tests.ManifestLines;

namespace Kilonova.Userland.Tests;

/// <summary>Guests managed while they run, from the shell.</summary>
public class GuestControlTests
{
    // The counters are brought up to date once a second.
    private const int Second = 1000;

    // The guest writes down its time each second, and says how long the longest silence was.
    private const string Diary = "while sleep 1; do cut -d. -f1 /proc/uptime >> /b; done &";
    private const string Silence = "awk '{d=$1-p; if (NR>1 && d>m) m=d; p=$1} END {print \"silent\", m}' /b";

    [Fact]
    public void A_guest_is_paused_and_stands_still_until_it_is_resumed_then_reset_and_switched_off()
    {
        string linux = Guest("linux", GuestFiles.Get("vmlinuz-cloud-amd64"), GuestFiles.Get("initramfs-amd64"), "console=ttyS0 quiet", 96, 2);
        using World world = World.OfGuests("guest-control", ConsoleOnSerial + Shell + linux, 2, 512);

        world.Expect("--- linux ---", "guest: init", "Enter 'help'");
        world.Press(Diary + "\r");
        world.Do("sleep 3; wc -l /b", "/b");
        world.Show("shell");
        world.Do("guests", "linux: running, monitor linux, 2 virtual CPUs, 96 MiB", "1 guests");
        world.Do("pause nobody", "pause nobody: no such guest");
        world.Do("pause shell", "pause shell: no such guest");
        world.Do("pause linux", "pause linux: done");
        Thread.Sleep(2 * Second);
        world.Do("guests", "linux: paused, monitor linux");
        Assert.Equal("2", Counter(world, "virtual CPUs paused"));

        // Whoever stands still uses no time and leaves the guest for nothing.
        string[] before = Used(world);
        Thread.Sleep(4 * Second);
        Assert.Equal(before, Used(world));
        world.Do("resume linux", "resume linux: done");
        world.Show("linux");
        world.Do("sleep 3; echo $((6*7)) answers", "42 answers");
        Assert.InRange(int.Parse(world.Do(Silence, "silent ").Split(' ').Last(), null), 6, 60);
        world.Do("dmesg | grep -c lockup | sed s/^/lockups:/", "lockups:0");
        world.Show("shell");
        Thread.Sleep(2 * Second);

        // What was shown before is shown again: what follows this mark is new.
        world.Do("mark", "mark: no such command");
        Assert.Equal("0", Counter(world, "virtual CPUs paused"));
        Assert.NotEqual(before, Used(world));

        world.Do("reset linux", "reset linux: done");
        world.Show("log");
        world.Expect("the guest reset its machine");
        world.ShowLife("linux", 2);
        world.Expect("guest: init", "Enter 'help'");

        // A guest that stands still is switched off as any other.
        world.Show("shell");
        world.Do("pause linux", "pause linux: done");
        world.Do("off linux", "off linux: done");
        world.Show("log");
        world.Expect("the guest switched its machine off", "linux is done");
        world.Show("shell");
        world.Do("guests", "linux: off");
        world.Do("pause linux", "pause linux: no such guest or file, or its machine is off");
        world.IsSound();
    }

    [Fact]
    public void A_guest_is_defined_anew_with_another_monitor_and_starts_so()
    {
        string kernel = GuestFiles.Get("vmlinuz-cloud-amd64");
        string disk = GuestFiles.Get("initramfs-virtio-amd64");
        string linux = Guest("linux", kernel, disk, "console=ttyS0 console=hvc0 quiet", 128);
        string other = Guest("other", kernel, disk, "console=hvc0 quiet", 64, monitor: "micro")
            .Replace("start: boot", "start: manual", StringComparison.Ordinal);
        using World world = World.OfGuests("guest-define", ConsoleOnSerial + Shell + linux + other, 2, 512);

        world.Expect("--- linux ---", "guest: init", "Enter 'help'");
        world.Do("ls /sys/bus/virtio/devices | wc -l | sed s/^/virtio:/", "virtio:0");
        world.Show("shell");
        world.Do("define linux monitor=micro", "define linux: its machine is on");
        world.Do("stop linux", "stop linux: done");
        world.Do("define linux monitor=shell", "define linux: no such guest or file");
        world.Do("define linux memory=130", "define linux: its line does not grant so much memory");
        world.Do("define linux colour=red", "define linux: that makes no sense");
        world.Do("define shell monitor=micro", "define shell: no such guest");
        world.Do("define linux monitor=micro memory=96 vcpus=2", "define linux: done");
        world.Do("guests", "linux: off, monitor micro, 2 virtual CPUs, 96 MiB", "other: off, monitor micro, 1 virtual CPUs, 64 MiB");
        world.Do("start linux", "start linux: done");
        world.ShowLife("linux", 2);
        world.Expect("guest: init", "2 CPUs", "Enter 'help'");
        world.Do("ls /sys/bus/virtio/devices | wc -l | sed s/^/virtio:/", "virtio:2");
        world.Press("exit\r");
        world.Show("log");
        world.Expect("linux is done");
        world.IsSound();
    }

    // Time of its virtual CPUs, and how often they halted.
    private static string[] Used(World world) =>
    [
        Counter(world, "virtual CPU 0 microseconds"), Counter(world, "virtual CPU 1 microseconds"), Counter(world, "exits HLT"),
    ];

    private static string Counter(World world, string name)
    {
        string value = world.Do("counters linux", name + ": ").Split(' ').Last().Trim();
        world.Expect("counters of linux");
        return value;
    }
}
