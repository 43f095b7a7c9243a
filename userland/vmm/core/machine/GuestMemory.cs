// The guest-physical address space as far as it is memory. Everything that a guest names by address goes through here, so every check
// of an untrusted address stands in this file.
using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Threading;

namespace Kilonova.Vmm;

/// <summary>A run of bytes that backs guest memory.</summary>
public interface IMemoryBacking
{
    /// <summary>Size in bytes.</summary>
    ulong Length { get; }

    /// <summary>The bytes from an offset. The caller has checked that offset + length does not exceed <see cref="Length"/>.</summary>
    Span<byte> Slice(ulong offset, int length);
}

/// <summary>Backing that can be read as it lies: what is looked at on every exit goes this way.</summary>
public abstract class DirectBacking : IMemoryBacking
{
    /// <inheritdoc/>
    public abstract ulong Length { get; }

    /// <inheritdoc/>
    public abstract Span<byte> Slice(ulong offset, int length);

    /// <summary>The quadword at an offset. The caller has checked that offset + 8 does not exceed <see cref="Length"/>.</summary>
    public abstract ulong Load(ulong offset);
}

/// <summary>Backing by an array, for the host and for small tables.</summary>
public sealed class ArrayBacking : DirectBacking
{
    private readonly byte[] _bytes;

    /// <summary>Backs memory with an array that the caller shares.</summary>
    public ArrayBacking(byte[] bytes) => _bytes = bytes;

    /// <inheritdoc/>
    public override ulong Length => (ulong)_bytes.Length;

    /// <inheritdoc/>
    public override Span<byte> Slice(ulong offset, int length) => new Span<byte>(_bytes, (int)offset, length);

    /// <inheritdoc/>
    public override ulong Load(ulong offset) => BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(_bytes, (int)offset, sizeof(ulong)));
}

/// <summary>
/// Ranges of RAM and ROM with holes between them. Ranges are added while the machine is composed and never change, so access takes no
/// lock. Other virtual CPUs write the same bytes at any time: whoever decides on what it read must have copied it first.
/// </summary>
public sealed class GuestMemory
{
    private readonly ulong[] _first;
    private readonly ulong[] _last;
    private readonly bool[] _readOnly;
    private readonly IMemoryBacking[] _backing;
    private readonly DirectBacking?[] _direct;
    private int _count;

    // The largest range, of which a quadword can be loaded below the limit; a limit of 0 is none.
    private DirectBacking? _largest;
    private ulong _largestFirst;
    private ulong _largestLimit;

    /// <summary>Makes an address space without memory.</summary>
    /// <param name="capacity">Most ranges that it may hold.</param>
    public GuestMemory(int capacity = 8)
    {
        _first = new ulong[capacity];
        _last = new ulong[capacity];
        _readOnly = new bool[capacity];
        _backing = new IMemoryBacking[capacity];
        _direct = new DirectBacking?[capacity];
    }

    /// <summary>Number of ranges.</summary>
    public int RangeCount => _count;

    /// <summary>Adds a range. False if it is empty, wraps, overlaps another, or does not fit the table.</summary>
    public bool Add(ulong address, IMemoryBacking backing, bool readOnly = false)
    {
        ulong length = backing.Length;
        if (length == 0 || _count == _first.Length || length - 1 > ulong.MaxValue - address)
            return false;
        ulong last = address + length - 1;
        for (int i = 0; i < _count; i++)
        {
            if (address <= _last[i] && last >= _first[i])
                return false;
        }

        _first[_count] = address;
        _last[_count] = last;
        _readOnly[_count] = readOnly;
        _backing[_count] = backing;
        _direct[_count] = backing as DirectBacking;
        if (_direct[_count] is not null && length > _largestLimit + sizeof(ulong))
        {
            _largest = _direct[_count];
            _largestFirst = address;
            _largestLimit = length - sizeof(ulong) + 1;
        }

        _count++;
        return true;
    }

    /// <summary>Describes a range by its number.</summary>
    public void GetRange(int index, out ulong address, out ulong length, out bool readOnly)
    {
        address = _first[index];
        length = _last[index] - address + 1;
        readOnly = _readOnly[index];
    }

    /// <summary>Whether one byte is memory, writable or not.</summary>
    public bool Contains(ulong address) => Find(address) >= 0;

