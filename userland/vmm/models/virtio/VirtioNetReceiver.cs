// The receive queue of a network device (OASIS Virtual I/O Device 1.2, sections 5.1.6.3 and 5.1.6.4).
using System;

namespace Kilonova.Vmm.Models;

/// <summary>Buffers that the driver has made available for frames. Guarded by the device's lock.</summary>
internal sealed class VirtioNetReceiver
{
    private readonly VirtioDevice _device;
    private readonly Virtqueue _queue;
    private readonly DescriptorChain _first;
    private readonly DescriptorChain _next;
    private readonly byte[] _header = new byte[VirtioNet.HeaderSize];

    // The buffers of a frame: their heads, and the bytes written to each.
    private readonly ushort[] _heads;
    private readonly int[] _lengths;

    // A frame found no room: the network waits for buffers.
    private bool _starving;

    /// <summary>Makes one.</summary>
    /// <param name="device">The device.</param>
    /// <param name="queue">Its receive queue.</param>
    /// <param name="maximum">Most entries of the queue.</param>
    public VirtioNetReceiver(VirtioDevice device, Virtqueue queue, int maximum)
    {
        _device = device;
        _queue = queue;
        _first = new DescriptorChain(device.Memory, maximum);
        _next = new DescriptorChain(device.Memory, maximum);
        _heads = new ushort[maximum];
        _lengths = new int[maximum];
    }

    /// <summary>The state after reset.</summary>
    public void Stop() => _starving = false;

    /// <summary>There may be new buffers. True if the network waits for them.</summary>
    public bool BuffersAdded()
    {
        bool waited = _starving;
        _starving = false;
        // Nobody asks about buffers that are not needed.
        _queue.Suppress();
        return waited;
    }

    /// <summary>Puts a frame into a buffer, or into as many as it needs if the driver merges them.</summary>
    public ReceiveResult Take(ReadOnlySpan<byte> frame)
    {
        if (!_device.IsRunning || !_device.IsBusMaster)
            return ReceiveResult.Dropped;
        int count = 0;
        int done = 0;
        while (done < frame.Length)
        {
            DescriptorChain chain = count == 0 ? _first : _next;
            if (!_device.TryTake(_queue, chain))
            {
                if (_device.Await(_queue))
                    continue;
                return Refuse(count);
            }

            int start = count == 0 ? VirtioNet.HeaderSize : 0;
            int room = chain.WritableLength - start;
            _heads[count] = chain.Head;
            if (room < 0)
            {
                // Section 5.1.6.3.1: a buffer has room for the header at least.
                _device.Break();
                return ReceiveResult.Dropped;
            }

            if (room < frame.Length && !_device.Has(VirtioNet.F_MRG_RXBUF))
            {
                PutBack(count + 1);
                return ReceiveResult.Dropped;
            }

            int piece = Math.Min(room, frame.Length - done);
            chain.CopyTo(start, frame.Slice(done, piece));
            _lengths[count] = start + piece;
            done += piece;
            count++;
        }

        Finish(count);
        return ReceiveResult.Taken;
    }

    // A frame that all the buffers that there can be do not hold would wait for ever.
    private ReceiveResult Refuse(int count)
    {
        PutBack(count);
        if (!_device.IsRunning || count == _queue.Size)
            return ReceiveResult.Dropped;
        _starving = true;
        return ReceiveResult.NoRoom;
    }

    private void PutBack(int count)
    {
        for (int i = count - 1; i >= 0; i--)
            _queue.PutBack(_heads[i]);
    }

    // All buffers of a frame are shown at once.
    private void Finish(int count)
    {
        _header[VirtioNet.NumBuffers] = (byte)count;
        _header[VirtioNet.NumBuffers + 1] = (byte)(count >> 8);
        _first.CopyTo(0, _header);
        for (int i = 0; i < count; i++)
            _device.Return(_queue, _heads[i], _lengths[i]);
        _device.Publish(_queue);
    }
}
