// The console device with one port (OASIS Virtual I/O Device 1.2, section 5.3).
using System;

namespace Kilonova.Vmm.Models;

/// <summary>A console: bytes go to the sink as the guest sends them; keys wait with their sender until the guest has buffers.</summary>
public sealed class VirtioConsole : VirtioDevice, ISerialReceiver
{
    private const uint ClassCommunication = 0x07_8000;
    private const int QueueSize = 64;

    private readonly ISerialSink _sink;
    private readonly DescriptorChain _chain;
    private readonly GuestSegment[] _runs = new GuestSegment[QueueSize];
    private readonly byte[] _one = new byte[1];

    /// <summary>Makes a console.</summary>
    /// <param name="memory">The memory that its descriptors name.</param>
    /// <param name="sink">Where the guest's bytes go.</param>
    /// <param name="messages">Where its MSI-X messages go.</param>
    /// <param name="guard">Guards it.</param>
    /// <param name="hasWindow">
    /// Whether registers can be reached by configuration space too. Queues move data, so that its ports must then be served by threads with
    /// vector registers.
    /// </param>
    public VirtioConsole(GuestMemory memory, ISerialSink sink, IMessageSink messages, ILock guard, bool hasWindow = true)
        : base(
            new VirtioProfile
            {
                Type = VirtioType.Console,
                ClassCode = ClassCommunication,
                Features = VirtioCon.F_EMERG_WRITE,
                Queues = 2,
                QueueSize = QueueSize,
                ConfigurationSize = VirtioCon.ConfigurationSize,
                HasWindow = hasWindow,
            },
            memory,
            messages,
            guard)
    {
        _sink = sink;
        _chain = new DescriptorChain(memory, QueueSize);
    }

    private protected override bool IsIdle => true;

    /// <inheritdoc/>
    public bool TryReceive(byte value)
    {
        Enter();
        _one[0] = value;
        bool fits = Take(_one) == 1;
        Leave();
        return fits;
    }

    /// <summary>Gives the guest bytes, as many as it has room for. Any thread.</summary>
    /// <returns>How many it took, from the beginning; the others are to be offered again.</returns>
    public int Receive(ReadOnlySpan<byte> bytes)
    {
        Enter();
        int taken = Take(bytes);
        Leave();
        return taken;
    }

    private protected override void Notified(Virtqueue queue)
    {
        queue.Suppress();
        if (queue.Number == VirtioCon.TransmitQueue)
            Transmit(queue);
    }

    // Section 5.3.6: a byte for a driver that has no queues yet, or does not trust them any more.
    private protected override void ConfigurationStored(int offset, int size, uint value)
    {
        if (offset == VirtioCon.EmergencyWrite)
            _sink.Transmit((byte)value);
    }

    private void Transmit(Virtqueue queue)
    {
        do
        {
            queue.Suppress();
            while (TryTake(queue, _chain))
            {
                int runs = _chain.Cut(writable: false, 0, _chain.ReadableLength, _runs);
                for (int i = 0; i < runs; i++)
                    Transmit(_runs[i].Address, _runs[i].Length);
                Return(queue, _chain.Head, 0);
            }

            Publish(queue);
        }
        while (Await(queue));
    }

    private void Transmit(ulong address, int length)
    {
        if (!Memory.TryGetSpan(address, length, false, out Span<byte> bytes))
            return;
        for (int i = 0; i < bytes.Length; i++)
            _sink.Transmit(bytes[i]);
    }

    private int Take(ReadOnlySpan<byte> bytes)
    {
        Virtqueue queue = Virtqueues[VirtioCon.ReceiveQueue];
        int taken = 0;
        while (taken < bytes.Length && TryTake(queue, _chain))
        {
            int piece = Math.Min(_chain.WritableLength, bytes.Length - taken);
            if (piece > 0 && !_chain.CopyTo(0, bytes.Slice(taken, piece)))
                piece = 0;
            Return(queue, _chain.Head, piece);
            taken += piece;
        }

        Publish(queue);
        return taken;
    }
}
