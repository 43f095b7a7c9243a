using System;

namespace Kilonova.Vmm.Models;

/// <summary>
/// Cuts the memory of a request into parts for a disk that takes fewer pieces at a time. Each part is a number of whole sectors; one
/// whose sector lies in more pieces than the disk takes has to be copied.
/// </summary>
public struct SegmentCursor
{
    private int _segment;
    private int _offset;

    /// <summary>Sectors that no part has been cut for.</summary>
    public uint SectorsLeft { get; private set; }

    /// <summary>Goes to the beginning of a request.</summary>
    public void Start(BlockRequest request)
    {
        _segment = 0;
        _offset = 0;
        SectorsLeft = request.SectorCount;
    }

    /// <summary>Cuts the next part: as many whole sectors as the pieces hold, and moves on behind it.</summary>
    /// <param name="request">The request that the cursor was started with.</param>
    /// <param name="pieces">Gets the part's memory.</param>
    /// <param name="most">Most sectors.</param>
    /// <param name="count">How many pieces it has.</param>
    /// <returns>Its sectors. 0, and the cursor has not moved, where not even one sector lies in so few pieces.</returns>
    public uint Cut(BlockRequest request, Span<GuestSegment> pieces, uint most, out int count)
    {
        var (segment, offset) = (_segment, _offset);
        var wanted = (ulong)Math.Min(SectorsLeft, most) * IBlockDisk.SectorSize;
        ulong bytes = 0;
        count = 0;
        while (count < pieces.Length && bytes < wanted && segment < request.SegmentCount)
        {
            var length = (int)Math.Min((ulong)(request.Segments[segment].Length - offset), wanted - bytes);
            pieces[count].Address = request.Segments[segment].Address + (ulong)offset;
            pieces[count].Length = length;
            count++;
            bytes += (ulong)length;
            segment++;
            offset = 0;
        }

        // What is over of a sector is taken from the end again.
        var sectors = (uint)(bytes / IBlockDisk.SectorSize);
        var over = (int)(bytes % IBlockDisk.SectorSize);
        if (sectors == 0)
            over = count = 0;

        while (over != 0 && pieces[count - 1].Length <= over)
            over -= pieces[--count].Length;

        if (over != 0)
            pieces[count - 1].Length -= over;

        Skip(request, sectors);
        return sectors;
    }

    /// <summary>Moves on over so many sectors that have no memory.</summary>
    public void Take(uint sectors) => SectorsLeft -= sectors;

    /// <summary>Moves on over so many sectors and their memory.</summary>
    public void Skip(BlockRequest request, uint sectors)
    {
        SectorsLeft -= sectors;
        var bytes = (ulong)sectors * IBlockDisk.SectorSize;
        while (bytes != 0)
        {
            var length = (ulong)(request.Segments[_segment].Length - _offset);
            if (bytes < length)
            {
                _offset += (int)bytes;
                return;
            }

            bytes -= length;
            _segment++;
            _offset = 0;
        }
    }

    /// <summary>Copies from here on between the request's memory and a buffer; the cursor stays.</summary>
    /// <param name="request">The request that the cursor was started with.</param>
    /// <param name="memory">Where its addresses lie.</param>
    /// <param name="buffer">As many bytes as are copied.</param>
    /// <param name="toGuest">From the buffer to the request's memory, or the other way.</param>
    /// <returns>False where the request has too little memory, or some of it does not exist.</returns>
    public readonly bool Copy(BlockRequest request, GuestMemory memory, Span<byte> buffer, bool toGuest)
    {
        var (segment, offset) = (_segment, _offset);
        while (!buffer.IsEmpty)
        {
            if (segment >= request.SegmentCount)
                return false;

            var length = Math.Min(request.Segments[segment].Length - offset, buffer.Length);
            var address = request.Segments[segment].Address + (ulong)offset;
            if (!(toGuest ? memory.Write(address, buffer.Slice(0, length)) : memory.Read(address, buffer.Slice(0, length))))
                return false;

            buffer = buffer.Slice(length);
            segment++;
            offset = 0;
        }

        return true;
    }
}
