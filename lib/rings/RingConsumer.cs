// The consumer's end of a ring: its index, its view of the producer's index, sleeping and waking. WakePoint.cs has the protocol.
namespace Kilonova.Rings;

/// <summary>
/// What consumers of records and of packets share. One thread at a time may use an end. The producer gets no space back before
/// <see cref="Release"/>; a batch is several reads and one release.
/// </summary>
public abstract class RingConsumer<TMemory, TSemaphore>
    where TMemory : struct, ISharedMemory
    where TSemaphore : struct, ISemaphore
{
    private ulong _capacity;
    private TMemory _memory;
    private TSemaphore _data;
    private TSemaphore _space;
    private ulong _read;
    private ulong _released;
    private ulong _published;
    private bool _broken;

    private protected RingConsumer(TMemory memory, TSemaphore data, TSemaphore space, RingGeometry geometry) =>
        Begin(memory, data, space, geometry);

    /// <summary>Whether the producer was caught writing nonsense. Unset only by attaching again.</summary>
    public bool IsBroken => _broken;

    /// <summary>How often the producer was woken.</summary>
    public ulong Wakes { get; private set; }

    /// <summary>How often this end went to sleep.</summary>
    public ulong Sleeps { get; private set; }

    /// <summary>Slots published and not read yet, as far as known here.</summary>
    public int AvailableSlots => (int)(_published - _read);

    private protected ref TMemory Memory => ref _memory;

    private protected ulong Capacity => _capacity;

    /// <summary>Index of the next slot to read.</summary>
    private protected ulong NextSlot => _read;

    /// <summary>Begins with a fresh ring, whatever was before.</summary>
    private protected void Begin(TMemory memory, TSemaphore data, TSemaphore space, RingGeometry geometry)
    {
        _memory = memory;
        _data = data;
        _space = space;
        _capacity = (ulong)geometry.Capacity;
        _read = 0;
        _released = 0;
        _published = 0;
        _broken = false;
    }

    /// <summary>Gives everything read so far back to the producer, and wakes it if it waits for that.</summary>
    /// <returns><see cref="RingStatus.Ok"/>, <see cref="RingStatus.Gone"/> or <see cref="RingStatus.Broken"/>.</returns>
    public RingStatus Release()
    {
        if (_broken)
            return RingStatus.Broken;
        if (_read == _released)
            return RingStatus.Ok;

        ulong from = _released;
        _released = _read;
        _memory.WriteWord(RingLayout.ConsumerIndexOffset, _released);
        _memory.Fence();
        if (!WakePoint.IsCrossed(_memory.ReadWord(RingLayout.ProducerWakePointOffset), from, _released))
            return RingStatus.Ok;
        Wakes++;
        return _space.Up() == SemaphoreStatus.Ok ? RingStatus.Ok : RingStatus.Gone;
    }

    /// <summary>
    /// Releases, then leaves word that this end sleeps until <paramref name="slots"/> can be read. For threads that sleep on several
    /// things with one semaphore: on <see cref="RingStatus.Empty"/> the data semaphore will be upped once they can.
    /// </summary>
    /// <returns><see cref="RingStatus.Ok"/> where they can be read already.</returns>
    private protected RingStatus Arm(ulong slots)
    {
        // A producer that is gone is no reason to leave unread what it published.
        RingStatus status = Release();
        if (status == RingStatus.Broken)
            return status;
        status = Find(slots);
        if (status != RingStatus.Empty)
            return status;
        _memory.WriteWord(RingLayout.ConsumerWakePointOffset, _read + slots - 1);
        _memory.Fence();
        return Find(slots);
    }

    /// <summary>Releases and sleeps until so many slots can be read.</summary>
    private protected RingStatus Wait(ulong slots, ulong deadline)
    {
        while (true)
        {
            RingStatus status = Arm(slots);
            if (status != RingStatus.Empty)
                return status;
            Sleeps++;
            SemaphoreStatus slept = _data.Down(deadline);
            if (slept == SemaphoreStatus.TimedOut)
                return RingStatus.TimedOut;
            if (slept == SemaphoreStatus.Gone)
                return Find(slots) == RingStatus.Ok ? RingStatus.Ok : RingStatus.Gone;
        }
    }

    /// <summary>Looks whether so many slots can be read; asks the producer's index only if the last known one does not tell.</summary>
    private protected RingStatus Find(ulong slots)
    {
        if (_broken)
            return RingStatus.Broken;
        if (_published - _read >= slots)
            return RingStatus.Ok;

        // Honest producers move forward, and never into slots that were not released to them.
        ulong published = _memory.ReadWord(RingLayout.ProducerIndexOffset);
        if (published - _published > _capacity - (_published - _released))
            return Break();
        _published = published;
        return published - _read >= slots ? RingStatus.Ok : RingStatus.Empty;
    }

    /// <summary>Counts slots as read. They were found before.</summary>
    private protected void Advance(ulong slots) => _read += slots;

    /// <summary>Ends all trust in the producer.</summary>
    private protected RingStatus Break()
    {
        _broken = true;
        return RingStatus.Broken;
    }
}
