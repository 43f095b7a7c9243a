// Reads records of fixed size.
using System;

namespace Kilonova.Rings;

/// <summary>The end of a ring that reads records.</summary>
public sealed class RecordConsumer<TMemory, TSemaphore> : RingConsumer<TMemory, TSemaphore>
    where TMemory : struct, ISharedMemory
    where TSemaphore : struct, ISemaphore
{
    private readonly int _slotSize;

    private RecordConsumer(TMemory memory, TSemaphore data, TSemaphore space, RingGeometry geometry)
        : base(memory, data, space, geometry) => _slotSize = geometry.SlotSize;

    /// <summary>Words of a record.</summary>
    public int RecordWords => _slotSize / sizeof(ulong);

    /// <summary>Attaches to a ring as its consumer, once.</summary>
    /// <param name="memory">The shared memory.</param>
    /// <param name="data">Semaphore that this end sleeps on.</param>
    /// <param name="space">Semaphore that the producer sleeps on: this end ups it.</param>
    /// <param name="recordWords">Words of a record; a ring of other records is refused.</param>
    /// <param name="consumer">The end, if the result is <see cref="RingStatus.Ok"/>.</param>
    public static RingStatus Attach(
        TMemory memory, TSemaphore data, TSemaphore space, int recordWords, out RecordConsumer<TMemory, TSemaphore>? consumer)
    {
        consumer = null;
        RingStatus status = Look(ref memory, recordWords, out RingGeometry geometry);
        if (status == RingStatus.Ok)
            consumer = new RecordConsumer<TMemory, TSemaphore>(memory, data, space, geometry);

        return status;
    }

    /// <summary>
    /// Attaches this end to another fresh ring of the same records, and so allocates nothing: for sessions that come and go. After
    /// anything but <see cref="RingStatus.Ok"/> it is where it was.
    /// </summary>
    public RingStatus Reattach(TMemory memory, TSemaphore data, TSemaphore space)
    {
        RingStatus status = Look(ref memory, RecordWords, out RingGeometry geometry);
        if (status == RingStatus.Ok)
            Begin(memory, data, space, geometry);

        return status;
    }

    private static RingStatus Look(ref TMemory memory, int recordWords, out RingGeometry geometry)
    {
        RingStatus status = RingLayout.ReadGeometry(ref memory, out geometry);
        if (status != RingStatus.Ok)
            return status;
        if (geometry.Kind != RingKind.Records || geometry.SlotSize != (long)recordWords * sizeof(ulong))
            return RingStatus.WrongGeometry;
        return memory.ReadWord(RingLayout.ConsumerIndexOffset) == 0 ? RingStatus.Ok : RingStatus.NotFresh;
    }

    /// <summary>Copies the next record into private memory. Its space goes back to the producer with the next release.</summary>
    /// <returns>
    /// <see cref="RingStatus.Ok"/>, <see cref="RingStatus.Empty"/>, <see cref="RingStatus.WrongSize"/> or <see cref="RingStatus.Broken"/>.
    /// </returns>
    public RingStatus TryRead(Span<ulong> record)
    {
        if (record.Length * sizeof(ulong) != _slotSize)
            return RingStatus.WrongSize;
        RingStatus status = Find(1);
        if (status != RingStatus.Ok)
            return status;
        Memory.ReadWords(RingLayout.DataOffset + ((int)(NextSlot & (Capacity - 1)) * _slotSize), record);
        Advance(1);
        return RingStatus.Ok;
    }

    /// <summary>Releases, and sleeps until <paramref name="records"/> can be read.</summary>
    /// <param name="deadline">In the semaphore's clock, 0 for none.</param>
    /// <param name="records">
    /// At most half the ring (but one always may): so both ends can never sleep on each other, whatever both wait for.
    /// </param>
    public RingStatus Wait(ulong deadline = 0, int records = 1) =>
        IsTooMany(records) ? RingStatus.WrongSize : Wait((ulong)records, deadline);

    /// <summary>
    /// Like <see cref="Wait"/>, but returns <see cref="RingStatus.Empty"/> instead of sleeping: the data semaphore will be upped when
    /// there are records. For threads that sleep on several things with one semaphore; look again after each wake-up.
    /// </summary>
    public RingStatus Arm(int records = 1) => IsTooMany(records) ? RingStatus.WrongSize : Arm((ulong)records);

    private bool IsTooMany(int records) => records < 1 || (records > 1 && (ulong)records > Capacity / 2);
}
