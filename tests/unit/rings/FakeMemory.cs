// Shared memory on the host: a byte array whose every access can be watched, counted and cut off.
using System;
using System.Buffers.Binary;
using System.Threading;

namespace Kilonova.Rings.Tests;

/// <summary>The memory itself, shared by the views of both ends.</summary>
internal sealed class FakeMemory(int length)
{
    public byte[] Bytes { get; } = new byte[length];

    /// <summary>Called before each access with the view's name, the offset, the size and whether it stores.</summary>
    public Action<string, int, int, bool>? OnAccess { get; set; }

    public FakeView View(string name) => new(this, name);

    public ulong this[int offset]
    {
        get => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(offset));
        set => BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan(offset), value);
    }
}

/// <summary>One end's view.</summary>
internal readonly struct FakeView(FakeMemory memory, string name) : ISharedMemory
{
    public int Length => memory.Bytes.Length;

    public ulong ReadWord(int offset)
    {
        Announce(offset, sizeof(ulong), false);
        return memory[offset];
    }

    public void WriteWord(int offset, ulong value)
    {
        Announce(offset, sizeof(ulong), true);
        memory[offset] = value;
    }

    public void ReadWords(int offset, Span<ulong> words)
    {
        Announce(offset, words.Length * sizeof(ulong), false);
        for (int i = 0; i < words.Length; i++)
            words[i] = memory[offset + (i * sizeof(ulong))];
    }

    public void WriteWords(int offset, ReadOnlySpan<ulong> words)
    {
        Announce(offset, words.Length * sizeof(ulong), true);
        for (int i = 0; i < words.Length; i++)
            memory[offset + (i * sizeof(ulong))] = words[i];
    }

    public void ReadBytes(int offset, Span<byte> bytes)
    {
        Announce(offset, bytes.Length, false);
        memory.Bytes.AsSpan(offset, bytes.Length).CopyTo(bytes);
    }

    public void WriteBytes(int offset, ReadOnlySpan<byte> bytes)
    {
        Announce(offset, bytes.Length, true);
        bytes.CopyTo(memory.Bytes.AsSpan(offset, bytes.Length));
    }

    public void Fence() => Interlocked.MemoryBarrier();

    private void Announce(int offset, int size, bool stores)
    {
        if (offset < 0 || size > memory.Bytes.Length - offset)
            throw new InvalidOperationException($"{name} leaves the memory: {size} bytes at {offset}");
        memory.OnAccess?.Invoke(name, offset, size, stores);
    }
}
