// What a driver of disks answers by calls; the data goes through rings. docs/blocks.md.
using System;

namespace Kilonova.Contracts;

/// <summary>What a disk can do.</summary>
[Flags]
public enum DiskFeatures : uint
{
    /// <summary>Read.</summary>
    None = 0,

    /// <summary>Write and flush.</summary>
    Writable = 1,

    /// <summary>Take blocks back that are not needed any more.</summary>
    Discard = 2,

    /// <summary>It is a drive whose medium can be taken out.</summary>
    Removable = 4,
}

/// <summary>
/// The service "disk". A session looks around, opens one disk or partition, and then shares its rings and its data memory.
/// </summary>
[Protocol(0x6469_736b, version: 1)]
public interface IDisks
{
    /// <summary>Describes the first disk whose number is not below <paramref name="from"/>.</summary>
    /// <param name="from">0 for the first of all.</param>
    /// <param name="disk">Its number, the same for as long as it is plugged in there.</param>
    /// <param name="blocks">Its size.</param>
    /// <param name="blockSize">Bytes of a block.</param>
    /// <param name="features">What it can do.</param>
    /// <param name="model">What it calls itself, ASCII.</param>
    /// <param name="modelLength">Bytes.</param>
    /// <returns>NotFound: there is none any more. Busy: the driver still looks for disks.</returns>
    [Operation(1)]
    ContractStatus Describe(
        uint from, out uint disk, out ulong blocks, out uint blockSize, out DiskFeatures features,
        [MaxLength(40)] Span<byte> model, out int modelLength);

    /// <summary>Describes a partition.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="index">Which of them, from 0 on.</param>
    /// <param name="partition">Its number in the table, 1 and above.</param>
    /// <param name="first">Its first block.</param>
    /// <param name="blocks">Its size.</param>
    [Operation(2)]
    ContractStatus DescribePartition(uint disk, uint index, out uint partition, out ulong first, out ulong blocks);

    /// <summary>Binds the session to a disk or a partition, once. Its blocks are numbered from 0 on.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="partition">The partition; 0 for the whole disk.</param>
    /// <param name="writable">Whether the session is to change blocks.</param>
    /// <param name="blocks">Number of blocks that the session sees.</param>
    /// <param name="blockSize">Bytes of a block.</param>
    /// <returns>Denied: the manifest does not let this client. NotFound: no such disk or partition. Busy: try again.</returns>
    [Operation(3)]
    ContractStatus Open(uint disk, uint partition, bool writable, out ulong blocks, out uint blockSize);
}
