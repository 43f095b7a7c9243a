// What servers tell and lend their dispatchers, and memory that client and server of a session share.
using System;

namespace Kilonova.Contracts;

/// <summary>What a server of a protocol with <see cref="SessionRange"/> parameters tells about the session that calls.</summary>
public interface ISessionMemory
{
    /// <summary>Bytes of memory that the session shares; 0 where it has none.</summary>
    uint SessionLength { get; }
}

/// <summary>What a server of a protocol with spans lends its dispatcher.</summary>
public interface IScratch
{
    /// <summary>
    /// As many words as the dispatcher's <c>ScratchWords</c>, private to the thread that handles the call. The server's spans lie in there:
    /// calls that it makes meanwhile overwrite the message, and these words stay.
    /// </summary>
    Span<ulong> Scratch { get; }
}

/// <summary>
/// A piece of the session's shared memory, as offset and length in bytes. A server's method gets only pieces that lie inside. What is in
/// there may change at any time: copy, then check.
/// </summary>
public readonly struct SessionRange
{
    private const int LengthShift = 32;

    private readonly ulong _bits;

    /// <summary>Describes a piece.</summary>
    public SessionRange(uint offset, uint length) => _bits = offset | ((ulong)length << LengthShift);

    private SessionRange(ulong bits) => _bits = bits;

    /// <summary>First byte, from the beginning of the session's memory.</summary>
    public uint Offset => (uint)_bits;

    /// <summary>Bytes.</summary>
    public uint Length => (uint)(_bits >> LengthShift);

    /// <summary>The piece as it travels: offset in the low half, length in the high half.</summary>
    public ulong ToWord() => _bits;

    /// <summary>The piece that a word describes.</summary>
    public static SessionRange FromWord(ulong word) => new(word);

    /// <summary>Whether the piece lies inside a session's memory.</summary>
    public bool IsInside(uint sessionLength) => (ulong)Offset + Length <= sessionLength;
}
