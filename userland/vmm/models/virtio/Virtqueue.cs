// A split virtqueue from the device's side (OASIS Virtual I/O Device 1.2, section 2.7).
using System;
using System.Threading;

namespace Kilonova.Vmm.Models;

/// <summary>What a look at the available ring found.</summary>
internal enum TakeStatus
{
    /// <summary>A chain.</summary>
    Taken,

    /// <summary>Nothing.</summary>
    Empty,

    /// <summary>The driver broke a rule: the device needs a reset.</summary>
    Broken,
}

/// <summary>
/// The rings that a driver placed in its memory. Nothing in them is trusted: indices, lengths and chains are checked whenever they are read. Guarded
/// by the device's lock; on this architecture loads stay in order with loads and stores with stores, so that only a store before a load needs a
/// barrier.
/// </summary>
internal sealed class Virtqueue
{
    /// <summary>The vector of a queue that interrupts by none.</summary>
    public const ushort NoVector = 0xffff;

    private readonly GuestMemory _memory;

    // Chains that the device has, by their heads: a driver that hands one out twice lies.
    private readonly bool[] _taken;
    private bool _indirect;
    private bool _events;

    // Counts of chains, modulo 2^16: taken, returned, and returned with the driver's knowledge.
    private ushort _available;
    private ushort _used;
    private ushort _published;
    private int _outstanding;

    /// <summary>Makes a queue that is not enabled.</summary>
    /// <param name="number">Its number in the device.</param>
    /// <param name="memory">The driver's memory.</param>
    /// <param name="maximum">Most entries, a power of two.</param>
    public Virtqueue(int number, GuestMemory memory, int maximum)
    {
        Number = number;
        _memory = memory;
        _taken = new bool[maximum];
        Reset();
    }

    /// <summary>Number in the device.</summary>
    public int Number { get; }

    /// <summary>Entries, as the driver wants them. At most what the queue was made with once it is enabled.</summary>
    public ushort Size { get; set; }

    /// <summary>The MSI-X vector of its interrupts.</summary>
    public ushort Vector { get; set; }

    /// <summary>Guest-physical address of the descriptor table.</summary>
    public ulong Descriptors { get; set; }

    /// <summary>Guest-physical address of the available ring.</summary>
    public ulong Driver { get; set; }

    /// <summary>Guest-physical address of the used ring.</summary>
    public ulong Device { get; set; }

    /// <summary>The driver has finished placing it.</summary>
    public bool IsEnabled { get; private set; }

    private ulong AvailableEvent => Device + VirtioRing.Entries + (Size * (ulong)VirtioRing.UsedSize);

    private ulong UsedEvent => Driver + VirtioRing.Entries + (Size * (ulong)VirtioRing.AvailableSize);

    /// <summary>The state after reset of the device.</summary>
    public void Reset()
    {
        Size = (ushort)_taken.Length;
        Vector = NoVector;
        Descriptors = 0;
        Driver = 0;
        Device = 0;
        IsEnabled = false;
        _available = 0;
        _used = 0;
        _published = 0;
        _outstanding = 0;
        for (int i = 0; i < _taken.Length; i++)
            _taken[i] = false;
    }

    /// <summary>Begins to use the rings. False if they cannot be rings: a size that is none, bad alignment, no memory.</summary>
    /// <param name="features">What driver and device agreed on.</param>
    public bool TryEnable(ulong features)
    {
        _indirect = (features & VirtioFeature.INDIRECT_DESC) != 0;
        _events = (features & VirtioFeature.EVENT_IDX) != 0;
        int tail = _events ? sizeof(ushort) : 0;
        IsEnabled = Size != 0 && Size <= _taken.Length && (Size & (Size - 1)) == 0
            && Has(Descriptors, Size * VirtioRing.DescriptorSize, VirtioRing.DescriptorAlignment, write: false)
            && Has(Driver, VirtioRing.Entries + (Size * VirtioRing.AvailableSize) + tail, VirtioRing.AvailableAlignment, write: false)
            && Has(Device, VirtioRing.Entries + (Size * VirtioRing.UsedSize) + tail, VirtioRing.UsedAlignment, write: true);
        return IsEnabled;
    }

