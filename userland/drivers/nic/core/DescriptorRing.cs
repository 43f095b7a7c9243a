using Kilonova.Registers;

namespace Kilonova.Nic;

/// <summary>
/// A ring of descriptors of 16 bytes between driver (at the tail) and controller (at the head). One descriptor always stays unused: a full
/// ring would look like an empty one. 82540EM manual, sections 3.2.6 and 3.4; the others are alike.
/// </summary>
internal sealed class DescriptorRing<TRegisters, TMemory>
    where TRegisters : struct, IRegisters
    where TMemory : struct, IDmaMemory
{
    internal const int Count = 256;
    internal const int DescriptorSize = 16;
    internal const int Size = Count * DescriptorSize;

    private const uint Mask = Count - 1;

    private readonly TRegisters _registers;
    private readonly TMemory _memory;
    private readonly int _offset;
    private readonly int _first;
    private readonly uint[] _tags = new uint[Count];
    private readonly ulong[] _buffers = new ulong[Count];

    private uint _published;

    internal DescriptorRing(TRegisters registers, int first, TMemory memory, int offset)
    {
        _registers = registers;
        _first = first;
        _memory = memory;
        _offset = offset;
    }

    /// <summary>Descriptors written since the last reset.</summary>
    internal uint Written { get; private set; }

    /// <summary>Descriptors taken back since the last reset.</summary>
    internal uint Done { get; private set; }

    /// <summary>Descriptors that can be written.</summary>
    internal int Space => Count - 1 - (int)(Written - Done);

    internal bool IsEmpty => Written == Done;

    /// <summary>Tells the controller where the ring lies, and empties it.</summary>
    internal void Reset()
    {
        _memory.Clear(_offset, Size);
        var address = _memory.DeviceAddress + (uint)_offset;
        _registers.Write32(_first + RingRegister.Bal, (uint)address);
        _registers.Write32(_first + RingRegister.Bah, (uint)(address >> 32));
        _registers.Write32(_first + RingRegister.Len, Size);
        _registers.Write32(_first + RingRegister.Head, 0);
        _registers.Write32(_first + RingRegister.Tail, 0);
        Written = Done = _published = 0;
    }

    /// <summary>Writes the next descriptor; there is space. The controller sees it after <see cref="Publish"/>.</summary>
    internal void Write(ulong low, ulong high, uint tag)
    {
        var index = Written++ & Mask;
        _tags[index] = tag;
        _buffers[index] = low;
        _memory.Write64(_offset + (int)index * DescriptorSize, low);
        _memory.Write64(_offset + (int)index * DescriptorSize + 8, high);
    }

    /// <summary>Shows the controller what was written.</summary>
    internal void Publish()
    {
        if (_published == Written)
            return;

        _published = Written;
        _registers.Write32(_first + RingRegister.Tail, Written & Mask);
    }

    /// <summary>The second half of the oldest descriptor that was not taken back; only if there is one.</summary>
    internal ulong Oldest => _memory.Read64(_offset + (int)(Done & Mask) * DescriptorSize + 8);

    /// <summary>The second half of a descriptor that was not taken back.</summary>
    internal ulong HighAt(uint number) => _memory.Read64(_offset + (int)(number & Mask) * DescriptorSize + 8);

    internal uint TagAt(uint number) => _tags[number & Mask];

    /// <summary>What was written as the first half: the controller overwrites it when it is done.</summary>
    internal ulong BufferAt(uint number) => _buffers[number & Mask];

    /// <summary>Takes descriptors back up to a number.</summary>
    internal void TakeUntil(uint number) => Done = number;
}
