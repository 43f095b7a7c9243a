using System;
using System.Text;
using Kilonova.Manifest;
using Xunit;

namespace Kilonova.Sigma0.Tests;

public class ManifestFormatTests
{
    private static readonly ComponentLine s_line = new()
    {
        Name = "console"u8.ToArray(),
        Image = "console.elf"u8.ToArray(),
        Arguments = "speed=115200"u8.ToArray(),
        MemoryPages = 100,
        HeapPages = 10,
        KernelPages = 20,
        Cpus = ulong.MaxValue,
        Priority = 60,
        Restart = RestartPolicy.Always,
        StartsAtBoot = true,
        MaySchedule = true,
        LearnsAddresses = true,
        Ports = [new NumberRange(0x3f8, 8)],
        DevicePages = [new NumberRange(0xb8, 1), new NumberRange(0xfee00, 1)],
        Interrupts = [1, 4],
        Offers = ["console"u8.ToArray()],
        Uses = [new ServiceUse("a"u8.ToArray(), "b"u8.ToArray())],
        Guest = new GuestLine("vmlinuz"u8.ToArray(), "initramfs"u8.ToArray(), "quiet"u8.ToArray(), 512, 4),
    };

    [Fact]
    public void What_is_written_is_read()
    {
        Assert.True(ManifestFormat.TryRead(Compile(s_line, new ComponentLine()), out ComponentLine[] lines));

        ComponentLine line = lines[0];
        Assert.Equal(2, lines.Length);
        Assert.Equal("console console.elf speed=115200", $"{Text(line.Name)} {Text(line.Image)} {Text(line.Arguments)}");
        Assert.Equal((100u, 10u, 20u, ulong.MaxValue, 60u), (line.MemoryPages, line.HeapPages, line.KernelPages, line.Cpus, line.Priority));
        Assert.Equal((RestartPolicy.Always, true, true, true), (line.Restart, line.StartsAtBoot, line.MaySchedule, line.LearnsAddresses));
        Assert.Equal(s_line.Ports, line.Ports);
        Assert.Equal(s_line.DevicePages, line.DevicePages);
        Assert.Equal(s_line.Interrupts, line.Interrupts);
        Assert.True(line.MayOffer("console"u8));
        Assert.False(line.MayOffer("a"u8));
        Assert.Equal("b", Text(line.ServiceOf("a"u8).ToArray()));
        Assert.True(line.ServiceOf("b"u8).IsEmpty);
        GuestLine guest = line.Guest!;
        Assert.Equal("vmlinuz initramfs quiet", $"{Text(guest.Kernel)} {Text(guest.Disk)} {Text(guest.CommandLine)}");
        Assert.Equal((512ul, 4u), (guest.MemoryPages, guest.VirtualCpus));
        Assert.Null(lines[1].Guest);
    }

    [Theory]
    [InlineData(513, 1)]
    [InlineData(512, 0)]
    [InlineData(512, 65)]
    public void A_guest_of_odd_size_or_without_or_with_too_many_cpus_is_refused(ulong pages, uint cpus) =>
        Assert.False(ManifestFormat.TryRead(Compile(new ComponentLine { Guest = new GuestLine([], [], [], pages, cpus) }), out _));

    [Fact]
    public void A_manifest_that_is_cut_off_or_goes_on_is_refused()
    {
        byte[] bytes = Compile(s_line);
        for (int length = 0; length < bytes.Length; length++)
            Assert.False(ManifestFormat.TryRead(bytes.AsSpan(0, length), out _));

        Assert.False(ManifestFormat.TryRead([.. bytes, 0], out _));
    }

    [Fact]
    public void Damage_is_refused_or_read_as_something_else_but_never_throws()
    {
        Random random = new(99);
        byte[] bytes = Compile(s_line, s_line);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = (byte[])bytes.Clone();
            for (int hits = random.Next(1, 4); hits > 0; hits--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);

            if (ManifestFormat.TryRead(damaged, out ComponentLine[] lines))
                Assert.True(lines.Length <= ManifestFormat.MaxComponents);
        }
    }

    [Fact]
    public void Another_version_is_refused()
    {
        byte[] bytes = Compile(s_line);
        Assert.Equal(ManifestFormat.Version, bytes[1]);
        bytes[1]++;

        Assert.False(ManifestFormat.TryRead(bytes, out _));
    }

    private static byte[] Compile(params ComponentLine[] lines)
    {
        byte[] buffer = new byte[4096];
        return buffer[..ManifestFormat.Write(lines, buffer)];
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
