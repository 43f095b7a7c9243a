// Memory that the other end of a ring reads and writes at the same time.
using System;

namespace Kilonova.Rings;

/// <summary>
/// Access to shared memory. Every method touches each byte that it names exactly once, so that a caller who checks what it got
/// has checked what it uses. Offsets are in bytes; an access outside the memory is a defect of the caller and does not return.
/// </summary>
public interface ISharedMemory
{
    /// <summary>Size in bytes.</summary>
    int Length { get; }

    /// <summary>Loads the word at a multiple of 8 with acquire order: nothing that follows is done before it.</summary>
    ulong ReadWord(int offset);

    /// <summary>Stores the word at a multiple of 8 with release order: everything before is visible no later than it.</summary>
    void WriteWord(int offset, ulong value);

    /// <summary>Copies words from a multiple of 8 into private memory.</summary>
    void ReadWords(int offset, Span<ulong> words);

    /// <summary>Copies words out of private memory to a multiple of 8.</summary>
    void WriteWords(int offset, ReadOnlySpan<ulong> words);

    /// <summary>Copies bytes into private memory.</summary>
    void ReadBytes(int offset, Span<byte> bytes);

    /// <summary>Copies bytes out of private memory.</summary>
    void WriteBytes(int offset, ReadOnlySpan<byte> bytes);

    /// <summary>Full barrier: stores before it are visible to everybody before loads after it are done.</summary>
    void Fence();
}
