// How firmware learns of its machine: the fw_cfg device (QEMU documentation, docs/specs/fw_cfg).
using System;
using System.Buffers.Binary;

namespace Kilonova.Vmm.Models;

/// <summary>
/// Items of bytes behind a selector and a data port, a directory of those that have names, and transfers to guest memory. Items are
/// added while the machine is composed. Firmware selects and reads from one CPU; two that do it at once read nonsense.
/// </summary>
public sealed class FirmwareConfiguration : IPortDevice
{
    /// <summary>Selector; the data port is one above.</summary>
    public const ushort SelectorPort = 0x510;

    /// <summary>Memory size in bytes, a 64-bit number.</summary>
    public const ushort KeyMemorySize = 0x03;

    /// <summary>Number of CPUs, a 16-bit number.</summary>
    public const ushort KeyCpuCount = 0x05;

    /// <summary>Most CPUs that there can ever be, a 16-bit number.</summary>
    public const ushort KeyMaximumCpus = 0x0f;

    private const ushort DataPort = SelectorPort + 1;
    private const ushort TransferPort = 0x514;
    private const int TransferPorts = 8;

    private const ushort KeySignature = 0x00;
    private const ushort KeyInterface = 0x01;
    private const ushort KeyDirectory = 0x19;
    private const ushort FirstFile = 0x20;
    private const ushort KeyMask = 0x3fff;

    private const int DirectoryEntry = 64;
    private const int NameSize = 56;
    private const uint InterfaceWithTransfers = 3;
    private const ulong TransferSignature = 0x51454d5520434647;

    private const uint TransferError = 1;
    private const uint TransferRead = 2;
    private const uint TransferSkip = 4;
    private const uint TransferSelect = 8;
    private const uint TransferWrite = 16;

    private readonly GuestMemory _memory;
    private readonly ILock _lock;
    private readonly byte[]?[] _items;
    private readonly byte[] _directory;
    private int _files;
    private ushort _key;
    private uint _offset;
    private uint _transferHigh;

    /// <summary>Makes a device with the items that every machine has.</summary>
    /// <param name="memory">Where transfers go.</param>
    /// <param name="memorySize">Bytes of memory, as key 3 tells.</param>
    /// <param name="cpus">CPUs.</param>
    /// <param name="guard">Guards it.</param>
    /// <param name="files">Most named items.</param>
    public FirmwareConfiguration(GuestMemory memory, ulong memorySize, int cpus, ILock guard, int files = 24)
    {
        _memory = memory;
        _lock = guard;
        _items = new byte[]?[FirstFile + files];
        _directory = new byte[4 + (files * DirectoryEntry)];
        Add(KeySignature, [(byte)'Q', (byte)'E', (byte)'M', (byte)'U']);
        Add(KeyInterface, [(byte)InterfaceWithTransfers, 0, 0, 0]);
        var size = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(size, memorySize);
        Add(KeyMemorySize, size);
        Add(KeyCpuCount, [(byte)cpus, (byte)(cpus >> 8)]);
        Add(KeyMaximumCpus, [(byte)cpus, (byte)(cpus >> 8)]);
        Add(KeyDirectory, _directory);
    }

    /// <summary>Claims the ports.</summary>
    public bool Map(PortBus bus) => bus.Map(SelectorPort, 2, this) && bus.Map(TransferPort, TransferPorts, this);

    /// <summary>Adds an item by number, below 0x20. It belongs to the device from now on.</summary>
    public void Add(ushort key, byte[] content) => _items[key] = content;

    /// <summary>Adds an item by name. False if there are too many, or the name is longer than 55 characters.</summary>
    public bool AddFile(string name, byte[] content)
    {
        if (FirstFile + _files == _items.Length || name.Length >= NameSize)
            return false;
        int key = FirstFile + _files;
        _items[key] = content;
        Span<byte> entry = new Span<byte>(_directory, 4 + (_files * DirectoryEntry), DirectoryEntry);
        BinaryPrimitives.WriteUInt32BigEndian(entry, (uint)content.Length);
        BinaryPrimitives.WriteUInt16BigEndian(entry.Slice(4), (ushort)key);
        for (int i = 0; i < name.Length; i++)
            entry[8 + i] = (byte)name[i];
        _files++;
        BinaryPrimitives.WriteUInt32BigEndian(_directory, (uint)_files);
        return true;
    }

    /// <summary>The state after power-on.</summary>
    public void Reset()
    {
        _lock.Enter();
        _key = 0;
        _offset = 0;
        _transferHigh = 0;
        _lock.Leave();
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint value = 0;
        _lock.Enter();
        if (port == DataPort)
            value = Next();
        else if (port >= TransferPort)
            value = (uint)(BinaryPrimitives.ReverseEndianness(TransferSignature) >> (8 * (port - TransferPort)));
        _lock.Leave();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        _lock.Enter();
        if (port == SelectorPort && size == 2)
        {
            Select((ushort)value);
        }
        else if (port == TransferPort && size == 4)
        {
            _transferHigh = BinaryPrimitives.ReverseEndianness(value);
        }
        else if (port == TransferPort + 4 && size == 4)
        {
            Transfer(((ulong)_transferHigh << 32) | BinaryPrimitives.ReverseEndianness(value));
            _transferHigh = 0;
        }

        _lock.Leave();
    }

    private void Select(ushort key)
    {
        _key = (ushort)(key & KeyMask);
        _offset = 0;
    }

    private byte[]? Selected => _key < _items.Length ? _items[_key] : null;

    // Behind the end of an item there are zeroes.
    private byte Next()
    {
        byte[]? item = Selected;
        return item is not null && _offset < (uint)item.Length ? item[_offset++] : (byte)0;
    }

    // The structure is big-endian: control (selector above, flags below), length, address. Zero in control means done.
    private void Transfer(ulong address)
    {
        if (!_memory.TryLoad(address, sizeof(ulong), out ulong head) || !_memory.TryLoad(address + sizeof(ulong), sizeof(ulong), out ulong place))
            return;
        uint control = BinaryPrimitives.ReverseEndianness((uint)head);
        uint length = BinaryPrimitives.ReverseEndianness((uint)(head >> 32));
        ulong target = BinaryPrimitives.ReverseEndianness(place);
        if ((control & TransferSelect) != 0)
            Select((ushort)(control >> 16));
        bool good = true;
        if ((control & TransferRead) != 0)
            good = CopyOut(target, length);
        else if ((control & TransferWrite) != 0)
            good = false;
        else if ((control & TransferSkip) != 0)
            _offset = Math.Max(_offset, _offset + length);
        _memory.TryStore(address, sizeof(uint), good ? 0 : BinaryPrimitives.ReverseEndianness(TransferError));
    }

    // Byte by byte: spans are handed on and cleared through vector registers, which exits do not have. Behind the end there are zeroes.
    private bool CopyOut(ulong target, uint length)
    {
        for (uint i = 0; i < length; i++)
        {
            if (!_memory.TryStore(target + i, 1, Next()))
                return false;
        }

        return true;
    }
}
