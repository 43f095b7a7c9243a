// An AHCI controller as in Intel's ICH9 (Serial ATA AHCI 1.3.1; Intel ICH9 data sheet, chapter 14).
using System;

namespace Kilonova.Vmm.Models;

/// <summary>
/// A controller of up to 32 ports, of which those with a device work. One lock guards it all; it is held over register work and the
/// fetching of commands, never while data moves.
/// </summary>
public sealed class AhciController : PciFunction, IMmioDevice, IPortDevice
{
    /// <summary>Ports of an ICH9.</summary>
    public const int DefaultPorts = 6;

    private const ushort Vendor = 0x8086;
    private const ushort Device = 0x2922;
    private const uint ClassAhci = 0x01_0601;
    private const byte Revision = 2;

    private const int MemoryBar = 5;
    private const int IndexBar = 4;
    private const int MemorySize = 0x1000;
    private const int IndexPorts = 32;

    // Configuration space beside the header (data sheet, sections 14.1.22 to 14.1.35).
    private const int MessageCapability = 0x80;
    private const int PortMap = 0x90;
    private const byte PortMapAhci = 0x40;
    private const int PortControl = 0x92;
    private const int SataCapability = 0xa8;
    private const byte SataCapabilityId = 0x12;
    private const byte SataRevision = 0x10;
    // Index and data registers: 16 bytes into base address 4.
    private const byte SataIndexLocation = 0x48;
    private const int IndexOffset = 0x10;

    private readonly AhciPort[] _ports;
    private readonly MessageSignal _message;
    private uint _interruptStatus;
    private bool _interruptEnable;
    private bool _resetting;
    private uint _index;

    // Since the last look at the interrupt, something happened that makes a message.
    private bool _signalled;

    /// <summary>Makes a controller.</summary>
    /// <param name="memory">The memory that its commands name.</param>
    /// <param name="devices">What hangs at each port, 1 to 30 of them; null for an empty one. They belong to the controller from now on.</param>
    /// <param name="guard">Guards controller and devices.</param>
    /// <param name="hasIndexPorts">
    /// Whether registers can be reached by ports too, as in an ICH9 and as only firmware wants it (section 10.14). Commands move data, so
    /// that ports must then be served by threads with vector registers.
    /// </param>
    public AhciController(GuestMemory memory, AtaDevice?[] devices, ILock guard, bool hasIndexPorts = true)
        : base(Vendor, Device, ClassAhci, Revision, guard)
    {
        if (devices.Length is 0 or > (MemorySize - AhciHost.Ports) / AhciHost.PortSize)
            throw new ArgumentOutOfRangeException(nameof(devices));
        if (hasIndexPorts)
            DeclarePorts(IndexBar, IndexPorts, this);
        DeclareMemory(MemoryBar, MemorySize, this);
        UseInterruptPin(0);
        _message = new MessageSignal(this, PlaceCapability(PciRegister.MessageSignalledInterrupts, MessageCapability));
        PlaceCapability(SataCapabilityId, SataCapability);
        Define(SataCapability + 2, SataRevision, 0);
        Define(SataCapability + 4, hasIndexPorts ? SataIndexLocation : (byte)0, 0);
        Define(PortMap, PortMapAhci, 0);
        Define(PortControl, 0, (byte)((1 << Math.Min(devices.Length, 6)) - 1));
        _ports = new AhciPort[devices.Length];
        for (int i = 0; i < _ports.Length; i++)
            _ports[i] = new AhciPort(this, memory, devices[i]);
    }

    private uint PortsImplemented => uint.MaxValue >> (32 - _ports.Length);

    /// <inheritdoc/>
    public override void Reset()
    {
        base.Reset();
        Enter();
        foreach (AhciPort port in _ports)
            port.PowerOn();
        ResetRegisters();
        Leave();
    }

    /// <inheritdoc/>
    public ulong ReadMmio(ulong offset, int size)
    {
        Enter();
        ulong value = ReadRegister((int)offset & ~3);
        if (size == 8 && offset + 4 < MemorySize)
            value |= (ulong)ReadRegister(((int)offset & ~3) + 4) << 32;
        Leave();
        return value >> (8 * ((int)offset & 3));
    }

