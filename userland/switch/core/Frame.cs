using System;
using Kilonova.Net;
using Kilonova.Registers;

namespace Kilonova.Switching;

/// <summary>
/// A packet on its way: its header in private memory, since it decides where the packet goes, the rest where the sender has left it. It is
/// copied once for each port that gets it.
/// </summary>
public readonly ref struct Frame<TMemory>
    where TMemory : struct, IPacketMemory<TMemory>
{
    private readonly TMemory _memory;
    private readonly ReadOnlySpan<DmaSegment> _pieces;
    private readonly ReadOnlySpan<byte> _header;

    /// <summary>Reads the header of a packet.</summary>
    /// <param name="memory">The sender's memory.</param>
    /// <param name="pieces">Where in it the packet lies; of the length of a packet altogether.</param>
    /// <param name="header">Room for the header: <see cref="PacketRules.MinPacket"/> bytes that stay until the packet has gone.</param>
    /// <param name="checksum">What is still to be put in.</param>
    /// <param name="flags">What a controller has found about it.</param>
    public Frame(TMemory memory, ReadOnlySpan<DmaSegment> pieces, Span<byte> header, ChecksumRequest checksum, ReceiveFlags flags)
    {
        _memory = memory;
        _pieces = pieces;
        _header = header;
        Checksum = checksum;
        Flags = flags;
        Length = 0;
        foreach (var piece in pieces)
        {
            if (Length < header.Length)
                memory.Read(piece.Address, header.Slice((int)Length, (int)Math.Min(piece.Length, (uint)header.Length - Length)));

            Length += piece.Length;
        }
    }

    /// <summary>Bytes.</summary>
    public uint Length { get; }

    /// <summary>What is still to be put in.</summary>
    public ChecksumRequest Checksum { get; }

    /// <summary>What a controller has found about it.</summary>
    public ReceiveFlags Flags { get; }

    /// <summary>To whom it is.</summary>
    public ulong Destination => EthernetAddress.Read(_header);

    /// <summary>From whom it says it is.</summary>
    public ulong Source => EthernetAddress.Read(_header.Slice(EthernetAddress.Length));

    /// <summary>Copies it into other memory.</summary>
    public void CopyTo(TMemory target, ulong offset)
    {
        // What is forwarded is what was looked at, whatever lies there now.
        target.Write(offset, _header);
        var done = 0u;
        foreach (var piece in _pieces)
        {
            var skipped = done < (uint)_header.Length ? Math.Min(piece.Length, (uint)_header.Length - done) : 0;
            if (skipped != piece.Length)
                _memory.CopyTo(piece.Address + skipped, target, offset + done + skipped, piece.Length - skipped);

            done += piece.Length;
        }
    }
}
