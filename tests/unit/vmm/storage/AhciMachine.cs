using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Tests;

/// <summary>A machine with an AHCI controller, and what a driver does with it. Port 0 has the device.</summary>
internal sealed class AhciMachine : IMessageSink
{
    public const uint Abar = 0xd000_0000;
    public const ulong CommandList = 0x1000;
    public const ulong ReceivedFis = 0x2000;
    public const ulong Buffer = 0x10_0000;
    private const ulong Tables = 0x4000;
    private const int TableSize = 0x1000;

    private const int Port = 0x100;

    public AhciMachine(int sectors = 4096, bool cd = false, bool start = true, int depth = int.MaxValue, bool readOnly = false)
    {
        Memory.Add(0, new ArrayBacking(new byte[0x40_0000]));
        Disk = new FakeDisk(Memory, sectors) { Depth = depth, IsReadOnly = readOnly };
        var identity = new DiskIdentity { Model = "TEST", Serial = "testdisk", Firmware = "version", WorldWideName = 0x5000_1234_5678_9abc };
        Drive = cd ? new AtapiDrive(Disk, identity) : null;
        AtaDevice device = Drive ?? (AtaDevice)new AtaDisk(Disk, identity);
        Controller = new AhciController(Memory, [device, null], new HostLock());
        var host = new PciHost(Ports, Mmio, this, Lines, new HostLock());
        if (!host.Map(Ports, Mmio) || !host.Plug(new PciAddress(31, 0), new HostBridgeFunction(0, new HostLock()))
            || !host.Plug(new PciAddress(31, 2), Controller))
        {
            throw new InvalidOperationException();
        }

        Host = host;
        WriteConfiguration(0x24, 4, Abar);
        WriteConfiguration(4, 2, 7);
        if (start)
            Start();
    }

    public GuestMemory Memory { get; } = new();

    public PortBus Ports { get; } = new(new HostLock());

    public MmioBus Mmio { get; } = new(new HostLock());

    public LineRecorder Lines { get; } = new();

    public List<(ulong Address, uint Data)> Messages { get; } = [];

    public PciHost Host { get; }

    public FakeDisk Disk { get; }

    public AtapiDrive? Drive { get; }

    public AhciController Controller { get; }

    public bool Interrupt => Lines.Level[InterruptRouter.FirstPci + 3];

    void IMessageSink.Send(ulong address, uint data) => Messages.Add((address, data));

    public void WriteConfiguration(int offset, int size, uint value) =>
        Mmio.Write(PciHost.DefaultConfigurationAddress + 0xf_a000 + (ulong)offset, size, value);

    public uint ReadConfiguration(int offset, int size) =>
        (uint)Mmio.Read(PciHost.DefaultConfigurationAddress + 0xf_a000 + (ulong)offset, size);

    public uint this[int register]
    {
        get => (uint)Mmio.Read(Abar + (ulong)register, 4);
        set => Mmio.Write(Abar + (ulong)register, 4, value);
    }

    /// <summary>A register of port 0.</summary>
    public uint Px(int register) => this[Port + register];

    public void SetPx(int register, uint value) => this[Port + register] = value;

    /// <summary>Brings the controller to where commands run (section 10.1.2).</summary>
    public void Start()
    {
        SetPx(0x00, (uint)CommandList);
        SetPx(0x08, (uint)ReceivedFis);
        SetPx(0x30, uint.MaxValue);
        SetPx(0x10, uint.MaxValue);
        SetPx(0x14, uint.MaxValue);
        SetPx(0x18, 0x10);
        SetPx(0x18, 0x11);
        this[4] = 0x8000_0002;
    }

