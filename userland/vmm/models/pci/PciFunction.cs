// Configuration space of a function: header, base addresses, capabilities (PCI Local Bus 3.0, chapter 6).
using System;

namespace Kilonova.Vmm.Models;

/// <summary>
/// A PCI function. A device model derives from it, declares its identity, base addresses and capabilities in its constructor, and
/// gets its registers mapped and unmapped as the guest programs the header. Guarded by the model's own lock, which it hands over.
/// </summary>
public abstract class PciFunction
{
    private const int BaseAddresses = 6;
    private const int FirstCapability = 0x40;

    private readonly byte[] _space = new byte[PciRegister.SpaceSize];
    private readonly byte[] _writable = new byte[PciRegister.SpaceSize];
    private readonly byte[] _clearable = new byte[PciRegister.SpaceSize];
    private readonly byte[] _initial = new byte[PciRegister.SpaceSize];
    private readonly BaseAddressRegister?[] _bars = new BaseAddressRegister?[BaseAddresses];
    private int _nextCapability = FirstCapability;
    private int _lastCapability = PciRegister.Capabilities;
    private PciHost? _host;
    private InterruptLine? _interrupt;
    private bool _intx;

    /// <summary>Declares a function.</summary>
    /// <param name="vendor">Vendor ID.</param>
    /// <param name="device">Device ID.</param>
    /// <param name="classCode">Class, subclass and interface in bits 23-0.</param>
    /// <param name="revision">Revision ID.</param>
    /// <param name="guard">The lock of the model.</param>
    protected PciFunction(ushort vendor, ushort device, uint classCode, byte revision, ILock guard)
    {
        Guard = guard;
        Put16(PciRegister.VendorId, vendor);
        Put16(PciRegister.DeviceId, device);
        _space[PciRegister.RevisionId] = revision;
        for (int i = 0; i < 3; i++)
            _space[PciRegister.ClassCode + i] = (byte)(classCode >> (8 * i));
        Allow16(PciRegister.Command, PciRegister.CommandIo | PciRegister.CommandMemory | PciRegister.CommandMaster
            | PciRegister.CommandInterruptDisable);
        Allow16(PciRegister.CacheLineSize, 0xff);
        Allow16(PciRegister.InterruptLine, 0xff);
        // Error bits of the status register are cleared by writing ones.
        _clearable[PciRegister.Status + 1] = 0xf9;
    }

    /// <summary>The lock of the model; held while configuration space is accessed.</summary>
    protected ILock Guard { get; }

    /// <summary>Where the function is; set when it is plugged.</summary>
    public PciAddress Address { get; private set; }

    /// <summary>Whether the guest lets the function read and write its memory.</summary>
    public bool IsBusMaster => (Get16(PciRegister.Command) & PciRegister.CommandMaster) != 0;

    internal bool IsMultiFunction
    {
        set
        {
            if (value)
                _space[PciRegister.HeaderType] |= 0x80;
        }
    }

    /// <summary>Declares a base address register for memory.</summary>
    /// <param name="index">0 to 5; a 64-bit register takes two.</param>
    /// <param name="size">A power of two, at least 16.</param>
    /// <param name="device">What is mapped there.</param>
    /// <param name="is64Bit">Two registers.</param>
    /// <param name="prefetchable">Prefetchable.</param>
    protected void DeclareMemory(int index, ulong size, IMmioDevice device, bool is64Bit = false, bool prefetchable = false)
    {
        var flags = (byte)((is64Bit ? 4 : 0) | (prefetchable ? 8 : 0));
        Declare(index, size, flags, 0xf, device, null, is64Bit);
    }

    /// <summary>Declares a base address register for ports.</summary>
    /// <param name="index">0 to 5.</param>
    /// <param name="count">A power of two, 4 to 256.</param>
    /// <param name="device">What is mapped there.</param>
    protected void DeclarePorts(int index, int count, IPortDevice device) => Declare(index, (ulong)count, 1, 3, null, device, false);

