using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using Kilonova.Vmm;
using Kilonova.Vmm.Models;
using Microsoft.Win32.SafeHandles;

namespace Kilonova.Qtest;

/// <summary>
/// A disk in a raw image file. Requests are served by <see cref="Run"/>, outside of any model. Can be told to fail once, to stop the machine
/// when it fails, and to be slow.
/// </summary>
internal sealed class RawDisk : IBlockDisk, IDisposable
{
    private readonly GuestMemory _memory;
    private readonly Queue<BlockRequest> _queue = [];
    private readonly FaultPlan _faults;
    private readonly bool _stopOnError;
    private readonly double _writeBytesPerSecond;
    private readonly SafeFileHandle _file;
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private double _busyUntil;

    public RawDisk(GuestMemory memory, string path, OptionValue options)
    {
        _memory = memory;
        _faults = FaultPlan.Of(ref path);
        IsReadOnly = options["readonly"] is "on" or "true" || options["read-only"] is "on" or "true";
        _stopOnError = options["werror"] == "stop" || options["rerror"] == "stop";
        _writeBytesPerSecond = double.TryParse(options["throttling.bps-write"], out double rate) ? rate : double.PositiveInfinity;
        try
        {
            _file = File.OpenHandle(path, FileMode.Open, IsReadOnly ? FileAccess.Read : FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"cannot open the image: {exception.Message}");
        }

        SectorCount = (ulong)RandomAccess.GetLength(_file) / IBlockDisk.SectorSize;
    }

    public ulong SectorCount { get; }

    public bool IsReadOnly { get; }

    /// <summary>A request has failed and the machine is to stop; it is tried again when the machine goes on.</summary>
    public event Action? Stopped;

    public void Dispose() => _file.Dispose();

    public bool TrySubmit(BlockRequest request)
    {
        _queue.Enqueue(request);
        return true;
    }

    /// <summary>Serves what is due.</summary>
    /// <returns>Milliseconds until the next request is due, or -1 if there is none.</returns>
    public int Run()
    {
        while (_queue.TryPeek(out BlockRequest? request))
        {
            double wait = _busyUntil - _time.Elapsed.TotalSeconds;
            if (wait > 0)
                return (int)(wait * 1000) + 1;
            if (_faults.Hits(request.Operation) && _stopOnError)
            {
                Stopped?.Invoke();
                return -1;
            }

            _queue.Dequeue();
            BlockStatus status = Serve(request);
            if (request.Operation == BlockOperation.Write)
                _busyUntil = _time.Elapsed.TotalSeconds + (request.SectorCount * IBlockDisk.SectorSize / _writeBytesPerSecond);
            request.Owner.Completed(request, status);
        }

        return -1;
    }

    private BlockStatus Serve(BlockRequest request)
    {
        try
        {
            if (request.Operation == BlockOperation.Flush || request.ForceUnitAccess)
                RandomAccess.FlushToDisk(_file);
            return request.Operation is BlockOperation.Read or BlockOperation.Write ? Move(request) : BlockStatus.Success;
        }
        catch (IOException)
        {
            return BlockStatus.MediumError;
        }
    }

    private BlockStatus Move(BlockRequest request)
    {
        if (request.Sector + request.SectorCount > SectorCount)
            return BlockStatus.OutOfRange;
        long at = (long)request.Sector * IBlockDisk.SectorSize;
        for (int i = 0; i < request.SegmentCount; i++)
        {
            GuestSegment segment = request.Segments[i];
            bool read = request.Operation == BlockOperation.Read;
            if (!_memory.TryGetSpan(segment.Address, segment.Length, read, out Span<byte> bytes))
                return BlockStatus.MediumError;
            if (!read)
                RandomAccess.Write(_file, bytes, at);
            else if (RandomAccess.Read(_file, bytes, at) != bytes.Length)
                return BlockStatus.MediumError;
            at += segment.Length;
        }

        return BlockStatus.Success;
    }
}
