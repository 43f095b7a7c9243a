using System;
using System.Buffers.Binary;
using Kilonova.Registers;
using Xunit;

namespace Kilonova.Drivers.Tests;

/// <summary>Memory as devices see it; an address outside of it is a test's failure.</summary>
internal sealed class FakeRam(ulong first, int size)
{
    private readonly byte[] _bytes = new byte[size];
    private int _taken;

    public ulong First => first;

    public Span<byte> At(ulong address, int length)
    {
        if (address < first || address - first > (ulong)(size - length))
            Assert.Fail($"DMA to {address:x}, {length} bytes");

        return _bytes.AsSpan((int)(address - first), length);
    }

    public uint U32(ulong address) => BinaryPrimitives.ReadUInt32LittleEndian(At(address, 4));

    public ulong U64(ulong address) => BinaryPrimitives.ReadUInt64LittleEndian(At(address, 8));

    /// <summary>Takes fresh pages.</summary>
    public FakeDma Take(int length)
    {
        FakeDma memory = new(this, first + (ulong)_taken, length);
        _taken += (length + 4095) & ~4095;
        Assert.True(_taken <= size);
        return memory;
    }
}

/// <summary>A piece of fake memory, as a driver has it.</summary>
internal readonly struct FakeDma(FakeRam ram, ulong address, int length) : IDmaMemory
{
    public int Length => length;

    public ulong DeviceAddress => address;

    public uint Read32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(At(offset, 4));

    public void Write32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(At(offset, 4), value);

    public ulong Read64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(At(offset, 8));

    public void Write64(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(At(offset, 8), value);

    public void Read(int offset, Span<byte> bytes) => At(offset, bytes.Length).CopyTo(bytes);

    public void Write(int offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(At(offset, bytes.Length));

    public void Clear(int offset, int size) => At(offset, size).Clear();

    private Span<byte> At(int offset, int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, length - offset);
        return ram.At(address + (ulong)offset, size);
    }
}

/// <summary>Time that a test moves; each look at it takes a microsecond.</summary>
internal sealed class FakeTime
{
    public ulong Now { get; private set; } = 1;

    public ulong Look() => ++Now;

    public void Pass(ulong microseconds) => Now += microseconds;
}

internal readonly struct FakeClock(FakeTime time) : IClock
{
    public ulong Now => time.Look();
}

/// <summary>A device under test: what a driver's register accesses do.</summary>
internal interface IFakeDevice
{
    uint Read(int offset);

    void Write(int offset, uint value);
}

internal readonly struct FakeRegisters(IFakeDevice device, int length) : IRegisters
{
    public int Length => length;

    public uint Read32(int offset)
    {
        Check(offset);
        return device.Read(offset);
    }

    public void Write32(int offset, uint value)
    {
        Check(offset);
        device.Write(offset, value);
    }

    private void Check(int offset)
    {
        if (offset < 0 || offset % 4 != 0 || offset > length - 4)
            Assert.Fail($"register {offset:x}");
    }
}