    /// <summary>Adds a capability.</summary>
    /// <param name="id">Capability ID.</param>
    /// <param name="length">Bytes, ID and link included.</param>
    /// <returns>Its offset in configuration space.</returns>
    protected int AddCapability(byte id, int length)
    {
        int offset = PlaceCapability(id, _nextCapability);
        _nextCapability += (length + 3) & ~3;
        return offset;
    }

    /// <summary>Adds a capability where a data sheet has it.</summary>
    /// <param name="id">Capability ID.</param>
    /// <param name="offset">A multiple of 4; the caller sees to it that capabilities do not overlap.</param>
    /// <returns>The offset.</returns>
    protected int PlaceCapability(byte id, int offset)
    {
        _space[_lastCapability] = (byte)offset;
        _lastCapability = offset + 1;
        _space[offset] = id;
        _space[PciRegister.Status] |= (byte)PciRegister.StatusCapabilities;
        return offset;
    }

    /// <summary>Sets a byte of configuration space and the bits of it that the guest may write.</summary>
    protected internal void Define(int offset, byte value, byte writable)
    {
        _space[offset] = value;
        _writable[offset] = writable;
    }

    /// <summary>Connects INTA. The interrupt pin and, for firmware's sake, line are filled in.</summary>
    protected void UseInterruptPin(byte isaInterrupt)
    {
        _space[PciRegister.InterruptPin] = 1;
        _space[PciRegister.InterruptLine] = isaInterrupt;
    }

    /// <summary>Drives INTA. Under <see cref="Guard"/>.</summary>
    protected void SetInterrupt(bool asserted)
    {
        _intx = asserted;
        DriveInterrupt();
    }

    /// <summary>Sends a message-signalled interrupt.</summary>
    protected internal void SendMessage(ulong address, uint data) => _host?.Messages.Send(address, data);

    /// <summary>Called after the guest wrote configuration space, under <see cref="Guard"/>.</summary>
    protected virtual void ConfigurationWritten(int offset, int size)
    {
    }

    /// <summary>A 16-bit field of configuration space.</summary>
    protected internal ushort Get16(int offset) => (ushort)Load(_space, offset, 2);

    /// <summary>A 32-bit field of configuration space.</summary>
    protected internal uint Get32(int offset) => Load(_space, offset, 4);

    /// <summary>Sets a 16-bit field of configuration space.</summary>
    protected void Put16(int offset, ushort value) => Store(_space, offset, 2, value);

    /// <summary>Sets a 32-bit field of configuration space.</summary>
    protected void Put32(int offset, uint value) => Store(_space, offset, 4, value);

    /// <summary>Allows the guest to write bits of a 16-bit field.</summary>
    protected void Allow16(int offset, ushort bits) => Store(_writable, offset, 2, bits);

    internal void Plug(PciHost host, PciAddress address, InterruptLine interrupt)
    {
        _host = host;
        Address = address;
        _interrupt = interrupt;
        Array.Copy(_space, _initial, _space.Length);
    }

    /// <summary>Brings configuration space to its state after reset; the model resets the rest of itself.</summary>
    public virtual void Reset()
    {
        Guard.Enter();
        for (int i = 0; i < BaseAddresses; i++)
            Unmap(_bars[i]);
        Array.Copy(_initial, _space, _space.Length);
        _intx = false;
        DriveInterrupt();
        Guard.Leave();
    }

    internal virtual uint Read(int offset, int size)
    {
        Guard.Enter();
        uint value = Load(_space, offset, size);
        Guard.Leave();
        return value;
    }

