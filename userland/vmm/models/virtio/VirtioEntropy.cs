// The entropy device (OASIS Virtual I/O Device 1.2, section 5.4).
using System;

namespace Kilonova.Vmm.Models;

/// <summary>Where random numbers come from.</summary>
public interface IEntropySource
{
    /// <summary>Gets 64 random bits. False if the source has none at the moment. Called under the device's lock: must not block nor call back.</summary>
    bool TryGet(out ulong value);
}

/// <summary>A source of random bytes for the guest.</summary>
public sealed class VirtioEntropy : VirtioDevice
{
    private const uint ClassOther = 0xff_0000;
    private const int QueueSize = 16;

    // A driver that wants more asks again. It bounds the time that one buffer takes.
    private const int MostBytes = 1024;

    private readonly IEntropySource _source;
    private readonly DescriptorChain _chain;

    /// <summary>Makes a device.</summary>
    /// <param name="memory">The memory that its descriptors name.</param>
    /// <param name="source">Where its bytes come from.</param>
    /// <param name="messages">Where its MSI-X messages go.</param>
    /// <param name="guard">Guards it.</param>
    /// <param name="hasWindow">
    /// Whether registers can be reached by configuration space too. Queues move data, so that its ports must then be served by threads with
    /// vector registers.
    /// </param>
    public VirtioEntropy(GuestMemory memory, IEntropySource source, IMessageSink messages, ILock guard, bool hasWindow = true)
        : base(
            new VirtioProfile { Type = VirtioType.Entropy, ClassCode = ClassOther, Queues = 1, QueueSize = QueueSize, HasWindow = hasWindow },
            memory,
            messages,
            guard)
    {
        _source = source;
        _chain = new DescriptorChain(memory, QueueSize);
    }

    private protected override bool IsIdle => true;

    /// <summary>The source has something again after it had nothing. Any thread.</summary>
    public void SourceReady()
    {
        Enter();
        Notified(Virtqueues[0]);
        Leave();
    }

    private protected override void Notified(Virtqueue queue)
    {
        bool dry = false;
        do
        {
            while (!dry && TryTake(queue, _chain))
            {
                int filled = Fill();
                // Section 5.4.6: at least a byte for each buffer that has room for one.
                dry = filled == 0 && _chain.WritableLength != 0;
                if (dry)
                    queue.PutBack(_chain.Head);
                else
                    Return(queue, _chain.Head, filled);
            }

            Publish(queue);
        }
        while (!dry && Await(queue));
    }

    private int Fill()
    {
        int wanted = Math.Min(_chain.WritableLength, MostBytes);
        ulong bits = 0;
        for (int i = 0; i < wanted; i++)
        {
            if (i % sizeof(ulong) == 0 && !_source.TryGet(out bits))
                return i;
            if (!_chain.TryStoreByte(i, (byte)bits))
                return i;
            bits >>= 8;
        }

        return wanted;
    }
}
