// What a storage model asks of the disk behind it. The model names guest memory; whoever serves the disk moves the bytes.
namespace Kilonova.Vmm.Models;

/// <summary>What a request does.</summary>
public enum BlockOperation : byte
{
    /// <summary>From disk to guest memory.</summary>
    Read,

    /// <summary>From guest memory to disk.</summary>
    Write,

    /// <summary>All writes that were completed before become durable.</summary>
    Flush,

    /// <summary>The sectors' content is no longer needed; what they read as afterwards is the disk's choice.</summary>
    Discard,

    /// <summary>The sectors read as zeroes from now on. Without segments; only for an <see cref="IZeroingDisk"/>.</summary>
    WriteZeroes,
}

/// <summary>How a request ended.</summary>
public enum BlockStatus : byte
{
    /// <summary>Done.</summary>
    Success,

    /// <summary>The medium failed; any part of the transfer may have happened.</summary>
    MediumError,

    /// <summary>Sectors behind the end.</summary>
    OutOfRange,

    /// <summary>The disk may not be written.</summary>
    WriteProtected,

    /// <summary>The server of the disk is gone and will not come back.</summary>
    Unavailable,
}

/// <summary>A run of guest-physical bytes.</summary>
public struct GuestSegment
{
    /// <summary>Guest-physical address of the first byte.</summary>
    public ulong Address;

    /// <summary>Bytes, at least 1.</summary>
    public int Length;
}

/// <summary>Hears of completed requests.</summary>
public interface IBlockOwner
{
    /// <summary>
    /// Called once for each submitted request, by the disk's completion thread, never from within <see cref="IBlockDisk.TrySubmit"/>.
    /// The request belongs to its owner again.
    /// </summary>
    void Completed(BlockRequest request, BlockStatus status);
}

/// <summary>
/// A request, made once by its owner and used again and again. While it is submitted it belongs to the disk, and only
/// <see cref="IBlockOwner.Completed"/> gives it back.
/// </summary>
public sealed class BlockRequest
{
    /// <summary>Makes a request with room for segments.</summary>
    /// <param name="owner">Who hears of its completion.</param>
    /// <param name="tag">The owner's name for it.</param>
    /// <param name="segments">Most segments.</param>
    public BlockRequest(IBlockOwner owner, int tag, int segments)
    {
        Owner = owner;
        Tag = tag;
        Segments = new GuestSegment[segments];
    }

    /// <summary>Who hears of the completion.</summary>
    public IBlockOwner Owner { get; }

    /// <summary>The owner's name for the request.</summary>
    public int Tag { get; }

    /// <summary>What to do.</summary>
    public BlockOperation Operation { get; set; }

    /// <summary>The write is durable when it completes.</summary>
    public bool ForceUnitAccess { get; set; }

    /// <summary>First sector.</summary>
    public ulong Sector { get; set; }

    /// <summary>Sectors of <see cref="IBlockDisk.SectorSize"/> bytes; for a read or write the segments have just as many bytes.</summary>
    public uint SectorCount { get; set; }

    /// <summary>Guest memory, in order. Only the first <see cref="SegmentCount"/> count.</summary>
    public GuestSegment[] Segments { get; }

    /// <summary>Segments in use.</summary>
    public int SegmentCount { get; set; }
}

/// <summary>A disk as a storage model sees it.</summary>
public interface IBlockDisk
{
    /// <summary>Bytes of a sector, whatever the medium's own unit is.</summary>
    const int SectorSize = 512;

    /// <summary>Sectors.</summary>
    ulong SectorCount { get; }

    /// <summary>Writes are refused.</summary>
    bool IsReadOnly { get; }

    /// <summary>
    /// Takes a request. False if there is no room: the caller offers it again after the completion of another. A disk has room for at
    /// least one request of each of its users. Guest addresses are checked by the disk, since the guest may change what they mean.
    /// </summary>
    bool TrySubmit(BlockRequest request);
}

/// <summary>A disk that takes <see cref="BlockOperation.WriteZeroes"/> too.</summary>
public interface IZeroingDisk : IBlockDisk
{
}