    /// <summary>Takes the next chain. It belongs to the device until <see cref="Return"/> or <see cref="PutBack"/>.</summary>
    public TakeStatus Take(DescriptorChain chain)
    {
        if (!_memory.TryLoad(Driver + VirtioRing.Index, sizeof(ushort), out ulong index))
            return TakeStatus.Broken;
        var waiting = (ushort)(index - _available);
        if (waiting == 0)
            return TakeStatus.Empty;
        ulong entry = Driver + VirtioRing.Entries + ((_available & (Size - 1u)) * VirtioRing.AvailableSize);
        // A driver has as many chains as descriptors, and each only once.
        if (waiting > Size - _outstanding || !_memory.TryLoad(entry, sizeof(ushort), out ulong head) || head >= Size || _taken[head]
            || !chain.Walk(Descriptors, Size, (uint)head, _indirect))
        {
            return TakeStatus.Broken;
        }

        chain.Head = (ushort)head;
        _taken[head] = true;
        _available++;
        _outstanding++;
        return TakeStatus.Taken;
    }

    /// <summary>Undoes the taking of a chain, which must be the last that was taken and not undone.</summary>
    public void PutBack(ushort head)
    {
        _taken[head] = false;
        _available--;
        _outstanding--;
    }

    /// <summary>Gives a chain back. The driver sees it after <see cref="Publish"/>.</summary>
    /// <param name="head">Its head.</param>
    /// <param name="written">Bytes that were written, from the beginning of its writable part.</param>
    public void Return(ushort head, int written)
    {
        ulong entry = Device + VirtioRing.Entries + ((_used & (Size - 1u)) * VirtioRing.UsedSize);
        _memory.TryStore(entry, sizeof(uint), head);
        _memory.TryStore(entry + sizeof(uint), sizeof(uint), (uint)written);
        _taken[head] = false;
        _used++;
        _outstanding--;
    }

    /// <summary>Shows the driver what was returned. True if it wants to be interrupted.</summary>
    public bool Publish()
    {
        if (_used == _published)
            return false;
        _memory.TryStore(Device + VirtioRing.Index, sizeof(ushort), _used);
        var news = (ushort)(_used - _published);
        _published = _used;
        // The driver first says what it wants to hear and then looks at the index once more.
        Interlocked.MemoryBarrier();
        if (!_events)
            return _memory.TryLoad(Driver, sizeof(ushort), out ulong flags) && (flags & VirtioRing.Quiet) == 0;
        // Section 2.7.7.2: whether the index went past the event.
        return _memory.TryLoad(UsedEvent, sizeof(ushort), out ulong wanted) && (ushort)(_used - wanted - 1) < news;
    }

    /// <summary>The device looks by itself for what comes next: the driver need not notify. With event indices it does so anyway.</summary>
    public void Suppress()
    {
        if (!_events)
            _memory.TryStore(Device, sizeof(ushort), VirtioRing.Quiet);
    }

    /// <summary>Asks to be notified of the next chain. True if there already is one, of which the driver may not have told.</summary>
    public bool Await()
    {
        if (_events)
            _memory.TryStore(AvailableEvent, sizeof(ushort), _available);
        else
            _memory.TryStore(Device, sizeof(ushort), 0);
        // The driver first shows a chain and then looks whether to notify.
        Interlocked.MemoryBarrier();
        return _memory.TryLoad(Driver + VirtioRing.Index, sizeof(ushort), out ulong index) && (ushort)index != _available;
    }

    private bool Has(ulong address, int length, ulong alignment, bool write) =>
        (address & (alignment - 1)) == 0 && _memory.TryGetSpan(address, length, write, out _);
}
