using System;

namespace Kilonova.Registers;

/// <summary>
/// A client's data memory as the device sees it: pieces of one dataspace, one after the other. Filled by the server when it attaches the
/// dataspace; constant from then on.
/// </summary>
public sealed class DeviceMemory
{
    /// <summary>Most separate pieces.</summary>
    public const int MaxRuns = 64;

    private readonly ulong[] _ends = new ulong[MaxRuns];
    private readonly ulong[] _addresses = new ulong[MaxRuns];
    private int _count;

    /// <summary>Bytes.</summary>
    public ulong Length => _count == 0 ? 0 : _ends[_count - 1];

    /// <summary>Whether devices may write into it.</summary>
    public bool IsWritable { get; private set; }

    /// <summary>Makes it empty.</summary>
    public void Clear(bool isWritable)
    {
        _count = 0;
        IsWritable = isWritable;
    }

    /// <summary>Adds memory at the end; false when there are too many pieces.</summary>
    public bool TryAppend(ulong address, ulong length)
    {
        if (length == 0)
            return true;

        var start = Length;
        if (_count != 0 && _addresses[_count - 1] + (start - StartOf(_count - 1)) == address)
        {
            _ends[_count - 1] += length;
            return true;
        }

        if (_count == MaxRuns)
            return false;

        _addresses[_count] = address;
        _ends[_count++] = start + length;
        return true;
    }

    /// <summary>Finds the beginning of a piece: as much of it as lies in one run.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="isWritten">Whether a device is to write there.</param>
    /// <param name="segment">Where it lies.</param>
    /// <returns>False where the piece is empty, not in the memory as a whole, or may not be written.</returns>
    public bool TryLocate(ulong offset, uint length, bool isWritten, out DmaSegment segment)
    {
        segment = default;
        if (length == 0 || offset >= Length || length > Length - offset || (isWritten && !IsWritable))
            return false;

        var run = 0;
        while (offset >= _ends[run])
            run++;

        segment = new DmaSegment(_addresses[run] + (offset - StartOf(run)), (uint)Math.Min(length, _ends[run] - offset));
        return true;
    }

    private ulong StartOf(int index) => index == 0 ? 0 : _ends[index - 1];
}
