using System;
using Kilonova.Blocks;
using Kilonova.Registers;

namespace Kilonova.Ahci;

/// <summary>
/// The memory of a port: command list, received FISes, one command table per slot, and a block for data of the driver's own. AHCI 1.3.1,
/// section 4.
/// </summary>
internal readonly struct CommandTable<TMemory>
    where TMemory : struct, IDmaMemory
{
    private const int HeaderSize = 32;
    private const int PacketOffset = 0x40;
    private const int SegmentsOffset = 0x80;
    private const int SegmentSize = 16;
    private const uint HeaderWrite = 1 << 6;
    private const uint HeaderAtapi = 1 << 5;
    private const uint HeaderPrefetch = 1 << 7;

    private readonly TMemory _memory;
    private readonly int _base;

    internal CommandTable(TMemory memory, int @base)
    {
        _memory = memory;
        _base = @base;
    }

    internal ulong ListAddress => _memory.DeviceAddress + (uint)_base;

    internal ulong FisAddress => ListAddress + CommandTable.Fis;

    internal DmaSegment Data => new(ListAddress + CommandTable.Data, CommandTable.DataLength);

    internal void Clear() => _memory.Clear(_base, CommandTable.PortSize);

    internal void ReadData(Span<byte> bytes) => _memory.Read(_base + CommandTable.Data, bytes);

    internal void WriteData(int index, ulong word) => _memory.Write64(_base + CommandTable.Data + index * sizeof(ulong), word);

    /// <summary>Bytes that the device moved for the command of a slot.</summary>
    internal uint Moved(int slot) => _memory.Read32(_base + slot * HeaderSize + sizeof(uint));

    /// <summary>Writes a command into a slot.</summary>
    internal void Write(int slot, RegisterFis fis, bool isWrite, ReadOnlySpan<DmaSegment> segments)
    {
        var table = Table(slot);
        _memory.Write64(table, fis.Low);
        _memory.Write64(table + 8, fis.Middle);
        _memory.Write64(table + 16, 0);
        WriteSegments(table, segments);
        WriteHeader(slot, RegisterFis.Dwords | (isWrite ? HeaderWrite : 0) | (uint)segments.Length << 16);
    }

    /// <summary>Writes a packet command into a slot: the packet's bytes 0 to 7 and 8 to 11, first byte lowest.</summary>
    internal void WritePacket(int slot, ulong packetLow, uint packetHigh, ReadOnlySpan<DmaSegment> segments)
    {
        var table = Table(slot);
        var fis = new RegisterFis(AtaCommand.Packet, segments.IsEmpty ? (ushort)0 : AtaCommand.FeatureDma, 0, 0, 0);
        _memory.Write64(table, fis.Low);
        _memory.Write64(table + 8, fis.Middle);
        _memory.Write64(table + 16, 0);
        _memory.Write64(table + PacketOffset, packetLow);
        _memory.Write64(table + PacketOffset + 8, packetHigh);
        WriteSegments(table, segments);
        WriteHeader(slot, RegisterFis.Dwords | HeaderAtapi | (segments.IsEmpty ? 0 : HeaderPrefetch) | (uint)segments.Length << 16);
    }

    private int Table(int slot) => _base + CommandTable.Tables + slot * CommandTable.TableSize;

    private void WriteHeader(int slot, uint flags)
    {
        var header = _base + slot * HeaderSize;
        _memory.Write32(header, flags);
        _memory.Write32(header + 4, 0);
        _memory.Write64(header + 8, _memory.DeviceAddress + (uint)Table(slot));
    }

    private void WriteSegments(int table, ReadOnlySpan<DmaSegment> segments)
    {
        for (var i = 0; i < segments.Length; i++)
        {
            var at = table + SegmentsOffset + i * SegmentSize;
            _memory.Write64(at, segments[i].Address);
            _memory.Write64(at + 8, (ulong)(segments[i].Length - 1) << 32);
        }
    }
}

/// <summary>Sizes and places in the memory of a port, in bytes.</summary>
internal static class CommandTable
{
    internal const int Slots = 32;

    internal const int Fis = 0x400;
    internal const int Data = 0x600;
    internal const int DataLength = 0x200;
    internal const int Tables = 0x1000;
    internal const int TableSize = 0x80 + 16 * DiskRequest.MaxSegments;

    /// <summary>All of it, whole pages.</summary>
    internal const int PortSize = Tables + Slots * TableSize;
}
