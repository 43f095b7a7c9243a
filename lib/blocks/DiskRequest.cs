using System;
using Kilonova.Registers;

namespace Kilonova.Blocks;

/// <summary>What a request wants of a disk.</summary>
public enum DiskOperation : byte
{
    /// <summary>Reads blocks.</summary>
    Read,

    /// <summary>Writes blocks.</summary>
    Write,

    /// <summary>Everything written before is to survive a power failure.</summary>
    Flush,

    /// <summary>The contents of the blocks are not needed any more.</summary>
    Discard,
}

/// <summary>What a request came to.</summary>
public enum DiskStatus : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>The range is not the disk's, the memory cannot be reached, or the disk cannot do such a thing.</summary>
    Invalid,

    /// <summary>The device says that it cannot: after all retries.</summary>
    MediaError,

    /// <summary>The device did not answer, also after resets.</summary>
    TimedOut,

    /// <summary>The device is gone, was exchanged, or was given up.</summary>
    Gone,
}

/// <summary>Who hears of what disks do. Called by the thread that drives the controller, which may submit again from there.</summary>
public interface IDiskEvents
{
    /// <summary>A request is done, and the caller's again.</summary>
    void Completed(DiskRequest request);

    /// <summary>A disk came (its identity is there) or went.</summary>
    void Changed(int port);

    /// <summary>A disk failed or does not answer, and is reset. What it worked on is done again.</summary>
    void Reset(int port);
}

/// <summary>
/// A request to a disk. It belongs to whoever made it, until it is submitted and again from its completion on; between, to the port.
/// </summary>
public sealed class DiskRequest
{
    /// <summary>Most pieces of memory.</summary>
    public const int MaxSegments = 56;

    /// <summary>Longest piece of memory in bytes.</summary>
    public const uint MaxSegment = 4 << 20;

    /// <summary>Most blocks.</summary>
    public const uint MaxCount = 0x1_0000;

    private readonly DmaSegment[] _segments = new DmaSegment[MaxSegments];

    /// <summary>What to do.</summary>
    public DiskOperation Operation { get; set; }

    /// <summary>Of a write: not done before it is on the medium.</summary>
    public bool IsForced { get; set; }

    /// <summary>First block.</summary>
    public ulong Sector { get; set; }

    /// <summary>Number of blocks, 1 to <see cref="MaxCount"/>; 0 for a flush.</summary>
    public uint Count { get; set; }

    /// <summary>The caller's number.</summary>
    public ulong Tag { get; set; }

    /// <summary>The caller's object.</summary>
    public object? Owner { get; set; }

    /// <summary>
    /// Nobody wants it any more: it is not begun if it has not begun, and comes back as <see cref="DiskStatus.Gone"/>.
    /// </summary>
    public bool IsCancelled { get; set; }

    /// <summary>After completion: what came of it. Set by the disk's driver, like all that follow but the pieces of memory.</summary>
    public DiskStatus Status { get; set; }

    /// <summary>How often the device failed at it.</summary>
    public uint Failures { get; set; }

    /// <summary>The data of a forced write is written, but not forced yet.</summary>
    public bool IsWritten { get; set; }

    /// <summary>Microsecond at which the device is given up on it.</summary>
    public ulong Deadline { get; set; }

    /// <summary>The next one in the queue in which it is.</summary>
    public DiskRequest? Next { get; set; }

    /// <summary>Pieces of memory that data comes from or goes to, in order.</summary>
    public ReadOnlySpan<DmaSegment> Segments => _segments.AsSpan(0, SegmentCount);

    /// <summary>Number of pieces.</summary>
    public int SegmentCount { get; private set; }

    /// <summary>Bytes of all pieces.</summary>
    public ulong Length { get; private set; }

    /// <summary>Makes it a fresh request without memory.</summary>
    public void Set(DiskOperation operation, ulong sector, uint count, bool isForced = false)
    {
        Operation = operation;
        Sector = sector;
        Count = count;
        IsForced = isForced;
        Status = DiskStatus.Ok;
        Failures = 0;
        IsWritten = false;
        IsCancelled = false;
        SegmentCount = 0;
        Length = 0;
    }

    /// <summary>Adds a piece of memory; false when there are too many. What lies right behind the last one is joined with it.</summary>
    public bool TryAdd(DmaSegment segment)
    {
        if (SegmentCount != 0)
        {
            var last = _segments[SegmentCount - 1];
            if (last.Address + last.Length == segment.Address && last.Length + (ulong)segment.Length <= MaxSegment)
            {
                _segments[SegmentCount - 1] = new DmaSegment(last.Address, last.Length + segment.Length);
                Length += segment.Length;
                return true;
            }
        }

        if (SegmentCount == MaxSegments)
            return false;

        _segments[SegmentCount++] = segment;
        Length += segment.Length;
        return true;
    }
}
