using System;

namespace Kilonova.Formats;

/// <summary>
/// Read access to physical memory, for structures that lie anywhere in it. Implemented by structs and used through a type parameter,
/// so that the call is direct and nothing is boxed.
/// </summary>
public interface IPhysicalMemory
{
    /// <summary>The bytes at a physical address.</summary>
    /// <param name="address">Physical address of the first byte.</param>
    /// <param name="length">Number of bytes, at least 1.</param>
    /// <returns>
    /// Exactly <paramref name="length"/> bytes, valid as long as the caller works on the table; or an empty span when not all of them
    /// can be read.
    /// </returns>
    ReadOnlySpan<byte> Map(ulong address, uint length);
}
