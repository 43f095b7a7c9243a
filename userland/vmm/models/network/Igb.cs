// The Intel 82576 Gigabit Ethernet controller, "igb" (Intel 82576 data sheet, revision 2.63).
using System;

namespace Kilonova.Vmm.Models;

/// <summary>
/// One port of an 82576 without its virtual functions: 16 queues each way, MSI-X, MSI and pin, EEPROM and PHY. One lock guards it. Frames are
/// sent from guest memory and copied once into it.
/// </summary>
public sealed partial class Igb : PciFunction, IMmioDevice, IPortDevice, INetworkOwner, ITimerOwner
{
    /// <summary>Queues each way.</summary>
    public const int Queues = 16;

    /// <summary>Most bytes of a frame without check sequence.</summary>
    public const int MaximumFrame = 9728 - CheckSequence;

    private const ushort Vendor = 0x8086;
    private const ushort Device = 0x10c9;
    private const uint ClassEthernet = 0x02_0000;
    private const byte Revision = 1;
    private const ushort Subsystem = 0xa03c;

    private const int RegisterSpace = 0x2_0000;
    private const int MessageSpace = 0x4000;
    private const ulong PendingOffset = 0x2000;
    private const int IoPorts = 32;

    // Capabilities (data sheet, section 9.5).
    private const int PowerCapability = 0x40;
    private const byte PowerCapabilityId = 0x01;
    private const int MessageCapability = 0x50;
    private const int MessageCapabilityX = 0x70;
    private const int ExpressCapability = 0xa0;
    private const byte ExpressCapabilityId = 0x10;

    private const int CheckSequence = 4;
    private const int LinkTimer = 0;
    private const int ThrottleTimer = 1;

    // Virtual partners agree at once, but not within the register write that begins it.
    private const ulong NegotiationTime = 1_000_000;

    private readonly INetworkPort _network;
    private readonly byte[] _address = new byte[6];
    private readonly IgbEeprom _eeprom;
    private readonly IgbPhy _phy = new();
    private readonly IgbInterrupts _interrupts;
    private readonly IgbStatistics _statistics = new();
    private readonly IgbTransmitter[] _transmitters = new IgbTransmitter[Queues];
    private readonly IgbReceiver[] _receivers = new IgbReceiver[Queues];
    private readonly ReceiveSideScaling _scaling = new();
    private readonly VirtualTimer _negotiation;
    private readonly TimerQueue _timers;
    private readonly MessageTable _vectors;
    private readonly MessageSignal _message;

    // Registers that only keep what is written.
    private readonly uint[] _kept = new uint[RegisterSpace / sizeof(uint)];
    private bool _cable = true;
    private bool _pin;
    private bool _buffersAdded;
    private bool _framesSent;
    private uint _ioAddress;