    internal virtual void Write(int offset, int size, uint value)
    {
        Guard.Enter();
        for (int i = 0; i < size; i++)
        {
            int at = offset + i;
            byte written = (byte)(value >> (8 * i));
            int kept = _space[at] & ~_writable[at] & ~(written & _clearable[at]);
            _space[at] = (byte)(kept | (written & _writable[at]));
        }

        if (offset < PciRegister.BaseAddress + (4 * BaseAddresses) && offset + size > PciRegister.Command)
        {
            Remap();
            DriveInterrupt();
        }

        ConfigurationWritten(offset, size);
        Guard.Leave();
    }

    private void Declare(int index, ulong size, byte flags, byte flagMask, IMmioDevice? memory, IPortDevice? ports, bool is64Bit)
    {
        if (size == 0 || (size & (size - 1)) != 0 || size <= flagMask)
            throw new ArgumentOutOfRangeException(nameof(size));
        _bars[index] = new BaseAddressRegister { Size = size, Memory = memory, Ports = ports, Is64Bit = is64Bit };
        int offset = PciRegister.BaseAddress + (4 * index);
        ulong mask = ~(size - 1);
        Store(_writable, offset, 4, (uint)mask & ~(uint)flagMask);
        if (is64Bit)
            Store(_writable, offset + 4, 4, (uint)(mask >> 32));
        _space[offset] = flags;
    }

    // Byte by byte: a span would be cleared and copied through vector registers, which exits do not have.
    private static uint Load(byte[] bytes, int offset, int size)
    {
        uint value = 0;
        for (int i = 0; i < size; i++)
            value |= (uint)bytes[offset + i] << (8 * i);
        return value;
    }

    private static void Store(byte[] bytes, int offset, int size, uint value)
    {
        for (int i = 0; i < size; i++)
            bytes[offset + i] = (byte)(value >> (8 * i));
    }

    private void DriveInterrupt()
    {
        bool asserted = _intx && (Get16(PciRegister.Command) & PciRegister.CommandInterruptDisable) == 0;
        if (_intx)
            _space[PciRegister.Status] |= (byte)PciRegister.StatusInterrupt;
        else
            _space[PciRegister.Status] &= unchecked((byte)~PciRegister.StatusInterrupt);
        _interrupt?.Set(asserted);
    }

    // A register is mapped while its space is enabled and the address makes sense; sizing writes all ones, which does not.
    private void Remap()
    {
        ushort command = Get16(PciRegister.Command);
        for (int i = 0; i < BaseAddresses; i++)
        {
            BaseAddressRegister? bar = _bars[i];
            if (bar is null)
                continue;
            ulong address = Get32(PciRegister.BaseAddress + (4 * i)) & ~(bar.Ports is null ? 0xfu : 3u);
            if (bar.Is64Bit)
                address |= (ulong)Get32(PciRegister.BaseAddress + (4 * i) + 4) << 32;
            bool enabled = (command & (bar.Ports is null ? PciRegister.CommandMemory : PciRegister.CommandIo)) != 0 && address != 0;
            if (bar.IsMapped && enabled && bar.Address == address)
                continue;
            Unmap(bar);
            if (enabled)
                Map(bar, address);
        }
    }

    private void Map(BaseAddressRegister bar, ulong address)
    {
        if (_host is null)
            return;
        bar.Address = address;
        bar.IsMapped = bar.Memory is not null
            ? _host.Mmio.Map(address, bar.Size, bar.Memory)
            : address <= ushort.MaxValue && _host.Ports.Map((ushort)address, (int)bar.Size, bar.Ports!);
    }

    private void Unmap(BaseAddressRegister? bar)
    {
        if (bar is null || !bar.IsMapped || _host is null)
            return;
        bar.IsMapped = false;
        if (bar.Memory is not null)
            _host.Mmio.Unmap(bar.Address, bar.Memory);
        else
            _host.Ports.Unmap((ushort)bar.Address, (int)bar.Size, bar.Ports!);
    }

    private sealed class BaseAddressRegister
    {
        public ulong Size;
        public IMmioDevice? Memory;
        public IPortDevice? Ports;
        public bool Is64Bit;
        public bool IsMapped;
        public ulong Address;
    }
}
