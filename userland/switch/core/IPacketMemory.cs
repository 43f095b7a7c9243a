using System;

namespace Kilonova.Switching;

/// <summary>
/// Memory of a port in which packets lie. Its other user may write there at any time: each byte is read once, and what was checked is not
/// read again. Accesses outside of it are defects of the caller.
/// </summary>
/// <typeparam name="TSelf">The type itself: all ports have the same kind of memory.</typeparam>
public interface IPacketMemory<TSelf>
    where TSelf : struct, IPacketMemory<TSelf>
{
    /// <summary>Copies bytes into private memory.</summary>
    void Read(ulong offset, Span<byte> bytes);

    /// <summary>Copies bytes out of private memory.</summary>
    void Write(ulong offset, ReadOnlySpan<byte> bytes);

    /// <summary>Copies bytes straight to other memory.</summary>
    void CopyTo(ulong offset, TSelf target, ulong targetOffset, uint length);
}