    /// <summary>Makes a NIC with a cable plugged in.</summary>
    /// <param name="memory">The memory that its descriptors name.</param>
    /// <param name="network">Where its frames go.</param>
    /// <param name="address">Ethernet address, 6 bytes.</param>
    /// <param name="timers">Where its timers run.</param>
    /// <param name="messages">Where its MSI-X messages go.</param>
    /// <param name="guard">Guards it.</param>
    /// <param name="hasPorts">
    /// Whether registers can be reached by ports too. Frames are copied and summed in what registers start, so that ports
    /// must then be served by threads with vector registers.
    /// </param>
    public Igb(
        GuestMemory memory, INetworkPort network, ReadOnlySpan<byte> address, TimerQueue timers, IMessageSink messages, ILock guard,
        bool hasPorts = true)
        : base(Vendor, Device, ClassEthernet, Revision, guard)
    {
        _network = network;
        _timers = timers;
        address.CopyTo(_address);
        _eeprom = new IgbEeprom(_address, Device);
        _vectors = new MessageTable(IgbInterrupts.Vectors, PendingOffset, messages, guard);
        DeclareMemory(0, RegisterSpace, this);
        if (hasPorts)
            DeclarePorts(2, IoPorts, this);
        DeclareMemory(3, MessageSpace, _vectors);
        UseInterruptPin(0);
        Put16(PciRegister.SubsystemVendorId, Vendor);
        Put16(PciRegister.SubsystemId, Subsystem);
        PlaceCapability(PowerCapabilityId, PowerCapability);
        Put16(PowerCapability + 2, 0x0003);
        Define(PowerCapability + 4, 0, 0x03);
        _message = new MessageSignal(this, PlaceCapability(PciRegister.MessageSignalledInterrupts, MessageCapability));
        PlaceCapability(PciRegister.MessageSignalledInterruptsX, MessageCapabilityX);
        Define(MessageCapabilityX + 2, IgbInterrupts.Vectors - 1, 0);
        Define(MessageCapabilityX + 3, 0, 0xc0);
        Put32(MessageCapabilityX + 4, 3);
        Put32(MessageCapabilityX + 8, (uint)PendingOffset | 3);
        PlaceCapability(ExpressCapabilityId, ExpressCapability);
        DeclareExpress();
        _interrupts = new IgbInterrupts(new Signals(this), timers, this, ThrottleTimer);
        _negotiation = timers.Create(this, LinkTimer);
        for (int i = 0; i < Queues; i++)
        {
            _transmitters[i] = new IgbTransmitter(this, i, memory);
            _receivers[i] = new IgbReceiver(this, i, memory);
        }

        ResetRegisters(all: true);
    }

    internal bool TransmitEnabled => (_kept[IgbRegister.TCTL / 4] & IgbBits.TCTL_EN) != 0;

    internal bool PadsShortFrames => (_kept[IgbRegister.TCTL / 4] & IgbBits.TCTL_PSP) != 0;

    internal ushort VlanType => (ushort)_kept[IgbRegister.VET / 4];

    internal int DefaultBufferSize => 2048 >> ((int)(_kept[IgbRegister.RCTL / 4] >> IgbBits.RCTL_BSIZE_Shift) & 3);

    private bool LinkUp => _phy.LinkUp;

    /// <inheritdoc/>
    public override void Reset()
    {
        base.Reset();
        Guard.Enter();
        _vectors.Clear();
        ResetRegisters(all: true);
        Guard.Leave();
    }

    /// <inheritdoc/>
    public ulong ReadMmio(ulong offset, int size)
    {
        Guard.Enter();
        ulong value = ReadRegister((int)offset & ~3);
        if (size == 8)
            value |= (ulong)ReadRegister(((int)offset & ~3) + 4) << 32;
        Guard.Leave();
        return value >> (8 * ((int)offset & 3));
    }

    /// <inheritdoc/>
    public void WriteMmio(ulong offset, int size, ulong value)
    {
        // Section 8.1.1: registers are written as 32 bits.
        if ((offset & 3) != 0 || size < 4)
            return;
        Guard.Enter();
        WriteRegister((int)offset, (uint)value);
        if (size == 8)
            WriteRegister((int)offset + 4, (uint)(value >> 32));
        Finish();
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        Guard.Enter();
        uint value = (port & (IoPorts - 1)) switch
        {
            0 => _ioAddress,
            4 => ReadRegister((int)_ioAddress),
            _ => 0,
        };
        Guard.Leave();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        if (size != 4)
            return;
        Guard.Enter();
        if ((port & (IoPorts - 1)) == 0)
            _ioAddress = value & (RegisterSpace - 4);
        else if ((port & (IoPorts - 1)) == 4)
            WriteRegister((int)_ioAddress, value);
        Finish();
    }

    /// <inheritdoc/>
    public void SendCompleted(int tag)
    {
        (int queue, int frame) = IgbTransmitter.Split(tag);
        Guard.Enter();
        _transmitters[queue].Completed(frame);
        Finish();
    }

    /// <inheritdoc/>
    public void SendReady()
    {
        Guard.Enter();
        RunTransmitters();
        Finish();
    }

