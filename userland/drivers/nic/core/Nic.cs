using System;
using Kilonova.Net;
using Kilonova.Registers;

namespace Kilonova.Nic;

/// <summary>
/// A gigabit controller: rings of one queue each way, filters, link, statistics. It never copies: buffers are named by device address and
/// come back by number. One thread at a time; it calls <see cref="HandleInterrupt"/> and <see cref="Advance"/> from time to time.
/// </summary>
public sealed partial class Nic<TRegisters, TMemory, TClock> : IPacketDevice
    where TRegisters : struct, IRegisters
    where TMemory : struct, IDmaMemory
    where TClock : struct, IClock
{
    /// <summary>Bytes of memory that a controller needs for its rings.</summary>
    public const int MemorySize = 2 * DescriptorRing<TRegisters, TMemory>.Size;

    /// <summary>Bytes of a buffer for reception.</summary>
    public const uint BufferSize = 2048;

    /// <summary>Most bytes of a packet, without frame check sequence.</summary>
    public const uint MaxPacket = PacketRules.MaxPacket;

    /// <summary>Fewest bytes of a packet: its header. The controller pads it.</summary>
    public const uint MinPacket = PacketRules.MinPacket;

    /// <summary>Most pieces of a packet.</summary>
    public const int MaxSegments = 8;

    // Microseconds.
    private const ulong ResetTime = 100_000;
    private const ulong SettleTime = 20;
    private const ulong EepromTime = 10_000;
    private const ulong HangTime = 2_000_000;
    private const ulong StatisticsTime = 1_000_000;

    private readonly TRegisters _registers;
    private readonly TClock _clock;
    private readonly NicModel _model;
    private readonly DescriptorRing<TRegisters, TMemory> _receive;
    private readonly DescriptorRing<TRegisters, TMemory> _transmit;
    private readonly int _receiveFirst;
    private readonly int _transmitFirst;
    private readonly ulong[] _addresses = new ulong[NicRegister.ReceiveAddresses];
    private readonly uint[] _multicast = new uint[NicRegister.MtaWords];
    private uint _receiveControl = NicBit.RctlBroadcast;
    private ulong _lastProgress;
    private ulong _lastStatistics;

    private Nic(TRegisters registers, TMemory memory, TClock clock, NicModel model)
    {
        _registers = registers;
        _clock = clock;
        _model = model;
        _receiveFirst = model == NicModel.I82576 ? RingRegister.Receive82576 : RingRegister.Receive;
        _transmitFirst = model == NicModel.I82576 ? RingRegister.Transmit82576 : RingRegister.Transmit;
        _receive = new DescriptorRing<TRegisters, TMemory>(registers, _receiveFirst, memory, 0);
        _transmit = new DescriptorRing<TRegisters, TMemory>(registers, _transmitFirst, memory, DescriptorRing<TRegisters, TMemory>.Size);
    }

    /// <summary>The controller's own address; the first byte on the wire is the lowest.</summary>
    public ulong Address => _addresses[0];

    /// <summary>Whether the link is up.</summary>
    public bool IsUp { get; private set; }

    /// <summary>Speed of the link in Mbit/s; 0 while it is down.</summary>
    public uint Speed { get; private set; }

    /// <summary>What was counted, up to a second ago.</summary>
    public NicStatistics Statistics { get; } = new();

    /// <summary>Resets a controller and starts it, waiting up to some tenths of a second.</summary>
    /// <param name="registers">Its registers.</param>
    /// <param name="memory">At least <see cref="MemorySize"/> bytes.</param>
    /// <param name="clock">The time.</param>
    /// <param name="model">What it is.</param>
    /// <param name="nic">The controller; null when it does not come out of reset or has no address.</param>
    public static bool TryStart(
        TRegisters registers, TMemory memory, TClock clock, NicModel model, out Nic<TRegisters, TMemory, TClock>? nic)
    {
        nic = null;
        if (model == NicModel.None || memory.Length < MemorySize || registers.Length < 0x1_0000)
            return false;

        var started = new Nic<TRegisters, TMemory, TClock>(registers, memory, clock, model);
        if (!started.TryReset() || !started.TryReadAddress())
            return false;

        started.Configure();
        nic = started;
        return true;
    }

    /// <summary>Serves an interrupt: acknowledges it and looks at the link. Packets are found by the methods for them.</summary>
    public void HandleInterrupt()
    {
        var causes = _registers.Read32(NicRegister.Icr);
        if ((causes & NicBit.IntLink) != 0)
            ReadLink();
    }

    /// <summary>
    /// Lets time pass: statistics, link, and a controller that has stopped sending is reset.
    /// </summary>
    /// <returns>When to call again at the latest, in microseconds of the clock.</returns>
    public ulong Advance()
    {
        var now = _clock.Now;
        if (now - _lastStatistics >= StatisticsTime)
        {
            _lastStatistics = now;
            ReadStatistics();
            ReadLink();
        }

        if (_transmit.IsEmpty || !IsUp)
            _lastProgress = now;
        else if (now - _lastProgress >= HangTime)
            Restart();

        return _lastStatistics + StatisticsTime;
    }

    /// <summary>Says which packets come: those to up to 15 further addresses, to groups by their hash, or all.</summary>
    /// <param name="addresses">Addresses besides the controller's own.</param>
    /// <param name="groups">Multicast addresses. More may come than were asked for.</param>
    /// <param name="all">Everything on the wire.</param>
    /// <returns>False when there are too many addresses.</returns>
    public bool TrySetFilter(ReadOnlySpan<ulong> addresses, ReadOnlySpan<ulong> groups, bool all)
    {
        if (addresses.Length >= _addresses.Length)
            return false;

        _addresses.AsSpan(1).Clear();
        addresses.CopyTo(_addresses.AsSpan(1));
        Array.Clear(_multicast, 0, _multicast.Length);
        foreach (var group in groups)
        {
            // Bits 47-36 of the address: 82540EM manual, section 13.5.1, offset 0.
            var hash = (uint)(group >> 36) & 0xfff;
            _multicast[hash >> 5] |= 1u << (int)(hash & 31);
        }

        _receiveControl = NicBit.RctlBroadcast | (all ? NicBit.RctlAllUnicast | NicBit.RctlAllMulticast : 0);
        WriteFilter();
        _registers.Write32(NicRegister.Rctl, NicBit.RctlEnable | NicBit.RctlStripCrc | _receiveControl);
        return true;
    }

    /// <inheritdoc/>
    public bool TryRestart()
    {
        if (!TryReset())
            return false;

        Configure();
        _lostCount = 0;
        return true;
    }

    private bool TryReset()
    {
        _registers.Write32(NicRegister.Imc, uint.MaxValue);
        _registers.Write32(NicRegister.Rctl, 0);
        _registers.Write32(NicRegister.Tctl, NicBit.TctlPad);
        if (_model != NicModel.I82540)
        {
            // No request of the controller's own is under way when it is reset. 82574, section 3.1.3.10; 82576, section 5.2.3.3.
            _registers.Write32(NicRegister.Ctrl, _registers.Read32(NicRegister.Ctrl) | NicBit.CtrlMasterDisable);
            _ = Wait(NicRegister.Status, NicBit.StatusMaster, 0, ResetTime);
        }

        _registers.Write32(NicRegister.Ctrl, _registers.Read32(NicRegister.Ctrl) | NicBit.CtrlReset);
        Pause(SettleTime);
        if (!Wait(NicRegister.Ctrl, NicBit.CtrlReset, 0, ResetTime))
            return false;

        if (_model != NicModel.I82540)
            _ = Wait(NicRegister.Eecd, NicBit.EecdAutoReadDone, NicBit.EecdAutoReadDone, ResetTime);

        _registers.Write32(NicRegister.Imc, uint.MaxValue);
        if (_model == NicModel.I82576)
            _registers.Write32(NicRegister.Eimc, uint.MaxValue);

        _ = _registers.Read32(NicRegister.Icr);
        IsUp = false;
        Speed = 0;
        return true;
    }

    // The reset has loaded it into the first receive address; otherwise it is in the EEPROM's first three words.
    private bool TryReadAddress()
    {
        var high = _registers.Read32(NicRegister.Rah);
        var address = _registers.Read32(NicRegister.Ral) | (ulong)(ushort)high << 32;
        if ((high & NicBit.RahValid) == 0 || address == 0)
        {
            address = 0;
            for (var word = 0; word < 3; word++)
            {
                if (!TryReadEeprom((uint)word, out var data))
                    return false;

                address |= (ulong)data << (16 * word);
            }
        }

        _addresses[0] = address;
        const ulong GroupBit = 1;
        return address != 0 && (address & GroupBit) == 0;
    }

    private bool TryReadEeprom(uint word, out ushort data)
    {
        var isOld = _model == NicModel.I82540;
        var done = isOld ? NicBit.EerdDone82540 : NicBit.EerdDone;
        _registers.Write32(NicRegister.Eerd, NicBit.EerdStart | word << (isOld ? NicBit.EerdAddressShift82540 : NicBit.EerdAddressShift));
        var read = Wait(NicRegister.Eerd, done, done, EepromTime);
        data = (ushort)(_registers.Read32(NicRegister.Eerd) >> NicBit.EerdDataShift);
        return read;
    }

    private void Configure()
    {
        var control = _registers.Read32(NicRegister.Ctrl);
        control &= ~(NicBit.CtrlLinkReset | NicBit.CtrlPhyReset | NicBit.CtrlInvertSignal | NicBit.CtrlForceSpeed | NicBit.CtrlForceDuplex
            | NicBit.CtrlVlan | NicBit.CtrlMasterDisable);
        _registers.Write32(NicRegister.Ctrl, control | NicBit.CtrlLinkUp | NicBit.CtrlAutoSpeed);
        RestartNegotiation();
        WriteFilter();
        _receive.Reset();
        _transmit.Reset();
        if (_model == NicModel.I82576)
        {
            _registers.Write32(_receiveFirst + RingRegister.Srrctl, NicBit.SrrctlOneBuffer);
            _registers.Write32(_receiveFirst + RingRegister.Dctl, NicBit.DctlEnable);
            _registers.Write32(_transmitFirst + RingRegister.Dctl, NicBit.DctlEnable);
            _ = Wait(_receiveFirst + RingRegister.Dctl, NicBit.DctlEnable, NicBit.DctlEnable, ResetTime);
            _ = Wait(_transmitFirst + RingRegister.Dctl, NicBit.DctlEnable, NicBit.DctlEnable, ResetTime);
            _registers.Write32(NicRegister.Ivar0, NicBit.IvarBothToFirst);
        }

        _registers.Write32(NicRegister.Rxcsum, NicBit.RxcsumIp | NicBit.RxcsumTransport);
        _registers.Write32(NicRegister.Tipg, NicBit.TipgCopper);
        _registers.Write32(
            NicRegister.Tctl, NicBit.TctlEnable | NicBit.TctlPad | NicBit.TctlCollisions | NicBit.TctlDistance | NicBit.TctlRetransmitLate);
        _registers.Write32(NicRegister.Rctl, NicBit.RctlEnable | NicBit.RctlStripCrc | _receiveControl);
        _lastProgress = _lastStatistics = _clock.Now;
        ReadLink();
        _registers.Write32(NicRegister.Ims, NicBit.IntAll);
    }

    // The PHY keeps its state over a reset of the controller, and may have been left without a link.
    private void RestartNegotiation()
    {
        if (_model != NicModel.I82576)
            return;

        const uint Control = NicBit.PhyControl << NicBit.MdicRegisterShift;
        _registers.Write32(NicRegister.Mdic, NicBit.MdicWrite | NicBit.MdicPhy | Control | NicBit.PhyNegotiate);
        _ = Wait(NicRegister.Mdic, NicBit.MdicReady, NicBit.MdicReady, EepromTime);
    }

    private void WriteFilter()
    {
        for (var i = 0; i < _addresses.Length; i++)
        {
            var valid = _addresses[i] != 0 ? NicBit.RahValid : 0;
            _registers.Write32(NicRegister.Ral + i * NicRegister.AddressSize, (uint)_addresses[i]);
            _registers.Write32(NicRegister.Rah + i * NicRegister.AddressSize, (ushort)(_addresses[i] >> 32) | valid);
        }

        for (var i = 0; i < _multicast.Length; i++)
            _registers.Write32(NicRegister.Mta + i * sizeof(uint), _multicast[i]);
    }

    private void ReadLink()
    {
        var status = _registers.Read32(NicRegister.Status);
        IsUp = (status & NicBit.StatusLinkUp) != 0;
        Speed = !IsUp ? 0u : (status >> NicBit.StatusSpeedShift & NicBit.StatusSpeedMask) switch
        {
            0 => 10u,
            1 => 100u,
            _ => 1000u,
        };
    }

    private void ReadStatistics()
    {
        Statistics.ReceivedPackets += _registers.Read32(NicRegister.Gprc);
        Statistics.SentPackets += _registers.Read32(NicRegister.Gptc);
        Statistics.ReceivedBytes += ReadBytes(NicRegister.Gorcl, NicRegister.Gorch);
        Statistics.SentBytes += ReadBytes(NicRegister.Gotcl, NicRegister.Gotch);
        Statistics.Missed += _registers.Read32(NicRegister.Mpc) + (ulong)_registers.Read32(NicRegister.Rnbc);
        Statistics.Damaged += _registers.Read32(NicRegister.Crcerrs) + (ulong)_registers.Read32(NicRegister.Roc);
    }

    // The upper half clears both.
    private ulong ReadBytes(int low, int high)
    {
        ulong bytes = _registers.Read32(low);
        return bytes | (ulong)_registers.Read32(high) << 32;
    }

    private bool Wait(int register, uint mask, uint value, ulong time)
    {
        var start = _clock.Now;
        while ((_registers.Read32(register) & mask) != value)
        {
            if (_clock.Now - start > time)
                return false;
        }

        return true;
    }

    private void Pause(ulong time)
    {
        var start = _clock.Now;
        while (_clock.Now - start < time)
        {
        }
    }
}
