using System;
using Kilonova.Blocks;
using Kilonova.Contracts;
using Kilonova.Rings;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Inspector;

/// <summary>
/// Fills blocks 2048 to 4095 of every disk whose first one begins with KILONOVA-SCRATCH with their own number, flushes, and reads them
/// back.
/// </summary>
internal sealed class DiskTrial
{
    private const uint FirstBlock = 2048;
    private const uint EndBlock = 4096;
    private const uint ChunkBytes = 64 << 10;
    private const uint Chunks = 16;
    private const int PageShift = 12;
    private const int MaxModel = 40;

    private readonly BlockClient _client = new("disk"u8);
    private readonly byte[] _model = new byte[MaxModel];
    private readonly Dataspace _data;

    internal DiskTrial() =>
        Component.Require(Dataspace.Create((Chunks * ChunkBytes) >> PageShift, 0, DataspaceKinds.None, out _data), "memory for blocks"u8);

    private static ReadOnlySpan<byte> Mark => "KILONOVA-SCRATCH"u8;

    /// <summary>Tries all disks.</summary>
    internal void Run()
    {
        for (var next = 0u; TryDescribe(next, out var disk, out var features, out var length); next = disk + 1)
        {
            if ((features & DiskFeatures.Writable) != 0)
                Try(disk, _model.AsSpan(0, length));
        }
    }

    private bool TryDescribe(uint from, out uint disk, out DiskFeatures features, out int length)
    {
        while (true)
        {
            Component.Require(_client.Connect(), "disk"u8);
            var status = _client.Disks.Describe(from, out disk, out _, out _, out features, _model, out length);
            if (status == ContractStatus.Ok)
                return true;

            if (status == ContractStatus.NotFound)
                return false;

            if (status != ContractStatus.Busy && !ClientSession.IsBreak(status))
                Component.Require(status, "describe a disk"u8);

            Component.Sleep(1);
        }
    }

    private void Try(uint disk, ReadOnlySpan<byte> model)
    {
        var status = _client.Open(disk, 0, true, _data);
        if (status != ContractStatus.Ok)
        {
            Log.Write($"disk {disk} cannot be opened: {(uint)status}");
            return;
        }

        var failure = TryReadMark(out var isScratch) ? isScratch ? Fill() : default : "its first block cannot be read"u8;
        if (!failure.IsEmpty)
            Log.Write($"disk: {model} {_client.Blocks} failed: {failure}");
        else if (isScratch)
            Log.Write($"disk: {model} {_client.Blocks} ok");

        _client.Close();
    }

    private bool TryReadMark(out bool isScratch)
    {
        isScratch = false;
        if (_client.Do(DiskOperation.Read, 0, 1, [new DataPiece(0, _client.BlockSize)]) != DiskStatus.Ok)
            return false;

        Span<byte> mark = stackalloc byte[Mark.Length];
        _data.Memory.ReadBytes(0, mark);
        isScratch = _client.Blocks >= EndBlock && mark.SequenceEqual(Mark);
        return true;
    }

    private ReadOnlySpan<byte> Fill()
    {
        if (!Transfer(DiskOperation.Write))
            return "a write failed"u8;

        if (_client.Do(DiskOperation.Flush, 0, 0, default) != DiskStatus.Ok)
            return "the flush failed"u8;

        // What is read must come from the disk: the memory holds something else.
        for (var i = 0; i < _data.Memory.Length; i += sizeof(ulong))
            _data.Memory.WriteWord(i, ulong.MaxValue);

        return Transfer(DiskOperation.Read) ? default : "what was read is not what was written"u8;
    }

    // As many pieces as there is memory for are under way at a time; the number of a request is that of its piece of memory.
    private bool Transfer(DiskOperation operation)
    {
        var perChunk = ChunkBytes / _client.BlockSize;
        Span<uint> blocks = stackalloc uint[(int)Chunks];
        var next = FirstBlock;
        var underWay = 0;
        var isGood = true;
        for (var chunk = 0u; chunk < Chunks && next < EndBlock; chunk++, next += perChunk, underWay++)
            Submit(operation, chunk, blocks[(int)chunk] = next, perChunk);

        _client.Publish();
        while (underWay != 0)
        {
            if (!_client.TryComplete(out var chunk, out var status))
                return false;

            underWay--;
            var block = blocks[(int)chunk];
            isGood &= status == DiskStatus.Ok && (operation == DiskOperation.Write || Holds(chunk, block, perChunk));
            if (next >= EndBlock || !isGood)
                continue;

            Submit(operation, chunk, blocks[(int)chunk] = next, perChunk);
            _client.Publish();
            next += perChunk;
            underWay++;
        }

        return isGood;
    }

    private void Submit(DiskOperation operation, uint chunk, uint block, uint count)
    {
        count = Math.Min(count, EndBlock - block);
        if (operation == DiskOperation.Write)
        {
            var words = _client.BlockSize / sizeof(ulong);
            for (var i = 0u; i < count * words; i++)
                _data.Memory.WriteWord((int)(chunk * ChunkBytes + i * sizeof(ulong)), block + i / words);
        }

        _client.Submit(chunk, operation, block, count, [new DataPiece(chunk * ChunkBytes, count * _client.BlockSize)]);
    }

    private bool Holds(uint chunk, uint block, uint count)
    {
        count = Math.Min(count, EndBlock - block);
        var words = _client.BlockSize / sizeof(ulong);
        for (var i = 0u; i < count * words; i++)
        {
            if (_data.Memory.ReadWord((int)(chunk * ChunkBytes + i * sizeof(ulong))) != block + i / words)
                return false;
        }

        return true;
    }
}
