using System;
using System.Buffers.Binary;
using System.Text;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class FirmwareConfigurationTests
{
    private readonly GuestMemory _memory = new();
    private readonly PortBus _ports = new(new HostLock());
    private readonly FirmwareConfiguration _device;

    public FirmwareConfigurationTests()
    {
        Assert.True(_memory.Add(0, new ArrayBacking(new byte[0x1_0000])));
        _device = new FirmwareConfiguration(_memory, 0x1234_5678_9000, 4, new HostLock(), files: 2);
        Assert.True(_device.Map(_ports));
    }

    private byte[] Item(ushort key, int length)
    {
        _ports.Write(0x510, 2, key);
        var bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)_ports.Read(0x511, 1);
        return bytes;
    }

    private uint Transfer(uint control, uint length, ulong target)
    {
        Span<byte> request = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32BigEndian(request, control);
        BinaryPrimitives.WriteUInt32BigEndian(request.Slice(4), length);
        BinaryPrimitives.WriteUInt64BigEndian(request.Slice(8), target);
        Assert.True(_memory.Write(0x100, request));
        _ports.Write(0x514, 4, 0);
        _ports.Write(0x518, 4, BinaryPrimitives.ReverseEndianness(0x100u));
        Assert.True(_memory.TryLoad(0x100, 4, out ulong value));
        return BinaryPrimitives.ReverseEndianness((uint)value);
    }

    [Fact]
    public void Items_are_read_by_number_and_end_in_zeroes()
    {
        Assert.Equal("QEMU"u8.ToArray(), Item(0, 4));
        Assert.Equal(0x1234_5678_9000ul, BitConverter.ToUInt64(Item(3, 8)));
        Assert.Equal([4, 0, 0, 0], Item(5, 4));
        Assert.Equal([0, 0], Item(0x3fff, 2));
    }

    [Fact]
    public void Names_stand_in_the_directory()
    {
        Assert.True(_device.AddFile("etc/e820", [1, 2, 3]));
        Assert.False(_device.AddFile(new string('x', 56), []));
        Assert.True(_device.AddFile("bootorder", []));
        Assert.False(_device.AddFile("one too many", []));
        byte[] directory = Item(0x19, 4 + 64);
        Assert.Equal(2, directory[3]);
        Assert.Equal(3, directory[7]);
        Assert.Equal(0x20, directory[9]);
        Assert.Equal("etc/e820\0", Encoding.ASCII.GetString(directory, 12, 9));
        Assert.Equal([1, 2, 3, 0], Item(0x20, 4));
    }

    [Fact]
    public void Items_are_transferred_to_memory()
    {
        Assert.Equal("QEMU CFG", Encoding.ASCII.GetString(BitConverter.GetBytes(_ports.Read(0x514, 4) | (ulong)_ports.Read(0x518, 4) << 32)));
        Assert.True(_device.AddFile("data", [1, 2, 3, 4, 5]));
        Assert.True(_memory.Write(0x2000, [9, 9, 9, 9, 9, 9]));
        Assert.Equal(0u, Transfer(0x20u << 16 | 8 | 2, 2, 0x2000));
        Assert.Equal(0u, Transfer(4, 1, 0));
        Assert.Equal(0u, Transfer(2, 4, 0x2002));
        Assert.True(_memory.TryLoad(0x2000, 8, out ulong value));
        Assert.Equal(0x0000_0504_0201ul, value);
        Assert.Equal(1u, Transfer(0x20u << 16 | 8 | 2, 4, 0x10_0000));
        Assert.Equal(1u, Transfer(16, 1, 0x2000));
    }
}
