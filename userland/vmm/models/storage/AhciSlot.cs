// One of the 32 commands that an AHCI port can hold (Serial ATA AHCI 1.3.1, section 4.2.2), and its way through guest memory.
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

/// <summary>
/// A command slot: what was fetched from guest memory, how far its data has come, and its request to the disk. Guarded by the
/// controller's lock; while <see cref="IsSubmitted"/> the request belongs to the disk.
/// </summary>
internal sealed class AhciSlot
{
    /// <summary>Segments of one request. 256 are enough for a sector in pieces of two bytes, the smallest that a guest can name.</summary>
    private const int SegmentsPerRequest = 256;

    /// <summary>Sectors of one request: larger commands go in parts.</summary>
    private const uint SectorsPerRequest = 2048;

    private readonly GuestMemory _memory;
    private ulong _table;
    private int _prdCount;

    // Where the data goes on: a descriptor and an offset in it. And where the piece that was found last began.
    private int _prd;
    private uint _prdOffset;
    private int _piecePrd;
    private uint _pieceOffset;

    public AhciSlot(IBlockOwner owner, int number, GuestMemory memory)
    {
        Number = number;
        _memory = memory;
        Request = new BlockRequest(owner, number, SegmentsPerRequest);
    }

    public AtaTaskFile TaskFile;

    public int Number { get; }

    public BlockRequest Request { get; }

    /// <summary>Word 0 of the command header.</summary>
    public uint Header { get; private set; }

    /// <summary>A queued command: the device has taken it and answers by a set-device-bits frame.</summary>
    public bool IsQueued { get; set; }

    /// <summary>The request is at the disk, or waits for room there.</summary>
    public bool IsSubmitted { get; set; }

    /// <summary>The guest has given the command up; what comes of its request is of no interest.</summary>
    public bool IsOrphan { get; set; }

    /// <summary>Bytes moved.</summary>
    public uint Transferred { get; set; }

    /// <summary>Sectors that no request has been made for yet, and where they begin.</summary>
    public uint SectorsLeft { get; set; }

    /// <summary>First of <see cref="SectorsLeft"/>.</summary>
    public ulong NextSector { get; set; }

    /// <summary>Reads header and command frame. False if they are not in memory.</summary>
    public bool Fetch(ulong commandList, Span<byte> fis)
    {
        Span<byte> header = stackalloc byte[AhciMemory.CommandHeaderSize];
        if (!_memory.Read(commandList + (ulong)(Number * AhciMemory.CommandHeaderSize), header))
            return false;
        Header = BinaryPrimitives.ReadUInt32LittleEndian(header);
        _prdCount = (int)(Header >> 16);
        _table = BinaryPrimitives.ReadUInt64LittleEndian(header.Slice(8)) & ~0x7ful;
        _prd = 0;
        _prdOffset = 0;
        Transferred = 0;
        SectorsLeft = 0;
        IsQueued = false;
        IsOrphan = false;
        if (!_memory.Read(_table, fis))
            return false;
        TaskFile.Load(fis);
        return true;
    }

    /// <summary>Reads the packet of a PACKET command. False if it is not in memory.</summary>
    public bool FetchPacket(Span<byte> packet) => _memory.Read(_table + AhciMemory.PacketOffset, packet);

    /// <summary>Tells the guest how much was moved.</summary>
    public void StoreTransferred(ulong commandList) =>
        _memory.TryStore(commandList + (ulong)(Number * AhciMemory.CommandHeaderSize) + AhciMemory.CommandTransferred, 4, Transferred);

    /// <summary>Copies data of the device to where the command wants it.</summary>
    public TransferStatus CopyToGuest(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0)
        {
            TransferStatus status = NextPiece(data.Length, out ulong address, out int length);
            if (status != TransferStatus.Done)
                return status;
            if (!_memory.Write(address, data.Slice(0, length)))
                return TransferStatus.BadAddress;
            data = data.Slice(length);
            Transferred += (uint)length;
        }