    /// <inheritdoc/>
    public void SetLink(bool up)
    {
        Guard.Enter();
        _cable = up;
        if (up)
            Negotiate();
        else
            LoseLink();
        Finish();
    }

    /// <inheritdoc/>
    public void TimerExpired(int cookie)
    {
        Guard.Enter();
        if (cookie == LinkTimer)
            EndNegotiation();
        else
            _interrupts.TimeHasCome();
        Finish();
    }

    internal static bool IsBroadcast(ReadOnlySpan<byte> frame) =>
        frame[0] == 0xff && frame[1] == 0xff && frame[2] == 0xff && frame[3] == 0xff && frame[4] == 0xff && frame[5] == 0xff;

    internal SendResult Send(ReadOnlySpan<byte> header, ReadOnlySpan<GuestSegment> rest, int tag, int length)
    {
        SendResult result = LinkUp ? _network.Send(header, rest, tag) : SendResult.Sent;
        if (result == SendResult.NoRoom)
            return result;
        _framesSent = true;
        _statistics.Sent(header, length + CheckSequence);
        return result;
    }

    internal void TransmitDone(int queue) => _interrupts.RaiseQueue(queue, transmit: true);

    internal void ReceiveDone(int queue) => _interrupts.RaiseQueue(queue, transmit: false);

    internal void BuffersAdded() => _buffersAdded = true;

    /// <inheritdoc/>
    protected override void ConfigurationWritten(int offset, int size)
    {
        _vectors.SetControl(Get16(MessageCapabilityX + 2));
        DrivePin();
    }

    // The network hears of new buffers after the lock is free, since it gives frames at once; and of frames, since it wakes somebody.
    private void Finish()
    {
        bool ready = _buffersAdded;
        bool sent = _framesSent;
        _buffersAdded = false;
        _framesSent = false;
        Guard.Leave();
        if (sent)
            _network.Publish();
        if (ready)
            _network.ReceiveReady();
    }

    private void RunTransmitters()
    {
        foreach (IgbTransmitter transmitter in _transmitters)
            transmitter.Run();
    }

    private void Negotiate()
    {
        if (_cable && _phy.IsPowered && (_kept[IgbRegister.CTRL / 4] & IgbBits.CTRL_SLU) != 0)
            _negotiation.Arm(_timers.Clock.Now + NegotiationTime);
    }

    private void EndNegotiation()
    {
        if (!_cable || !_phy.IsPowered || LinkUp)
            return;
        _phy.LinkUp = true;
        _interrupts.RaiseOther(IgbBits.ICR_LSC);
        RunTransmitters();
        BuffersAdded();
    }

    private void LoseLink()
    {
        _negotiation.Disarm();
        if (!LinkUp)
            return;
        _phy.LinkUp = false;
        _interrupts.RaiseOther(IgbBits.ICR_LSC);
    }

    private void DrivePin()
    {
        SetInterrupt(_pin && !_message.IsEnabled && !_vectors.IsEnabled);
    }

    // An endpoint with function-level reset, one lane at 2.5 GT/s (PCI Express Base 2.0, section 7.8).
    private void DeclareExpress()
    {
        Put16(ExpressCapability + 2, 0x0002);
        Put32(ExpressCapability + 4, 0x1000_8cc2);
        Define(ExpressCapability + 8, 0x10, 0xff);
        Define(ExpressCapability + 9, 0x28, 0x7f);
        Put32(ExpressCapability + 12, 0x0002_6c41);
        Put16(ExpressCapability + 18, 0x1041);
    }

    private sealed class Signals(Igb nic) : IgbSignals
    {
        public override void SendVector(int vector) => nic._vectors.Signal(vector);

        public override void SetPin(bool asserted)
        {
            bool rises = asserted && !nic._pin;
            nic._pin = asserted;
            if (rises && nic._vectors.IsEnabled)
                nic._vectors.Signal(0);
            else if (rises && nic._message.IsEnabled)
                nic._message.Send();
            nic.DrivePin();
        }
    }
}
