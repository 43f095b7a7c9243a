// The producer's end of a ring: its index, its view of the consumer's index, sleeping and waking. WakePoint.cs has the protocol.
namespace Kilonova.Rings;

/// <summary>
/// What producers of records and of packets share. One thread at a time may use an end. Nothing is visible to the consumer before
/// <see cref="Publish"/>; a batch is several writes and one publication.
/// </summary>
public abstract class RingProducer<TMemory, TSemaphore>
    where TMemory : struct, ISharedMemory
    where TSemaphore : struct, ISemaphore
{
    private ulong _capacity;
    private TMemory _memory;
    private TSemaphore _data;
    private TSemaphore _space;
    private ulong _written;
    private ulong _published;
    private ulong _consumed;
    private ulong _unnoted;
    private bool _broken;

    private protected RingProducer(TMemory memory, TSemaphore data, TSemaphore space, RingGeometry geometry) =>
        Begin(memory, data, space, geometry);

    /// <summary>Whether the consumer was caught writing nonsense. Unset only by attaching again.</summary>
    public bool IsBroken => _broken;

    /// <summary>How often the consumer was woken.</summary>
    public ulong Wakes { get; private set; }

    /// <summary>How often this end went to sleep.</summary>
    public ulong Sleeps { get; private set; }

    /// <summary>Slots written and not given back by the consumer, as far as known here.</summary>
    public int UsedSlots => (int)(_written - _consumed);

    private protected ref TMemory Memory => ref _memory;

    private protected ulong Capacity => _capacity;

    /// <summary>Index of the next slot to write.</summary>
    private protected ulong NextSlot => _written;

    /// <summary>Begins with a fresh ring, whatever was before.</summary>
    private protected void Begin(TMemory memory, TSemaphore data, TSemaphore space, RingGeometry geometry)
    {
        _memory = memory;
        _data = data;
        _space = space;
        _capacity = (ulong)geometry.Capacity;
        _written = 0;
        _published = 0;
        _consumed = 0;
        _unnoted = 0;
        _broken = false;
    }

    /// <summary>Makes everything written so far visible to the consumer, and wakes it if it waits for that.</summary>
    /// <returns><see cref="RingStatus.Ok"/>, <see cref="RingStatus.Gone"/> or <see cref="RingStatus.Broken"/>.</returns>
    public RingStatus Publish()
    {
        if (_broken)
            return RingStatus.Broken;
        if (_written == _published)
            return RingStatus.Ok;

        ulong from = _published;
        _published = _written;
        _data.Note(_unnoted);
        _unnoted = 0;
        _memory.WriteWord(RingLayout.ProducerIndexOffset, _published);
        _memory.Fence();
        if (!WakePoint.IsCrossed(_memory.ReadWord(RingLayout.ConsumerWakePointOffset), from, _published))
            return RingStatus.Ok;
        Wakes++;
        return _data.Up() == SemaphoreStatus.Ok ? RingStatus.Ok : RingStatus.Gone;
    }

    /// <summary>
    /// Publishes, then leaves word that this end sleeps until <paramref name="slots"/> are free. For threads that sleep on several things
    /// with one semaphore: on <see cref="RingStatus.Full"/> the space semaphore will be upped once there is space.
    /// </summary>
    /// <returns><see cref="RingStatus.Ok"/> where there is space already.</returns>
    private protected RingStatus Arm(ulong slots)
    {
        RingStatus status = Publish();
        if (status != RingStatus.Ok)
            return status;
        status = Reserve(slots);
        if (status != RingStatus.Full)
            return status;
        _memory.WriteWord(RingLayout.ProducerWakePointOffset, _written + slots - _capacity - 1);
        _memory.Fence();
        return Reserve(slots);
    }

    /// <summary>Publishes and sleeps until so many slots are free.</summary>
    private protected RingStatus Wait(ulong slots, ulong deadline)
    {
        while (true)
        {
            RingStatus status = Arm(slots);
            if (status != RingStatus.Full)
                return status;
            Sleeps++;
            SemaphoreStatus slept = _space.Down(deadline);
            if (slept == SemaphoreStatus.TimedOut)
                return RingStatus.TimedOut;
            if (slept == SemaphoreStatus.Gone)
                return RingStatus.Gone;
        }
    }

    /// <summary>Looks whether so many slots are free; asks the consumer's index only if the last known one does not tell.</summary>
    private protected RingStatus Reserve(ulong slots)
    {
        if (_broken)
            return RingStatus.Broken;
        if (_written - _consumed + slots <= _capacity)
            return RingStatus.Ok;

        // Honest consumers move forward, and never beyond what was published to them.
        ulong consumed = _memory.ReadWord(RingLayout.ConsumerIndexOffset);
        if (consumed - _consumed > _published - _consumed)
        {
            _broken = true;
            return RingStatus.Broken;
        }

        _consumed = consumed;
        return _written - consumed + slots <= _capacity ? RingStatus.Ok : RingStatus.Full;
    }

    /// <summary>Counts the slots of one record or packet as written. They were reserved before.</summary>
    private protected void Advance(ulong slots)
    {
        _written += slots;
        _unnoted++;
    }
}