        return TransferStatus.Done;
    }

    /// <summary>Copies data for the device from where the command has it.</summary>
    public TransferStatus CopyFromGuest(Span<byte> data)
    {
        while (data.Length > 0)
        {
            TransferStatus status = NextPiece(data.Length, out ulong address, out int length);
            if (status != TransferStatus.Done)
                return status;
            if (!_memory.Read(address, data.Slice(0, length)))
                return TransferStatus.BadAddress;
            data = data.Slice(length);
            Transferred += (uint)length;
        }

        return TransferStatus.Done;
    }

    /// <summary>
    /// Makes the request for the next part of a transfer: as many whole sectors as the request has room for. Advances
    /// <see cref="NextSector"/> and <see cref="SectorsLeft"/>.
    /// </summary>
    public TransferStatus PreparePart()
    {
        int wanted = (int)Math.Min(SectorsLeft, SectorsPerRequest) * IBlockDisk.SectorSize;
        bool write = Request.Operation == BlockOperation.Read;
        int bytes = 0;
        int whole = 0;
        int segments = 0;
        // The place behind the last whole sector: how many segments, how long the last of them, and where the descriptors go on.
        int segmentsAtWhole = 0;
        int lengthAtWhole = 0;
        int prdAtWhole = 0;
        uint offsetAtWhole = 0;
        while (bytes < wanted && segments < SegmentsPerRequest)
        {
            TransferStatus status = NextPiece(wanted - bytes, out ulong address, out int length);
            if (status == TransferStatus.Done && !_memory.TryGetSpan(address, length, write, out _))
                status = TransferStatus.BadAddress;
            if (status != TransferStatus.Done)
                return status;
            Request.Segments[segments].Address = address;
            Request.Segments[segments].Length = length;
            segments++;
            bytes += length;
            int rest = bytes % IBlockDisk.SectorSize;
            if (rest >= length)
                continue;
            whole = bytes - rest;
            segmentsAtWhole = segments;
            lengthAtWhole = length - rest;
            prdAtWhole = rest == 0 ? _prd : _piecePrd;
            offsetAtWhole = rest == 0 ? _prdOffset : _pieceOffset + (uint)(length - rest);
        }

        Request.Segments[segmentsAtWhole - 1].Length = lengthAtWhole;
        _prd = prdAtWhole;
        _prdOffset = offsetAtWhole;
        Request.Sector = NextSector;
        Request.SectorCount = (uint)(whole / IBlockDisk.SectorSize);
        Request.SegmentCount = segmentsAtWhole;
        NextSector += Request.SectorCount;
        SectorsLeft -= Request.SectorCount;
        return TransferStatus.Done;
    }

    // The next run of guest memory, at most `most` bytes, and moves on behind it.
    private TransferStatus NextPiece(int most, out ulong address, out int length)
    {
        address = 0;
        length = 0;
        if (_prd >= _prdCount)
            return TransferStatus.Overflow;
        Span<byte> descriptor = stackalloc byte[AhciMemory.PrdSize];
        if (!_memory.Read(_table + AhciMemory.PrdOffset + ((ulong)_prd * AhciMemory.PrdSize), descriptor))
            return TransferStatus.BadAddress;
        // Bit 0 of the address is ignored, bit 0 of the count reads as one: pieces are whole words.
        ulong start = BinaryPrimitives.ReadUInt64LittleEndian(descriptor) & ~1ul;
        uint size = ((BinaryPrimitives.ReadUInt32LittleEndian(descriptor.Slice(12)) & AhciMemory.PrdCountMask) | 1) + 1;
        // The guest may have shortened the descriptor since.
        if (_prdOffset >= size)
            return TransferStatus.BadAddress;
        address = start + _prdOffset;
        _piecePrd = _prd;
        _pieceOffset = _prdOffset;
        uint piece = Math.Min(size - _prdOffset, (uint)most);
        length = (int)piece;
        _prdOffset += piece;
        if (_prdOffset == size)
        {
            _prd++;
            _prdOffset = 0;
        }

        return TransferStatus.Done;
    }
}

/// <summary>How a move between device and guest memory went.</summary>
internal enum TransferStatus
{
    /// <summary>All of it.</summary>
    Done,

    /// <summary>The command's descriptors name less memory than the command moves (section 6.1.6).</summary>
    Overflow,

    /// <summary>A descriptor, or what it names, is not in memory.</summary>
    BadAddress,
}
