// Reads packets of varying size.
using System;

namespace Kilonova.Rings;

/// <summary>The end of a ring that reads packets.</summary>
public sealed class PacketConsumer<TMemory, TSemaphore> : RingConsumer<TMemory, TSemaphore>
    where TMemory : struct, ISharedMemory
    where TSemaphore : struct, ISemaphore
{
    // The next packet's head, loaded once: the producer may change the shared one after it was checked.
    private ulong _head;
    private bool _hasHead;

    private PacketConsumer(TMemory memory, TSemaphore data, TSemaphore space, RingGeometry geometry)
        : base(memory, data, space, geometry)
    {
    }

    /// <summary>Bytes of the longest packet that ever comes.</summary>
    public int MaximumLength => (int)(Capacity - 1) * sizeof(ulong);

    /// <summary>Attaches to a ring as its consumer, once.</summary>
    /// <param name="memory">The shared memory.</param>
    /// <param name="data">Semaphore that this end sleeps on.</param>
    /// <param name="space">Semaphore that the producer sleeps on: this end ups it.</param>
    /// <param name="consumer">The end, if the result is <see cref="RingStatus.Ok"/>.</param>
    public static RingStatus Attach(TMemory memory, TSemaphore data, TSemaphore space, out PacketConsumer<TMemory, TSemaphore>? consumer)
    {
        consumer = null;
        RingStatus status = Look(ref memory, out RingGeometry geometry);
        if (status == RingStatus.Ok)
            consumer = new PacketConsumer<TMemory, TSemaphore>(memory, data, space, geometry);

        return status;
    }

    /// <summary>
    /// Attaches this end to another fresh ring of packets, and so allocates nothing: for sessions that come and go. After anything but
    /// <see cref="RingStatus.Ok"/> it is where it was.
    /// </summary>
    public RingStatus Reattach(TMemory memory, TSemaphore data, TSemaphore space)
    {
        RingStatus status = Look(ref memory, out RingGeometry geometry);
        if (status != RingStatus.Ok)
            return status;

        Begin(memory, data, space, geometry);
        _hasHead = false;
        return RingStatus.Ok;
    }

    private static RingStatus Look(ref TMemory memory, out RingGeometry geometry)
    {
        RingStatus status = RingLayout.ReadGeometry(ref memory, out geometry);
        if (status != RingStatus.Ok)
            return status;
        if (geometry.Kind != RingKind.Packets)
            return RingStatus.WrongGeometry;
        return memory.ReadWord(RingLayout.ConsumerIndexOffset) == 0 ? RingStatus.Ok : RingStatus.NotFresh;
    }

    /// <summary>Length in bytes and tag of the next packet.</summary>
    /// <returns><see cref="RingStatus.Ok"/>, <see cref="RingStatus.Empty"/> or <see cref="RingStatus.Broken"/>.</returns>
    public RingStatus TryPeek(out int length, out uint tag)
    {
        length = 0;
        tag = 0;
        RingStatus status = FindHead();
        if (status != RingStatus.Ok)
            return status;
        length = (int)Packet.Length(_head);
        tag = Packet.Tag(_head);
        return RingStatus.Ok;
    }

    /// <summary>Copies the next packet into private memory. Its space goes back to the producer with the next release.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="length">Bytes of the packet, also where the buffer is too small for them.</param>
    /// <param name="tag">The producer's number.</param>
    /// <returns>
    /// <see cref="RingStatus.Ok"/>, <see cref="RingStatus.Empty"/>, <see cref="RingStatus.BufferTooSmall"/> or
    /// <see cref="RingStatus.Broken"/>.
    /// </returns>
    public RingStatus TryRead(Span<byte> buffer, out int length, out uint tag)
    {
        RingStatus status = TryPeek(out length, out tag);
        if (status != RingStatus.Ok)
            return status;
        if (length > buffer.Length)
            return RingStatus.BufferTooSmall;

        int offset = OffsetOf(NextSlot + 1);
        int untilEnd = Math.Min(length, RingLayout.DataOffset + ((int)Capacity * sizeof(ulong)) - offset);
        Memory.ReadBytes(offset, buffer.Slice(0, untilEnd));
        Memory.ReadBytes(RingLayout.DataOffset, buffer.Slice(untilEnd, length - untilEnd));
        Leave();
        return RingStatus.Ok;
    }

    /// <summary>Passes over the next packet.</summary>
    /// <returns><see cref="RingStatus.Ok"/>, <see cref="RingStatus.Empty"/> or <see cref="RingStatus.Broken"/>.</returns>
    public RingStatus TrySkip()
    {
        RingStatus status = FindHead();
        if (status == RingStatus.Ok)
            Leave();
        return status;
    }

    /// <summary>Releases, and sleeps until a packet can be read.</summary>
    /// <param name="deadline">In the semaphore's clock, 0 for none.</param>
    public RingStatus Wait(ulong deadline = 0) => Wait(1UL, deadline);

    /// <summary>
    /// Like <see cref="Wait(ulong)"/>, but returns <see cref="RingStatus.Empty"/> instead of sleeping: the data semaphore will be upped
    /// when there is a packet. For threads that sleep on several things with one semaphore; look again after each wake-up.
    /// </summary>
    public RingStatus Arm() => Arm(1UL);

    private RingStatus FindHead()
    {
        if (_hasHead)
            return IsBroken ? RingStatus.Broken : RingStatus.Ok;
        RingStatus status = Find(1);
        if (status != RingStatus.Ok)
            return status;

        // Packets are published whole, so the one that begins here must end within what was published.
        ulong head = Memory.ReadWord(OffsetOf(NextSlot));
        if (Packet.Slots(Packet.Length(head)) > (ulong)AvailableSlots)
            return Break();
        _head = head;
        _hasHead = true;
        return RingStatus.Ok;
    }

    private void Leave()
    {
        Advance(Packet.Slots(Packet.Length(_head)));
        _hasHead = false;
    }

    private int OffsetOf(ulong slot) => RingLayout.DataOffset + ((int)(slot & (Capacity - 1)) * sizeof(ulong));
}
