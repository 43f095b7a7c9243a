// A request under way at a block device (OASIS Virtual I/O Device 1.2, section 5.2.6).
namespace Kilonova.Vmm.Models;

/// <summary>What the device remembers of a request until it ends. Guarded by the device's lock.</summary>
internal sealed class VirtioBlockRequest
{
    private readonly ulong[] _rangeSectors;
    private readonly uint[] _rangeCounts;
    private int _ranges;
    private int _nextRange;

    /// <summary>Makes one that is not under way.</summary>
    /// <param name="owner">The device.</param>
    /// <param name="number">Its number there.</param>
    /// <param name="segments">Most runs of guest memory.</param>
    /// <param name="ranges">Most ranges of a discard.</param>
    public VirtioBlockRequest(IBlockOwner owner, int number, int segments, int ranges)
    {
        Number = number;
        Request = new BlockRequest(owner, number, segments);
        _rangeSectors = new ulong[ranges];
        _rangeCounts = new uint[ranges];
    }

    /// <summary>Its number in the device.</summary>
    public int Number { get; }

    /// <summary>What goes to the disk.</summary>
    public BlockRequest Request { get; }

    /// <summary>The queue that it came from.</summary>
    public int Queue { get; set; }

    /// <summary>The head of its chain.</summary>
    public ushort Head { get; set; }

    /// <summary>Guest-physical address of the status, the last byte of the writable part.</summary>
    public ulong StatusAddress { get; set; }

    /// <summary>Bytes of the writable part before the status.</summary>
    public int Room { get; set; }

    /// <summary>Bytes of the writable part that have been filled, from its beginning, when the request succeeds.</summary>
    public int Filled { get; set; }

    /// <summary>So many bytes from the beginning are surely written (section 2.7.8.2): the status counts if there is no gap before it.</summary>
    public int Written => Filled == Room ? Filled + 1 : Filled;

    /// <summary>A range is still to be sent to the disk.</summary>
    public bool HasRange => _nextRange < _ranges;

    /// <summary>Begins anew.</summary>
    public void Begin(int queue, ushort head)
    {
        Queue = queue;
        Head = head;
        Filled = 0;
        _ranges = 0;
        _nextRange = 0;
    }

    /// <summary>Adds a range. The caller keeps to the most that there may be.</summary>
    public void AddRange(ulong sector, uint count)
    {
        _rangeSectors[_ranges] = sector;
        _rangeCounts[_ranges] = count;
        _ranges++;
    }

    /// <summary>Makes the request for the next range.</summary>
    public void PrepareRange()
    {
        Prepare(Request.Operation, _rangeSectors[_nextRange], _rangeCounts[_nextRange], 0);
        _nextRange++;
    }

    /// <summary>Fills the request. Its segments are in place already.</summary>
    public void Prepare(BlockOperation operation, ulong sector, uint count, int segments, bool forceUnitAccess = false)
    {
        Request.Operation = operation;
        Request.ForceUnitAccess = forceUnitAccess;
        Request.Sector = sector;
        Request.SectorCount = count;
        Request.SegmentCount = segments;
    }
}
