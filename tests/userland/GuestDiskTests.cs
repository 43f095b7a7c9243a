using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Threading;
using Kilonova.Boot;
using Xunit;
using static Kilonova.Userland.Tests.ManifestLines;

namespace Kilonova.Userland.Tests;

/// <summary>
/// Debian's kernel with disks of the monitor "linux", over the driver of the machine's own controller. What is on them is looked at from
/// outside: the file system by its own checker, files by their checksums.
/// </summary>
public class GuestDiskTests
{
    private const int MebiByte = 1 << 20;

    // The kernel names disks in the order in which it finds them.
    private const string Find = "f() { basename $(dirname $(grep -lx $1 /sys/block/sd*/size)); }";
    private const string Fill = "w() { dd if=/dev/urandom of=/a/$1 bs=64k count=$2 conv=fsync; }";

    [Fact]
    public void A_guest_has_disks_whose_driver_may_die_under_it()
    {
        string folder = Repository.EmptyFolder("guest-disk");
        byte[] ours = Bytes(3 * MebiByte + 12345);
        FileSystem system = new(folder, "a", 96, ours);
        string second = Path.Combine(folder, "b");
        File.WriteAllBytes(second, Bytes(MebiByte));
        using (World world = Boot("disk", "disk=disk:0 disk=disk:1,ro", "linux=write:0 linux=read:1", system.Path, second))
        {
            world.Expect("guest: init", "Enter 'help'");
            world.Press(Find + "\r");
            world.Do("a=$(f 196608) b=$(f 2048); cat /sys/block/$a/device/model", "Kilonova disk");
            world.Do("cat /sys/block/$a/device/queue_depth", "32");

            // Ours, and what may only be read.
            world.Do("mkdir /a; mount -t ext4 /dev/$a /a; md5sum /a/ours", Hash(ours));
            world.Do("md5sum /dev/$b", Hash(Bytes(MebiByte)));
            world.Do("dd if=/dev/zero of=/dev/$b bs=512 count=1 conv=fsync", "I/O error");

            // Its own, while the driver is killed.
            world.Press(Fill + "\r");
            world.Do("for i in 1 2 3 4 5 6; do w $i 100 2>/dev/null; echo file $i; done", "file 1");
            for (int i = 0; i < 3; i++)
            {
                world.Show("shell");
                world.Do("kill ahci", "kill ahci: done");
                Thread.Sleep(1000);
            }

            world.Show("linux");
            world.Expect("file 6");
            world.Do("w its 160; cd /a; md5sum its ours [1-6] > sums; cd /; echo summed", "summed");
            world.Do("umount /a; mount -t ext4 /dev/$a /a; echo mounted", "mounted");
            world.Do("cd /a; md5sum -c sums; cd /; umount /a; echo away", "its: OK", "6: OK", "away");
            world.Do("dmesg | grep \"$a.*error\" | wc -l | sed s/^/errors:/", "errors:0");

            // Switching off flushes both disks: also that whose session was idle when its driver ended.
            world.Press("exit\r");
            world.Expect("Power down");
            world.Show("log");
            world.Expect("ahci was killed", "disk:0: ", "linux is done");
            world.IsSound();
        }

        byte[] its = system.Read("its");
        Assert.Equal(10 * MebiByte, its.Length);
        Assert.StartsWith(Hash(its), System.Text.Encoding.ASCII.GetString(system.Read("sums")), StringComparison.Ordinal);
        Assert.Equal(ours, system.Read("ours"));
        system.IsClean();
        Assert.Equal(Bytes(MebiByte), File.ReadAllBytes(second));
    }

    private static World Boot(string name, string guestArguments, string policy, params string[] disks) => World.OfGuests(
        name,
        ConsoleOnSerial + Shell + Platform("ahci=class:010601") + Ahci(policy)
        + Guest("linux", "vmlinuz-amd64", "initramfs-modules-amd64", "console=ttyS0", 256, 2, guestArguments, "disk"),
        2,
        768,
        [.. disks.SelectMany((path, i) => (string[])["-drive", $"if=none,id=d{i},format=raw,file={path}", "-device", $"ide-hd,drive=d{i},bus=ide.{i}"])]);

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(MD5.HashData(bytes));

    // A disk that is an ext4 file system, made and looked at by the tools of its own.
    private sealed class FileSystem
    {
        public FileSystem(string folder, string name, int megabytes, byte[] ours)
        {
            Path = System.IO.Path.Combine(folder, name);
            string contents = Directory.CreateDirectory(Path + ".d").FullName;
            if (ours.Length != 0)
                File.WriteAllBytes(System.IO.Path.Combine(contents, "ours"), ours);

            _ = HostTool.Run("/usr/sbin/mke2fs", "-q", "-t", "ext4", "-d", contents, Path, $"{megabytes}M");
        }

        public string Path { get; }

        public byte[] Read(string file)
        {
            string copy = Path + "." + file;
            _ = HostTool.Run("/usr/sbin/debugfs", "-R", $"dump /{file} {copy}", Path);
            return File.ReadAllBytes(copy);
        }

        public void IsClean() => Assert.Contains("files", HostTool.Run("/usr/sbin/e2fsck", "-f", "-n", Path), StringComparison.Ordinal);
    }
}
