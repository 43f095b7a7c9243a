// Guest-physical addresses that are registers of models.
using System.Threading;

namespace Kilonova.Vmm;

/// <summary>A model behind memory-mapped registers.</summary>
public interface IMmioDevice
{
    /// <summary>Reads 1, 2, 4 or 8 bytes at an offset into the mapping, which holds all of them. They may be misaligned.</summary>
    ulong ReadMmio(ulong offset, int size);

    /// <summary>Writes 1, 2, 4 or 8 bytes at an offset into the mapping. Bits of the value above the size are zero.</summary>
    void WriteMmio(ulong offset, int size, ulong value);
}

/// <summary>A model whose registers are used by threads without vector registers, too: it touches none, nor does whatever it calls.</summary>
public interface IPlainMmioDevice : IMmioDevice
{
}

/// <summary>
/// Routes memory accesses to models. Readers take no lock and never wait: there are two tables, the writer fills the one that is not
/// in use and then counts up; a reader that finds the count changed looks again. A guest that moves a device for ever costs nothing.
/// </summary>
public sealed class MmioBus
{
    private readonly ILock _lock;
    private readonly Table _even;
    private readonly Table _odd;

    // Written under _lock, after the table that it makes current. Counts changes: bit 0 chooses the table.
    private int _generation;

    /// <summary>Makes a bus without devices.</summary>
    /// <param name="guard">Guards changes of the tables.</param>
    /// <param name="capacity">Most mappings at a time.</param>
    public MmioBus(ILock guard, int capacity = 64)
    {
        _lock = guard;
        _even = new Table(capacity);
        _odd = new Table(capacity);
    }

    /// <summary>Maps a device. False if the range is empty, wraps, overlaps another mapping, or the table is full.</summary>
    public bool Map(ulong address, ulong length, IMmioDevice device)
    {
        if (length == 0 || length - 1 > ulong.MaxValue - address)
            return false;
        _lock.Enter();
        Table next = BeginChange();
        bool mapped = next.Insert(address, address + length - 1, device);
        if (mapped)
            Volatile.Write(ref _generation, _generation + 1);
        _lock.Leave();
        return mapped;
    }

    /// <summary>Removes the mapping that begins at an address. False if it is not this device's.</summary>
    public bool Unmap(ulong address, IMmioDevice device)
    {
        _lock.Enter();
        Table next = BeginChange();
        bool removed = next.Remove(address, device);
        if (removed)
            Volatile.Write(ref _generation, _generation + 1);
        _lock.Leave();
        return removed;
    }

    /// <summary>Whether a device is mapped at an address.</summary>
    public bool IsMapped(ulong address) => Find(address, 1, out _) is not null;

    /// <summary>Reads 1, 2, 4 or 8 bytes. Addresses of nobody read as all ones; an access over a border is split into bytes.</summary>
    public ulong Read(ulong address, int size)
    {
        IMmioDevice? device = Find(address, size, out ulong offset);
        if (device is not null)
            return device.ReadMmio(offset, size) & Ones(size);
        if (size == 1)
            return Ones(1);

        ulong value = 0;
        for (int i = 0; i < size; i++)
            value |= Read(address + (ulong)i, 1) << (8 * i);
        return value;
    }

    /// <summary>Writes 1, 2, 4 or 8 bytes. Addresses of nobody swallow them.</summary>
    public void Write(ulong address, int size, ulong value)
    {
        IMmioDevice? device = Find(address, size, out ulong offset);
        if (device is not null)
        {
            device.WriteMmio(offset, size, value & Ones(size));
            return;
        }

        for (int i = 0; i < size && size > 1; i++)
            Write(address + (ulong)i, 1, (value >> (8 * i)) & 0xff);
    }

    /// <summary>
    /// Reads of a device that needs no vector registers. False if there is none that holds all of the bytes; then nothing was done.
    /// </summary>
    public bool TryReadPlainly(ulong address, int size, out ulong value)
    {
        value = 0;
        if (FindPlain(address, size, out ulong offset) is not { } device)
            return false;
        value = device.ReadMmio(offset, size) & Ones(size);
        return true;
    }

    /// <summary>Writes likewise. Bits of the value above the size are ignored.</summary>
    public bool TryWritePlainly(ulong address, int size, ulong value)
    {
        if (FindPlain(address, size, out ulong offset) is not { } device)
            return false;
        device.WriteMmio(offset, size, value & Ones(size));
        return true;
    }

    private IMmioDevice? FindPlain(ulong address, int size, out ulong offset) =>
        Find(address, size, out offset) is { } device && device is IPlainMmioDevice ? device : null;

    private static ulong Ones(int size) => ulong.MaxValue >> (64 - (8 * size));

    private IMmioDevice? Find(ulong address, int size, out ulong offset)
    {
        while (true)
        {
            int generation = Volatile.Read(ref _generation);
            IMmioDevice? device = Current(generation).Find(address, size, out offset);
            // Loads are not reordered with loads on this architecture, and the compiler does not move them over a volatile one.
            if (Volatile.Read(ref _generation) == generation)
                return device;
        }
    }

    private Table Current(int generation) => (generation & 1) == 0 ? _even : _odd;

    private Table BeginChange()
    {
        Table next = Current(_generation + 1);
        next.CopyFrom(Current(_generation));
        return next;
    }

    // Sorted by address.
    private sealed class Table
    {
        private readonly ulong[] _first;
        private readonly ulong[] _last;
        private readonly IMmioDevice?[] _devices;
        private int _count;

        public Table(int capacity)
        {
            _first = new ulong[capacity];
            _last = new ulong[capacity];
            _devices = new IMmioDevice?[capacity];
        }

        public void CopyFrom(Table other)
        {
            for (int i = 0; i < other._count; i++)
                Set(i, other, i);
            Volatile.Write(ref _count, other._count);
        }

        public bool Insert(ulong first, ulong last, IMmioDevice device)
        {
            if (_count == _first.Length)
                return false;
            int place = _count;
            for (int i = 0; i < _count; i++)
            {
                if (first <= _last[i] && last >= _first[i])
                    return false;
            }

            for (; place > 0 && _first[place - 1] > first; place--)
                Set(place, this, place - 1);
            _first[place] = first;
            _last[place] = last;
            _devices[place] = device;
            _count++;
            return true;
        }

        public bool Remove(ulong first, IMmioDevice device)
        {
            int place = 0;
            while (place < _count && _first[place] != first)
                place++;
            if (place == _count || _devices[place] != device)
                return false;
            for (int i = place; i < _count - 1; i++)
                Set(i, this, i + 1);
            _count--;
            return true;
        }

        // May run while the table changes: then it finds anything or nothing, and the caller looks again.
        public IMmioDevice? Find(ulong address, int size, out ulong offset)
        {
            int low = 0;
            int high = _count - 1;
            while (low <= high)
            {
                int middle = (low + high) >> 1;
                if (address < _first[middle])
                    high = middle - 1;
                else if (address > _last[middle])
                    low = middle + 1;
                else
                {
                    offset = address - _first[middle];
                    return (ulong)size - 1 <= _last[middle] - address ? _devices[middle] : null;
                }
            }

            offset = 0;
            return null;
        }

        private void Set(int place, Table other, int source)
        {
            _first[place] = other._first[source];
            _last[place] = other._last[source];
            _devices[place] = other._devices[source];
        }
    }
}