    /// <summary>The bytes of a piece of memory that lies within one range.</summary>
    /// <param name="address">Guest-physical address.</param>
    /// <param name="length">Size in bytes.</param>
    /// <param name="write">Whether the caller wants to write; read-only memory refuses then.</param>
    /// <param name="bytes">The memory itself, not a copy.</param>
    public bool TryGetSpan(ulong address, int length, bool write, out Span<byte> bytes)
    {
        int i = Find(address);
        if (i < 0 || length < 0 || (ulong)length > _last[i] - address + 1 || (write && _readOnly[i]))
        {
            bytes = default;
            return false;
        }

        bytes = _backing[i].Slice(address - _first[i], length);
        return true;
    }

    /// <summary>Copies out of guest memory, across ranges that touch. False, with part of the copy done, when a hole is met.</summary>
    public bool Read(ulong address, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int i = Find(address);
            if (i < 0)
                return false;
            int piece = (int)Math.Min((ulong)destination.Length - 1, _last[i] - address) + 1;
            _backing[i].Slice(address - _first[i], piece).CopyTo(destination);
            destination = destination.Slice(piece);
            address += (ulong)piece;
            if (address == 0 && destination.Length > 0)
                return false;
        }

        return true;
    }

    /// <summary>Copies into guest memory, across ranges that touch. False, with part of the copy done, at a hole or at ROM.</summary>
    public bool Write(ulong address, ReadOnlySpan<byte> source)
    {
        while (source.Length > 0)
        {
            int i = Find(address);
            if (i < 0 || _readOnly[i])
                return false;
            int piece = (int)Math.Min((ulong)source.Length - 1, _last[i] - address) + 1;
            source.Slice(0, piece).CopyTo(_backing[i].Slice(address - _first[i], piece));
            source = source.Slice(piece);
            address += (ulong)piece;
            if (address == 0 && source.Length > 0)
                return false;
        }

        return true;
    }

    /// <summary>Loads 1, 2, 4 or 8 bytes of one range, in one access where they are naturally aligned.</summary>
    public bool TryLoad(ulong address, int size, out ulong value)
    {
        if (!TryGetSpan(address, size, false, out Span<byte> bytes))
        {
            value = 0;
            return false;
        }

        value = size switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            8 => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            _ => throw new ArgumentOutOfRangeException(nameof(size)),
        };
        return true;
    }

    /// <summary>
    /// A quadword, by the shortest way; 0 where it does not lie in one range, or that cannot be read so: for those who compare it with what it
    /// was before, and it was not 0. Touches no vector register.
    /// </summary>
    public ulong LoadDirectly(ulong address)
    {
        ulong place = address - _largestFirst;
        return place < _largestLimit ? _largest!.Load(place) : LoadElsewhere(address);
    }

    private ulong LoadElsewhere(ulong address)
    {
        for (int i = 0; i < _count; i++)
        {
            ulong offset = address - _first[i];
            if (offset > _last[i] - _first[i])
                continue;
            if (_last[i] - address < sizeof(ulong) - 1 || _direct[i] is not { } backing)
                break;
            return backing.Load(offset);
        }

        return 0;
    }

    /// <summary>Stores 1, 2, 4 or 8 bytes of one range, in one access where they are naturally aligned.</summary>
    public bool TryStore(ulong address, int size, ulong value)
    {
        if (!TryGetSpan(address, size, true, out Span<byte> bytes))
            return false;
        switch (size)
        {
            case 1:
                bytes[0] = (byte)value;
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
                break;
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)value);
                break;
            case 8:
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(size));
        }

        return true;
    }

    /// <summary>
    /// Replaces 4 or 8 naturally aligned bytes atomically if they still hold the expected value. False if there is no writable memory.
    /// </summary>
    /// <param name="address">Guest-physical address, a multiple of size.</param>
    /// <param name="size">4 or 8.</param>
    /// <param name="expected">The value to be replaced; afterwards the value that was found.</param>
    /// <param name="value">The new value.</param>
    public bool TryCompareExchange(ulong address, int size, ref ulong expected, ulong value)
    {
        if ((address & (ulong)(size - 1)) != 0 || !TryGetSpan(address, size, true, out Span<byte> bytes))
            return false;
        if (size == sizeof(uint))
        {
            ref uint word = ref MemoryMarshal.Cast<byte, uint>(bytes)[0];
            expected = Interlocked.CompareExchange(ref word, (uint)value, (uint)expected);
        }
        else
        {
            ref ulong word = ref MemoryMarshal.Cast<byte, ulong>(bytes)[0];
            expected = Interlocked.CompareExchange(ref word, value, expected);
        }

        return true;
    }

    private int Find(ulong address)
    {
        for (int i = 0; i < _count; i++)
        {
            if (address >= _first[i] && address <= _last[i])
                return i;
        }

        return -1;
    }
}
