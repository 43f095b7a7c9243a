using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using Kilonova.Boot;
using Xunit;
using static Kilonova.Userland.Tests.ManifestLines;

namespace Kilonova.Userland.Tests;

/// <summary>Debian's cloud kernel on the virtio devices of the monitor "micro".</summary>
public class MicroTests
{
    private const int DiskSize = 8 << 20;
    private const int Block = 64 << 10;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Debians_cloud_kernel_boots_on_virtio_alone(int cpus)
    {
        using World world = World.OfGuests($"micro-{cpus}", ConsoleOnSerial + Micro(cpus), 2, 512);

        world.Expect("--- micro ---");
        world.Expect("guest: init", $"x86_64, {cpus} CPUs", "Enter 'help'");
        world.Do("echo $((6*7)) answers", "42 answers");
        world.Do("cat /sys/class/tty/console/active", "hvc0");
        world.Do("ls /sys/bus/virtio/drivers/virtio_console", "virtio0");
        world.Do("cat /sys/class/misc/hw_random/rng_current", "virtio_rng.0");
        world.Do("head -c 4096 /dev/hwrng | wc -c", "4096");
        world.Press("exit\r");
        world.Press("\u00140");
        world.Expect("the guest switched its machine off", "micro is done");
        world.IsSound();
    }

    [Fact]
    public void Debians_driver_reads_and_writes_a_disk()
    {
        string image = Path.Combine(Directory.CreateDirectory(Path.Combine(Repository.Out, "tests")).FullName, "micro-disk.img");
        byte[] contents = [.. Enumerable.Range(0, DiskSize).Select(i => (byte)(i * 2654435761L >> 13))];
        File.WriteAllBytes(image, contents);
        using (World world = World.OfGuests(
            "micro-disk", ConsoleOnSerial + Platform("ahci=class:010601") + Ahci("micro=write:0") + Micro(2, "disk=disk:0", "disk"), 2, 768,
            "-drive", $"file={image},format=raw,if=none,id=d0", "-device", "ide-hd,drive=d0,bus=ide.0"))
        {
            world.Expect("guest: init", "Enter 'help'");
            world.Do("cat /sys/block/vda/size", $"{DiskSize / 512}");
            world.Do("echo $(cat /sys/block/vda/serial)", "disk:0");
            world.Do("md5sum < /dev/vda", Convert.ToHexStringLower(MD5.HashData(contents)));
            world.Do("dd if=/bin/busybox of=/dev/vda bs=64k count=4 seek=16 conv=fsync", "4+0 records out");
            world.Do("dd if=/dev/vda bs=64k count=4 skip=16 iflag=direct > /tmp/back", "4+0 records out");
            world.Do("cmp -n 262144 /tmp/back /bin/busybox && echo sa''me", "same");
            world.Press("exit\r");
            world.Press("\u00140");
            world.Expect("the guest switched its machine off", "micro is done");
            world.IsSound();
        }

        // What the guest wrote is there, and only there.
        byte[] after = File.ReadAllBytes(image);
        Assert.Equal(contents[..(16 * Block)], after[..(16 * Block)]);
        Assert.Equal(contents[(20 * Block)..], after[(20 * Block)..]);
        Assert.Equal("\u007fELF"u8, after.AsSpan(16 * Block, 4));
    }

    private static string Micro(int cpus, string devices = "", string uses = "") => Guest(
        "micro", "vmlinuz-cloud-amd64", GuestFiles.Get("initramfs-virtio-amd64"), "console=hvc0 quiet", 128, cpus, devices, uses, "micro");
}
