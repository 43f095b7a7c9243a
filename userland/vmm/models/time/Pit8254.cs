// The interval timer of a PC: an 8254 with its speaker gate at port 0x61 (Intel 8254 data sheet; ISA).
namespace Kilonova.Vmm.Models;

/// <summary>Three counters at 1.193182 MHz. Counter 0 drives interrupt 0, counter 2 the speaker and whoever calibrates by it.</summary>
public sealed class Pit8254 : IPortDevice, ITimerOwner
{
    /// <summary>First of four ports.</summary>
    public const ushort Port = 0x40;

    /// <summary>System control port B: gate and output of counter 2.</summary>
    public const ushort ControlPortB = 0x61;

    /// <summary>Input clock of the counters.</summary>
    public const ulong Hertz = 1_193_182;

    private const byte Gate2 = 1 << 0;
    private const byte SpeakerData = 1 << 1;
    private const byte RefreshToggle = 1 << 4;
    private const byte Output2 = 1 << 5;
    private const ulong RefreshPeriod = 15_085;

    private readonly IClock _clock;
    private readonly ILock _lock;
    private readonly InterruptLine _interrupt;
    private readonly VirtualTimer _timer;
    private readonly PitChannel[] _channels = new PitChannel[3];
    private byte _controlB;
    private bool _level;
    private ulong _nextRise = TimerQueue.Never;

    /// <summary>Makes the timer.</summary>
    public Pit8254(TimerQueue timers, InterruptLine interrupt, ILock guard)
    {
        _clock = timers.Clock;
        _lock = guard;
        _interrupt = interrupt;
        _timer = timers.Create(this);
        for (int i = 0; i < _channels.Length; i++)
            _channels[i] = new PitChannel(new Frequency(Hertz));
        Clear();
    }

    /// <summary>Claims the ports.</summary>
    public bool Map(PortBus bus) => bus.Map(Port, 4, this) && bus.Map(ControlPortB, 1, this);

    /// <summary>The state after power-on.</summary>
    public void Reset()
    {
        _lock.Enter();
        Clear();
        Update();
        _lock.Leave();
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        _lock.Enter();
        ulong now = _clock.Now;
        uint value = 0;
        for (int i = 0; i < size; i++)
            value |= (uint)ReadByte(port + i, now) << (8 * i);
        _lock.Leave();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        _lock.Enter();
        ulong now = _clock.Now;
        for (int i = 0; i < size; i++)
            WriteByte(port + i, (byte)(value >> (8 * i)), now);
        Update();
        _lock.Leave();
    }

    void ITimerOwner.TimerExpired(int cookie)
    {
        _lock.Enter();
        Update();
        _lock.Leave();
    }

    private void Clear()
    {
        for (int i = 0; i < _channels.Length; i++)
            _channels[i].Reset(gate: i != 2);
        _controlB = 0;
    }

    private byte ReadByte(int port, ulong now)
    {
        if (port == ControlPortB)
        {
            bool refresh = (now / RefreshPeriod & 1) != 0;
            return (byte)(_controlB | (_channels[2].Output(now) ? Output2 : 0) | (refresh ? RefreshToggle : 0));
        }

        int channel = port - Port;
        if (channel == 3)
            return 0;
        _channels[channel].Advance(now);
        return _channels[channel].Read(now);
    }

    private void WriteByte(int port, byte value, ulong now)
    {
        if (port == ControlPortB)
        {
            _controlB = (byte)(value & (Gate2 | SpeakerData | 0xc));
            _channels[2].SetGate((value & Gate2) != 0, now);
            return;
        }

        int channel = port - Port;
        if (channel < 3)
            _channels[channel].Write(value, now);
        else if (value >> 6 < 3)
            _channels[value >> 6].Program(value, now);
        else
            ReadBack(value, now);
    }

    private void ReadBack(byte value, ulong now)
    {
        for (int i = 0; i < 3; i++)
        {
            if ((value & (2 << i)) == 0)
                continue;
            _channels[i].Advance(now);
            if ((value & (1 << 5)) == 0)
                _channels[i].LatchCount(now);
            if ((value & (1 << 4)) == 0)
                _channels[i].LatchStatus(now);
        }
    }

    // Counter 0's output is interrupt 0. Falls matter to nobody and are not waited for; rises that nobody saw are one edge.
    private void Update()
    {
        ulong now = _clock.Now;
        PitChannel channel = _channels[0];
        channel.Advance(now);
        bool level = channel.Output(now);
        if (_level && (!level || now >= _nextRise))
            _interrupt.Set(false);
        if (level && (!_level || now >= _nextRise))
            _interrupt.Set(true);
        _level = level;
        _nextRise = channel.NextRise(now);
        _timer.Arm(_nextRise);
    }
}
