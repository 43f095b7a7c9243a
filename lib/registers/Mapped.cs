// Device registers and shared memory as they are mapped into this address space. The only unsafe file of this library.
using System;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Kilonova.Registers;

/// <summary>Registers behind a pointer. Whoever creates it vouches that the mapping is there, uncached, for as long as it is used.</summary>
public readonly unsafe struct MappedRegisters : IRegisters
{
    private readonly byte* _base;
    private readonly int _length;

    /// <summary>Describes a mapping.</summary>
    /// <param name="address">First byte; a multiple of 4.</param>
    /// <param name="length">Size in bytes.</param>
    public MappedRegisters(ulong address, int length)
    {
        _base = (byte*)address;
        _length = length;
    }

    /// <inheritdoc/>
    public int Length => _length;

    /// <inheritdoc/>
    /// <remarks>Not inlined: the compiler would load no more bytes than a mask leaves, and many registers are read whole or not at all.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public uint Read32(int offset) => Volatile.Read(ref *(uint*)At(offset));

    /// <inheritdoc/>
    public void Write32(int offset, uint value) => Volatile.Write(ref *(uint*)At(offset), value);

    private byte* At(int offset)
    {
        if ((uint)offset > (uint)_length - sizeof(uint) || (offset & (sizeof(uint) - 1)) != 0)
            throw new ArgumentOutOfRangeException(nameof(offset));

        return _base + offset;
    }
}

/// <summary>Memory shared with a device, behind a pointer. Whoever creates it vouches for the mapping and for the address.</summary>
public readonly unsafe struct MappedDmaMemory : IDmaMemory
{
    private readonly byte* _base;
    private readonly ulong _device;
    private readonly int _length;

    /// <summary>Describes a mapping.</summary>
    /// <param name="address">First byte here, page aligned.</param>
    /// <param name="device">First byte as the device sees it.</param>
    /// <param name="length">Size in bytes.</param>
    public MappedDmaMemory(ulong address, ulong device, int length)
    {
        _base = (byte*)address;
        _device = device;
        _length = length;
    }

    /// <inheritdoc/>
    public int Length => _length;

    /// <inheritdoc/>
    public ulong DeviceAddress => _device;

    /// <inheritdoc/>
    public uint Read32(int offset) => Volatile.Read(ref *(uint*)At(offset, sizeof(uint)));

    /// <inheritdoc/>
    public void Write32(int offset, uint value) => Volatile.Write(ref *(uint*)At(offset, sizeof(uint)), value);

    /// <inheritdoc/>
    public ulong Read64(int offset) => Volatile.Read(ref *(ulong*)At(offset, sizeof(ulong)));

    /// <inheritdoc/>
    public void Write64(int offset, ulong value) => Volatile.Write(ref *(ulong*)At(offset, sizeof(ulong)), value);

    /// <inheritdoc/>
    public void Read(int offset, Span<byte> bytes) => new ReadOnlySpan<byte>(At(offset, bytes.Length), bytes.Length).CopyTo(bytes);

    /// <inheritdoc/>
    public void Write(int offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(new Span<byte>(At(offset, bytes.Length), bytes.Length));

    /// <inheritdoc/>
    public void Clear(int offset, int length) => new Span<byte>(At(offset, length), length).Clear();

    private byte* At(int offset, int size)
    {
        if (offset < 0 || size < 0 || size > _length - (long)offset)
            throw new ArgumentOutOfRangeException(nameof(offset));

        return _base + offset;
    }
}