    /// <summary>Writes a command into a slot: header, frame, one descriptor for each (address, length).</summary>
    public void Prepare(int slot, AtaTask task, params (ulong Address, int Length)[] data)
    {
        ulong table = Tables + ((ulong)slot * TableSize);
        Span<byte> fis = stackalloc byte[20];
        fis.Clear();
        fis[0] = task.Type;
        fis[1] = task.IsControl ? (byte)0 : (byte)0x80;
        fis[2] = task.Command;
        fis[3] = (byte)task.Features;
        fis[11] = (byte)(task.Features >> 8);
        for (int i = 0; i < 3; i++)
        {
            fis[4 + i] = (byte)(task.Lba >> (8 * i));
            fis[8 + i] = (byte)(task.Lba >> (24 + (8 * i)));
        }

        fis[7] = task.Device;
        fis[12] = (byte)task.Count;
        fis[13] = (byte)(task.Count >> 8);
        fis[15] = task.Control;
        Memory.Write(table, fis);
        if (task.Packet is not null)
            Memory.Write(table + 0x40, task.Packet);
        Span<byte> descriptor = stackalloc byte[16];
        for (int i = 0; i < data.Length; i++)
        {
            descriptor.Clear();
            BinaryPrimitives.WriteUInt64LittleEndian(descriptor, data[i].Address);
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor.Slice(12), (uint)(data[i].Length - 1) | 0x8000_0000);
            Memory.Write(table + 0x80 + ((ulong)i * 16), descriptor);
        }

        uint header = 5 | (task.Packet is null ? 0 : 0x20u) | (task.IsWrite ? 0x40u : 0) | ((uint)data.Length << 16);
        Memory.TryStore(CommandList + ((ulong)slot * 32), 4, header);
        Memory.TryStore(CommandList + ((ulong)slot * 32) + 4, 4, 0);
        Memory.TryStore(CommandList + ((ulong)slot * 32) + 8, 8, table);
    }

    /// <summary>Issues the command of a slot, queued or not.</summary>
    public void Issue(int slot, bool queued = false)
    {
        if (queued)
            SetPx(0x34, 1u << slot);
        SetPx(0x38, 1u << slot);
    }

    /// <summary>Runs one command in slot 0 to its end and returns PxTFD.</summary>
    public uint Execute(AtaTask task, params (ulong Address, int Length)[] data)
    {
        Prepare(0, task, data);
        Issue(0);
        Disk.Run();
        return Px(0x20);
    }

    /// <summary>Runs a command that returns data, and returns it.</summary>
    public byte[] Fetch(AtaTask task, int length)
    {
        var bytes = new byte[length];
        Execute(task, (Buffer, length));
        Memory.Read(Buffer, bytes);
        return bytes;
    }

    public uint Transferred(int slot)
    {
        Memory.TryLoad(CommandList + ((ulong)slot * 32) + 4, 4, out ulong value);
        return (uint)value;
    }

    public byte Received(int offset)
    {
        Memory.TryLoad(ReceivedFis + (ulong)offset, 1, out ulong value);
        return (byte)value;
    }

    /// <summary>Stops and starts the port, as after an error.</summary>
    public void Recover()
    {
        SetPx(0x18, 0x10);
        SetPx(0x10, uint.MaxValue);
        this[8] = uint.MaxValue;
        SetPx(0x18, 0x11);
    }
}

/// <summary>What a command frame says.</summary>
internal sealed record AtaTask(byte Command, ulong Lba = 0, ushort Count = 0)
{
    public byte Type { get; init; } = 0x27;

    public byte Device { get; init; } = 0x40;

    public ushort Features { get; init; }

    public byte Control { get; init; }

    public bool IsControl { get; init; }

    public bool IsWrite { get; init; }

    public byte[]? Packet { get; init; }

    /// <summary>READ or WRITE FPDMA QUEUED.</summary>
    public static AtaTask Queued(int tag, bool write, ulong lba, ushort count) => new(write ? (byte)0x61 : (byte)0x60, lba, (ushort)(tag << 3))
    {
        Features = count,
        IsWrite = write,
    };

    /// <summary>PACKET, by PIO with blocks of a limit, or by DMA with a limit of 0.</summary>
    public static AtaTask Scsi(int limit, params byte[] packet)
    {
        var bytes = new byte[16];
        packet.CopyTo(bytes, 0);
        return new AtaTask(0xa0, (ulong)limit << 8) { Features = (ushort)(limit == 0 ? 1 : 0), Packet = bytes };
    }
}
