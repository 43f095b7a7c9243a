using System;
using System.Collections.Generic;
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Tests;

/// <summary>A machine with one virtio device, and what a driver does with it.</summary>
internal sealed class VirtioMachine : IMessageSink
{
    public const ulong Buffer = 0x10_0000;
    public const int MemorySize = 0x40_0000;
    public const ulong Version1 = 1ul << 32;
    public const ulong EventIndex = 1ul << 29;
    public const ulong Indirect = 1ul << 28;
    public const uint Ready = 0x0f;

    private const uint Registers = 0xd000_0000;
    private const uint Messages = 0xd001_0000;
    private const ulong Rings = 0x1_0000;
    private const ulong RingSpace = 0x8000;

    private readonly Dictionary<int, uint> _regions = [];

    public VirtioMachine(Func<VirtioMachine, VirtioDevice> make)
    {
        Memory.Add(0, new ArrayBacking(new byte[MemorySize]));
        Device = make(this);
        Host = new PciHost(Ports, Mmio, this, Lines, new HostLock());
        if (!Host.Map(Ports, Mmio) || !Host.Plug(new PciAddress(4, 0), Device))
            throw new InvalidOperationException();
        Place();
        for (uint at = ReadConfiguration(0x34, 1); at != 0; at = ReadConfiguration((int)at + 1, 1))
        {
            if (ReadConfiguration((int)at, 1) == 9)
                _regions.TryAdd((int)ReadConfiguration((int)at + 3, 1), at);
        }
    }

    public GuestMemory Memory { get; } = new();

    public PortBus Ports { get; } = new(new HostLock());

    public MmioBus Mmio { get; } = new(new HostLock());

    public LineRecorder Lines { get; } = new();

    public VirtioDevice Device { get; }

    public PciHost Host { get; }

    /// <summary>Data of the messages that the device sent.</summary>
    public List<uint> Sent { get; } = [];

    /// <summary>Interrupts without a record of them.</summary>
    public bool IsQuiet { get; set; }

    public bool Interrupt => Lines.Level[InterruptRouter.FirstPci];

    /// <summary>Where the capability of a kind is in configuration space.</summary>
    public int Capability(int type) => (int)_regions[type];

    /// <summary>Common configuration.</summary>
    public uint Common(int offset, int size) => (uint)Mmio.Read(RegionAddress(1) + (ulong)offset, size);

    public void SetCommon(int offset, int size, ulong value) => Mmio.Write(RegionAddress(1) + (ulong)offset, size, value);

    public uint Status
    {
        get => Common(0x14, 1);
        set => SetCommon(0x14, 1, value);
    }

    /// <summary>Whether the device has configuration of its own.</summary>
    public bool HasDeviceSpecific => _regions.ContainsKey(4);

    public ulong DeviceSpecific(int offset, int size) => Mmio.Read(RegionAddress(4) + (ulong)offset, size);

    public void SetDeviceSpecific(int offset, int size, ulong value) => Mmio.Write(RegionAddress(4) + (ulong)offset, size, value);

    public byte ReadIsr() => (byte)Mmio.Read(RegionAddress(3), 1);

    public ulong OfferedFeatures
    {
        get
        {
            SetCommon(0, 4, 1);
            ulong high = Common(4, 4);
            SetCommon(0, 4, 0);
            return Common(4, 4) | (high << 32);
        }
    }

    void IMessageSink.Send(ulong address, uint data)
    {
        if (!IsQuiet)
            Sent.Add(data);
    }

    public void WriteConfiguration(int offset, int size, uint value) =>
        Mmio.Write(PciHost.DefaultConfigurationAddress + 0x2_0000 + (ulong)offset, size, value);

    public uint ReadConfiguration(int offset, int size) =>
        (uint)Mmio.Read(PciHost.DefaultConfigurationAddress + 0x2_0000 + (ulong)offset, size);

    /// <summary>Gives the base addresses and switches memory and bus mastering on.</summary>
    public void Place()
    {
        WriteConfiguration(0x10, 4, Registers);
        WriteConfiguration(0x14, 4, Messages);
        WriteConfiguration(4, 2, 6);
    }

    /// <summary>Section 3.1.1 up to the features. Returns the status that is read back.</summary>
    public uint Negotiate(ulong features)
    {
        Status = 0;
        Status = 1;
        Status = 3;
        SetCommon(8, 4, 0);
        SetCommon(12, 4, (uint)features);
        SetCommon(8, 4, 1);
        SetCommon(12, 4, features >> 32);
        Status = 11;
        return Status;
    }

    /// <summary>All of section 3.1.1, with every queue of the device in memory, vector i + 1 for queue i and 0 for the configuration.</summary>
    public DriverQueue[] Start(ulong features, int size = 16)
    {
        Negotiate(features | Version1);
        SetCommon(0x10, 2, 0);
        var queues = new DriverQueue[Common(0x12, 2)];
        for (int i = 0; i < queues.Length; i++)
        {
            queues[i] = new DriverQueue(this, i, size, Rings + ((ulong)i * RingSpace), (features & EventIndex) != 0);
            queues[i].Enable();
        }

        Status = Ready;
        return queues;
    }

    /// <summary>All vectors with data 0x40 + their number, enabled.</summary>
    public void UseVectors()
    {
        for (uint i = 0; i <= Common(0x12, 2); i++)
        {
            Mmio.Write(Messages + (i * 16), 4, 0xfee0_0000);
            Mmio.Write(Messages + (i * 16) + 8, 4, 0x40 + i);
            Mmio.Write(Messages + (i * 16) + 12, 4, 0);
        }

        WriteConfiguration(0x42, 2, 0x8000);
    }

