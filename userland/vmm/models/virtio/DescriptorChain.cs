// A buffer of a virtqueue: the chain of descriptors behind one entry of the available ring (OASIS Virtual I/O Device 1.2, sections 2.7.4
// and 2.7.5).
using System;

namespace Kilonova.Vmm.Models;

/// <summary>
/// A chain as it was when it was walked: runs of guest memory, first those that the device reads, then those that it writes. The driver may change
/// its descriptors afterwards; the chain does not. All runs were memory, and writable where they have to be.
/// </summary>
internal sealed class DescriptorChain
{
    private readonly GuestMemory _memory;
    private readonly GuestSegment[] _segments;
    private int _count;
    private int _readable;

    /// <summary>Makes an empty chain.</summary>
    /// <param name="memory">The driver's memory.</param>
    /// <param name="capacity">Most descriptors of a chain; longer ones are refused, so one that runs in a circle is.</param>
    public DescriptorChain(GuestMemory memory, int capacity)
    {
        _memory = memory;
        _segments = new GuestSegment[capacity];
    }

    /// <summary>Index of the first descriptor: what the used ring calls the chain.</summary>
    public ushort Head { get; set; }

    /// <summary>Bytes that the device may read.</summary>
    public int ReadableLength { get; private set; }

    /// <summary>Bytes that the device may write.</summary>
    public int WritableLength { get; private set; }

    /// <summary>Follows the descriptors. False if the driver broke a rule of the queue; nothing of the chain may be used then.</summary>
    /// <param name="table">Guest-physical address of the descriptor table.</param>
    /// <param name="count">Its entries.</param>
    /// <param name="first">The first of the chain.</param>
    /// <param name="indirect">Indirect descriptors have been negotiated.</param>
    public bool Walk(ulong table, uint count, uint first, bool indirect)
    {
        _count = 0;
        _readable = 0;
        ReadableLength = 0;
        WritableLength = 0;
        uint index = first;
        bool mayIndirect = indirect;
        // The descriptor of an indirect table comes on top of what the chain has room for.
        for (int visited = 0; visited <= _segments.Length && index < count; visited++)
        {
            ulong at = table + (index * (ulong)VirtioRing.DescriptorSize);
            if (!_memory.TryLoad(at, sizeof(ulong), out ulong address) || !_memory.TryLoad(at + sizeof(ulong), sizeof(ulong), out ulong rest))
                return false;
            uint length = (uint)rest;
            var flags = (ushort)(rest >> 32);
            if ((flags & VirtioRing.INDIRECT) != 0)
            {
                // Section 2.7.5.3.1: no table in a table, nothing behind a table, whole descriptors.
                if (!mayIndirect || (flags & VirtioRing.NEXT) != 0 || length == 0 || length % VirtioRing.DescriptorSize != 0)
                    return false;
                mayIndirect = false;
                table = address;
                count = length / VirtioRing.DescriptorSize;
                index = 0;
                continue;
            }

            if (!Add(address, length, (flags & VirtioRing.WRITE) != 0))
                return false;
            if ((flags & VirtioRing.NEXT) == 0)
                return true;
            index = (ushort)(rest >> 48);
        }

        return false;
    }

    /// <summary>Loads 1, 2, 4 or 8 bytes of the readable part, little-endian, wherever descriptors meet. False behind its end.</summary>
    public bool TryLoad(int offset, int size, out ulong value)
    {
        value = 0;
        if (offset > ReadableLength - size)
            return false;
        for (int i = 0; i < _readable; i++)
        {
            int length = _segments[i].Length;
            if (offset + size <= length)
                return _memory.TryLoad(_segments[i].Address + (uint)offset, size, out value);
            if (offset < length)
                return TryLoadSplit(i, offset, size, out value);
            offset -= length;
        }

        return false;
    }

    /// <summary>Copies from the readable part. False behind its end.</summary>
    public bool CopyFrom(int offset, Span<byte> bytes)
    {
        for (int i = 0; i < _readable && bytes.Length > 0; i++)
        {
            int piece = Math.Min(_segments[i].Length - offset, bytes.Length);
            if (piece > 0)
            {
                if (!_memory.Read(_segments[i].Address + (uint)offset, bytes.Slice(0, piece)))
                    return false;
                bytes = bytes.Slice(piece);
            }

            offset = Math.Max(offset - _segments[i].Length, 0);
        }

        return bytes.Length == 0;
    }

    /// <summary>Copies into the writable part. False behind its end.</summary>
    public bool CopyTo(int offset, ReadOnlySpan<byte> bytes)
    {
        for (int i = _readable; i < _count && bytes.Length > 0; i++)
        {
            int piece = Math.Min(_segments[i].Length - offset, bytes.Length);
            if (piece > 0)
            {
                if (!_memory.Write(_segments[i].Address + (uint)offset, bytes.Slice(0, piece)))
                    return false;
                bytes = bytes.Slice(piece);
            }

            offset = Math.Max(offset - _segments[i].Length, 0);
        }

        return bytes.Length == 0;
    }

    /// <summary>Stores a byte into the writable part. False behind its end.</summary>
    public bool TryStoreByte(int offset, byte value) => TryLocate(offset, out ulong address) && _memory.TryStore(address, 1, value);

    /// <summary>The guest-physical address of a byte of the writable part. False behind its end.</summary>
    public bool TryLocate(int offset, out ulong address)
    {
        for (int i = _readable; i < _count; i++)
        {
            if (offset < _segments[i].Length)
            {
                address = _segments[i].Address + (uint)offset;
                return true;
            }

            offset -= _segments[i].Length;
        }

        address = 0;
        return false;
    }

    /// <summary>The runs of guest memory that a piece of the chain consists of.</summary>
    /// <param name="writable">Of the writable part, else of the readable one.</param>
    /// <param name="start">Offset of the piece in its part.</param>
    /// <param name="length">Bytes; what is behind the part's end is left out.</param>
    /// <param name="runs">Takes as many runs as the chain may have.</param>
    /// <returns>Number of runs.</returns>
    public int Cut(bool writable, int start, int length, GuestSegment[] runs)
    {
        int count = 0;
        int last = writable ? _count : _readable;
        for (int i = writable ? _readable : 0; i < last && length > 0; i++)
        {
            int piece = Math.Min(_segments[i].Length - start, length);
            if (piece > 0)
            {
                runs[count].Address = _segments[i].Address + (uint)start;
                runs[count].Length = piece;
                count++;
                length -= piece;
            }

            start = Math.Max(start - _segments[i].Length, 0);
        }

        return count;
    }

    // Empty descriptors are in order, and are nothing.
    private bool Add(ulong address, uint length, bool writable)
    {
        if (length == 0)
            return true;
        int before = ReadableLength + WritableLength;
        if (length > (uint)(int.MaxValue - before) || (!writable && _count > _readable) || _count == _segments.Length
            || !_memory.TryGetSpan(address, (int)length, writable, out _))
        {
            return false;
        }

        _segments[_count].Address = address;
        _segments[_count].Length = (int)length;
        _count++;
        if (writable)
        {
            WritableLength += (int)length;
            return true;
        }

        _readable++;
        ReadableLength += (int)length;
        return true;
    }

    private bool TryLoadSplit(int segment, int offset, int size, out ulong value)
    {
        value = 0;
        for (int i = 0; i < size; i++, offset++)
        {
            while (offset == _segments[segment].Length)
            {
                segment++;
                offset = 0;
            }

            if (!_memory.TryLoad(_segments[segment].Address + (uint)offset, 1, out ulong part))
                return false;
            value |= part << (8 * i);
        }

        return true;
    }
}
