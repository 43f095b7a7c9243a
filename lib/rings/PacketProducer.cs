// Writes packets of varying size.
using System;

namespace Kilonova.Rings;

/// <summary>The end of a ring that writes packets.</summary>
public sealed class PacketProducer<TMemory, TSemaphore> : RingProducer<TMemory, TSemaphore>
    where TMemory : struct, ISharedMemory
    where TSemaphore : struct, ISemaphore
{
    private PacketProducer(TMemory memory, TSemaphore data, TSemaphore space, RingGeometry geometry)
        : base(memory, data, space, geometry)
    {
    }

    /// <summary>Bytes of the longest packet that ever fits.</summary>
    public int MaximumLength => (int)(Capacity - 1) * sizeof(ulong);

    /// <summary>Attaches to a ring as its producer, once.</summary>
    /// <param name="memory">The shared memory.</param>
    /// <param name="data">Semaphore that the consumer sleeps on: this end ups it.</param>
    /// <param name="space">Semaphore that this end sleeps on.</param>
    /// <param name="producer">The end, if the result is <see cref="RingStatus.Ok"/>.</param>
    public static RingStatus Attach(TMemory memory, TSemaphore data, TSemaphore space, out PacketProducer<TMemory, TSemaphore>? producer)
    {
        producer = null;
        RingStatus status = Look(ref memory, out RingGeometry geometry);
        if (status == RingStatus.Ok)
            producer = new PacketProducer<TMemory, TSemaphore>(memory, data, space, geometry);

        return status;
    }

    /// <summary>
    /// Attaches this end to another fresh ring of packets, and so allocates nothing: for sessions that come and go. After anything but
    /// <see cref="RingStatus.Ok"/> it is where it was.
    /// </summary>
    public RingStatus Reattach(TMemory memory, TSemaphore data, TSemaphore space)
    {
        RingStatus status = Look(ref memory, out RingGeometry geometry);
        if (status == RingStatus.Ok)
            Begin(memory, data, space, geometry);

        return status;
    }

    private static RingStatus Look(ref TMemory memory, out RingGeometry geometry)
    {
        RingStatus status = RingLayout.ReadGeometry(ref memory, out geometry);
        if (status != RingStatus.Ok)
            return status;
        if (geometry.Kind != RingKind.Packets)
            return RingStatus.WrongGeometry;
        return memory.ReadWord(RingLayout.ProducerIndexOffset) == 0 ? RingStatus.Ok : RingStatus.NotFresh;
    }

    /// <summary>Writes a packet behind those written before. The consumer sees it after the next publication.</summary>
    /// <param name="tag">A number for the consumer; rings do not look at it.</param>
    /// <param name="payload">Up to <see cref="MaximumLength"/> bytes.</param>
    /// <returns>
    /// <see cref="RingStatus.Ok"/>, <see cref="RingStatus.Full"/>, <see cref="RingStatus.WrongSize"/> or <see cref="RingStatus.Broken"/>.
    /// </returns>
    public RingStatus TryWrite(uint tag, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaximumLength)
            return RingStatus.WrongSize;
        ulong slots = Packet.Slots((uint)payload.Length);
        RingStatus status = Reserve(slots);
        if (status != RingStatus.Ok)
            return status;

        Memory.WriteWord(OffsetOf(NextSlot), Packet.Head(payload.Length, tag));
        int offset = OffsetOf(NextSlot + 1);
        int untilEnd = Math.Min(payload.Length, RingLayout.DataOffset + ((int)Capacity * sizeof(ulong)) - offset);
        Memory.WriteBytes(offset, payload.Slice(0, untilEnd));
        Memory.WriteBytes(RingLayout.DataOffset, payload.Slice(untilEnd));
        Advance(slots);
        return RingStatus.Ok;
    }

    /// <summary>Publishes, and sleeps until a packet of <paramref name="length"/> bytes has space.</summary>
    /// <param name="length">Up to <see cref="MaximumLength"/>.</param>
    /// <param name="deadline">In the semaphore's clock, 0 for none.</param>
    public RingStatus WaitForSpace(int length, ulong deadline = 0) =>
        (uint)length > (uint)MaximumLength ? RingStatus.WrongSize : Wait(Packet.Slots((uint)length), deadline);

    /// <summary>
    /// Like <see cref="WaitForSpace"/>, but returns <see cref="RingStatus.Full"/> instead of sleeping: the space semaphore will be upped
    /// when there is space. For threads that sleep on several things with one semaphore; look again after each wake-up.
    /// </summary>
    public RingStatus ArmForSpace(int length) =>
        (uint)length > (uint)MaximumLength ? RingStatus.WrongSize : Arm(Packet.Slots((uint)length));

    private int OffsetOf(ulong slot) => RingLayout.DataOffset + ((int)(slot & (Capacity - 1)) * sizeof(ulong));
}