    public void Notify(int queue) => Mmio.Write(RegionAddress(2) + ((ulong)queue * 4), 2, (ulong)queue);

    public byte[] Read(ulong address, int length)
    {
        var bytes = new byte[length];
        Memory.Read(address, bytes);
        return bytes;
    }

    public ulong Load(ulong address, int size)
    {
        Memory.TryLoad(address, size, out ulong value);
        return value;
    }

    private ulong RegionAddress(int type) => Registers + ReadConfiguration(Capability(type) + 8, 4);
}

/// <summary>A piece of a buffer.</summary>
internal readonly record struct Piece(ulong Address, int Length, bool Write = false);

/// <summary>The driver's side of a split virtqueue.</summary>
internal sealed class DriverQueue(VirtioMachine machine, int number, int size, ulong place, bool events)
{
    private readonly Stack<int> _free = new();
    private ushort _available;
    private ushort _used;

    public int Size => size;

    public ulong Descriptors => place;

    public ulong Available => place + 0x1000;

    public ulong Used => place + 0x2000;

    private ulong Tables => place + 0x3000;

    public void Enable()
    {
        _free.Clear();
        for (int i = size - 1; i >= 0; i--)
            _free.Push(i);
        _available = 0;
        _used = 0;
        machine.Memory.Write(place, new byte[0x3000]);
        machine.SetCommon(0x16, 2, (ulong)number);
        machine.SetCommon(0x18, 2, (ulong)size);
        machine.SetCommon(0x1a, 2, (ulong)number + 1);
        machine.SetCommon(0x20, 8, Descriptors);
        machine.SetCommon(0x28, 8, Available);
        machine.SetCommon(0x30, 8, Used);
        machine.SetCommon(0x1c, 2, 1);
    }

    /// <summary>Writes a descriptor.</summary>
    public static void Put(VirtioMachine machine, ulong table, int index, Piece piece, int flags, int next)
    {
        machine.Memory.TryStore(table + ((ulong)index * 16), 8, piece.Address);
        machine.Memory.TryStore(table + ((ulong)index * 16) + 8, 4, (uint)piece.Length);
        machine.Memory.TryStore(table + ((ulong)index * 16) + 12, 2, (uint)(flags | (piece.Write ? 2 : 0)));
        machine.Memory.TryStore(table + ((ulong)index * 16) + 14, 2, (uint)next);
    }

    /// <summary>Makes a buffer available without telling. Returns its head.</summary>
    public ushort Add(params Piece[] pieces)
    {
        int head = _free.Pop();
        int at = head;
        for (int i = 0; i < pieces.Length; i++)
        {
            bool last = i == pieces.Length - 1;
            int next = last ? 0 : _free.Pop();
            Put(machine, Descriptors, at, pieces[i], last ? 0 : 1, next);
            at = next;
        }

        Show((ushort)head);
        return (ushort)head;
    }

    /// <summary>Makes a buffer of an indirect table available without telling.</summary>
    public ushort AddIndirect(params Piece[] pieces)
    {
        int head = _free.Pop();
        ulong table = Tables + ((ulong)head * 0x200);
        for (int i = 0; i < pieces.Length; i++)
            Put(machine, table, i, pieces[i], i == pieces.Length - 1 ? 0 : 1, i + 1);
        Put(machine, Descriptors, head, new Piece(table, pieces.Length * 16), 4, 0);
        Show((ushort)head);
        return (ushort)head;
    }

    /// <summary>Puts a head into the available ring.</summary>
    public void Show(ushort head)
    {
        machine.Memory.TryStore(Available + 4 + ((ulong)(_available % size) * 2), 2, head);
        SetAvailable((ushort)(_available + 1));
    }

    public void SetAvailable(ushort index)
    {
        _available = index;
        machine.Memory.TryStore(Available + 2, 2, index);
    }

    public void Notify() => machine.Notify(number);

    /// <summary>Whether the device asks to be told of the chain that was made available last (section 2.7.10).</summary>
    public bool WantsNotification => events
        ? (ushort)machine.Load(Used + 4 + ((ulong)size * 8), 2) == (ushort)(_available - 1)
        : (machine.Load(Used, 2) & 1) == 0;

    /// <summary>Asks for an interrupt when so many more buffers have come back, with event indices.</summary>
    public void InterruptAfter(int buffers) => machine.Memory.TryStore(Available + 4 + ((ulong)size * 2), 2, (ushort)(_used + buffers - 1));

    public bool WantsInterrupts
    {
        set => machine.Memory.TryStore(Available, 2, value ? 0u : 1u);
    }

    /// <summary>Takes a buffer back. Its descriptors are free again.</summary>
    public bool TryTake(out ushort head, out int length)
    {
        head = 0;
        length = 0;
        if ((ushort)machine.Load(Used + 2, 2) == _used)
            return false;
        ulong entry = Used + 4 + ((ulong)(_used % size) * 8);
        head = (ushort)machine.Load(entry, 4);
        length = (int)machine.Load(entry + 4, 4);
        _used++;
        ulong flags;
        int at = head;
        do
        {
            _free.Push(at);
            flags = machine.Load(Descriptors + ((ulong)at * 16) + 12, 2);
            at = (int)machine.Load(Descriptors + ((ulong)at * 16) + 14, 2);
        }
        while ((flags & 1) != 0);
        return true;
    }

    /// <summary>Takes the only buffer that is back, and its length.</summary>
    public int Take() => TryTake(out _, out int length) ? length : throw new InvalidOperationException("nothing came back");
}
