// Shared memory as it is mapped into this address space. The only unsafe file of this library.
using System;
using System.Threading;

namespace Kilonova.Rings;

/// <summary>
/// Shared memory behind a pointer. Whoever creates it vouches that the mapping is there, and stays, for as long as it is used.
/// </summary>
public readonly unsafe struct MappedMemory : ISharedMemory
{
    private readonly byte* _base;
    private readonly int _length;

    /// <summary>Describes a mapping.</summary>
    /// <param name="address">First byte; a multiple of 8, page aligned as a rule.</param>
    /// <param name="length">Size in bytes.</param>
    public MappedMemory(nuint address, int length)
    {
        _base = (byte*)address;
        _length = length;
    }

    /// <inheritdoc/>
    public int Length => _length;

    /// <inheritdoc/>
    public ulong ReadWord(int offset) => Volatile.Read(ref *(ulong*)At(offset, sizeof(ulong)));

    /// <inheritdoc/>
    public void WriteWord(int offset, ulong value) => Volatile.Write(ref *(ulong*)At(offset, sizeof(ulong)), value);

    /// <inheritdoc/>
    public void ReadWords(int offset, Span<ulong> words)
    {
        // A loop and not a block copy: registers only, so that threads without FPU can use rings.
        ulong* source = (ulong*)At(offset, words.Length * (long)sizeof(ulong));
        for (int i = 0; i < words.Length; i++)
            words[i] = source[i];
    }

    /// <inheritdoc/>
    public void WriteWords(int offset, ReadOnlySpan<ulong> words)
    {
        ulong* target = (ulong*)At(offset, words.Length * (long)sizeof(ulong));
        for (int i = 0; i < words.Length; i++)
            target[i] = words[i];
    }

    /// <inheritdoc/>
    public void ReadBytes(int offset, Span<byte> bytes) => new ReadOnlySpan<byte>(At(offset, bytes.Length), bytes.Length).CopyTo(bytes);

    /// <inheritdoc/>
    public void WriteBytes(int offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(new Span<byte>(At(offset, bytes.Length), bytes.Length));

    /// <summary>Copies bytes straight to other memory, which they do not overlap.</summary>
    public void CopyBytes(int offset, MappedMemory target, int targetOffset, int length) =>
        new ReadOnlySpan<byte>(At(offset, length), length).CopyTo(new Span<byte>(target.At(targetOffset, length), length));

    /// <inheritdoc/>
    public void Fence() => Interlocked.MemoryBarrier();

    private byte* At(int offset, long size)
    {
        if (offset < 0 || size > _length - (long)offset)
            throw new ArgumentOutOfRangeException(nameof(offset));
        return _base + offset;
    }
}