    /// <inheritdoc/>
    public void WriteMmio(ulong offset, int size, ulong value)
    {
        // Registers are written as a whole; software that writes parts of them is outside the specification (section 3).
        if ((offset & 3) != 0 || size < 4)
            return;
        Enter();
        WriteRegister((int)offset, (uint)value);
        if (size == 8)
            WriteRegister((int)offset + 4, (uint)(value >> 32));
        Leave();
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint value = 0;
        Enter();
        switch ((port & (IndexPorts - 1)) - IndexOffset)
        {
            case 0:
                value = _index;
                break;
            case 4:
                value = ReadRegister((int)_index);
                break;
        }

        Leave();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        if (size != 4)
            return;
        Enter();
        switch ((port & (IndexPorts - 1)) - IndexOffset)
        {
            case 0:
                _index = value & (MemorySize - 4);
                break;
            case 4:
                WriteRegister((int)_index, value);
                break;
        }

        Leave();
    }

    internal void Enter() => Guard.Enter();

    /// <summary>Lets the lock go, after the interrupt has been brought to what the registers say.</summary>
    internal void Leave()
    {
        Update();
        Guard.Leave();
    }

    /// <summary>A port has a new cause for an enabled interrupt: with message-signalled interrupts, each is a message.</summary>
    internal void Signal() => _signalled = true;

    // Section 10.7.2: IS names the ports with enabled causes until they are gone and software has cleared it; a write that leaves some
    // set sends a message again.
    internal void Update()
    {
        for (int i = 0; i < _ports.Length; i++)
        {
            if (_ports[i].IsInterrupting)
                _interruptStatus |= 1u << i;
        }

        if (_resetting)
            EndReset();
        bool pending = _interruptEnable && _interruptStatus != 0;
        SetInterrupt(pending && !_message.IsEnabled);
        if (pending && _signalled && _message.IsEnabled)
            _message.Send();
        _signalled = false;
    }

    /// <inheritdoc/>
    protected override void ConfigurationWritten(int offset, int size) => Update();

    private uint ReadRegister(int offset)
    {
        if (offset >= AhciHost.Ports)
        {
            int port = (offset - AhciHost.Ports) / AhciHost.PortSize;
            return port < _ports.Length ? _ports[port].Read(offset % AhciHost.PortSize) : 0;
        }

        return offset switch
        {
            AhciHost.CAP => AhciHost.CAP_S64A | AhciHost.CAP_SNCQ | AhciHost.CAP_SCLO | AhciHost.CAP_ISS_Gen2 | AhciHost.CAP_SAM
                | AhciHost.CAP_NCS_32 | (uint)(_ports.Length - 1),
            AhciHost.GHC => AhciHost.GHC_AE | (_interruptEnable ? AhciHost.GHC_IE : 0) | (_resetting ? AhciHost.GHC_HR : 0),
            AhciHost.IS => _interruptStatus,
            AhciHost.PI => PortsImplemented,
            AhciHost.VS => AhciHost.Version_1_3,
            _ => 0,
        };
    }

    private void WriteRegister(int offset, uint value)
    {
        // While a reset waits for the disks, nothing else may begin.
        if (_resetting)
            return;
        if (offset >= AhciHost.Ports)
        {
            int port = (offset - AhciHost.Ports) / AhciHost.PortSize;
            if (port < _ports.Length)
                _ports[port].Write(offset % AhciHost.PortSize, value);
            return;
        }

        switch (offset)
        {
            case AhciHost.GHC when (value & AhciHost.GHC_HR) != 0:
                BeginReset();
                break;
            case AhciHost.GHC:
                bool enable = (value & AhciHost.GHC_IE) != 0;
                _signalled = enable && !_interruptEnable;
                _interruptEnable = enable;
                break;
            case AhciHost.IS:
                _interruptStatus &= ~value;
                _signalled = true;
                break;
        }
    }

    private void BeginReset()
    {
        foreach (AhciPort port in _ports)
            port.Reset();
        ResetRegisters();
        EndReset();
    }

    private void ResetRegisters()
    {
        _interruptStatus = 0;
        _interruptEnable = false;
        _index = 0;
        _signalled = false;
        _resetting = true;
    }

    // GHC.HR reads as one until no request of before the reset can touch memory.
    private void EndReset()
    {
        foreach (AhciPort port in _ports)
        {
            if (port.IsResetting)
                return;
        }

        _resetting = false;
    }
}
