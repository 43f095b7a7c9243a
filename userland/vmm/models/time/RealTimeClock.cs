// The battery-backed clock and its memory (Motorola MC146818A data sheet).
using System;

namespace Kilonova.Vmm.Models;

/// <summary>
/// Date, time, alarm, periodic and update interrupts, and 114 bytes of memory for firmware. The time is the machine's clock plus an
/// offset in whole seconds, which changes when the guest sets the clock.
/// </summary>
public sealed class RealTimeClock : IPortDevice, ITimerOwner
{
    /// <summary>Index port; the data port follows.</summary>
    public const ushort Port = 0x70;

    private const int Seconds = 0;
    private const int SecondsAlarm = 1;
    private const int Minutes = 2;
    private const int MinutesAlarm = 3;
    private const int Hours = 4;
    private const int HoursAlarm = 5;
    private const int Weekday = 6;
    private const int Day = 7;
    private const int Month = 8;
    private const int Year = 9;
    private const int RegisterA = 10;
    private const int RegisterB = 11;
    private const int RegisterC = 12;
    private const int RegisterD = 13;
    private const int Century = 0x32;

    private const byte UpdateInProgress = 1 << 7;
    private const byte Set = 1 << 7;
    private const byte PeriodicEnable = 1 << 6;
    private const byte AlarmEnable = 1 << 5;
    private const byte UpdateEnable = 1 << 4;
    private const byte BinaryMode = 1 << 2;
    private const byte TwentyFourHours = 1 << 1;
    private const byte InterruptRequest = 1 << 7;
    private const byte PeriodicFlag = 1 << 6;
    private const byte AlarmFlag = 1 << 5;
    private const byte UpdateFlag = 1 << 4;
    private const byte ValidRam = 1 << 7;
    private const byte PostMeridiem = 1 << 7;
    private const byte AlarmDontCare = 0xc0;

    private const ulong Second = 1_000_000_000;
    private const ulong UpdateWarning = 244_000;
    private const int UpdateTimer = 0;
    private const int PeriodicTimer = 1;

    private readonly IClock _clock;
    private readonly ILock _lock;
    private readonly InterruptLine _interrupt;
    private readonly VirtualTimer _update;
    private readonly VirtualTimer _periodic;
    private readonly byte[] _memory = new byte[128];

    // Seconds since 1970 at clock time 0, rounded down, and nanoseconds by which seconds begin after whole ones of the clock.
    private long _epoch;
    private ulong _phase;
    private ulong _nextPeriod = TimerQueue.Never;
    private byte _index;

    /// <summary>Makes the clock.</summary>
    public RealTimeClock(TimerQueue timers, IWallClock wall, InterruptLine interrupt, ILock guard)
    {
        _clock = timers.Clock;
        _lock = guard;
        _interrupt = interrupt;
        _epoch = wall.SecondsAtStart;
        _update = timers.Create(this, UpdateTimer);
        _periodic = timers.Create(this, PeriodicTimer);
        _memory[RegisterA] = 0x26;
        _memory[RegisterB] = TwentyFourHours;
    }

    /// <summary>Claims the ports.</summary>
    public bool Map(PortBus bus) => bus.Map(Port, 2, this);

    /// <summary>Puts a byte where firmware looks for it. For composition, before the guest runs.</summary>
    public void SetMemory(int index, byte value) => _memory[index] = value;

    /// <summary>A machine reset: interrupts off, time and memory stay.</summary>
    public void Reset()
    {
        _lock.Enter();
        _memory[RegisterB] &= unchecked((byte)~(PeriodicEnable | AlarmEnable | UpdateEnable | 8));
        _memory[RegisterC] = 0;
        _index = 0;
        _interrupt.Set(false);
        ArmPeriodic();
        ArmUpdate();
        _lock.Leave();
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        _lock.Enter();
        uint value = port == Port ? 0xffu : Read();
        if (size > 1 && port == Port)
            value |= (uint)Read() << 8;
        _lock.Leave();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        _lock.Enter();
        if (port == Port)
            _index = (byte)(value & 0x7f);
        if (port != Port)
            Write((byte)value);
        else if (size > 1)
            Write((byte)(value >> 8));
        _lock.Leave();
    }

    void ITimerOwner.TimerExpired(int cookie)
    {
        _lock.Enter();
        if (cookie == PeriodicTimer)
            Period();
        else
            SecondPassed();
        _lock.Leave();
    }

    private byte Read()
    {
        switch (_index)
        {
            case Seconds or Minutes or Hours or Weekday or Day or Month or Year or Century:
                return TimeByte(_index);
            case RegisterA:
                return (byte)(_memory[RegisterA] | (IsUpdating() ? UpdateInProgress : 0));
            case RegisterC:
                byte flags = _memory[RegisterC];
                _memory[RegisterC] = 0;
                _interrupt.Set(false);
                return flags;
            case RegisterD:
                return ValidRam;
            default:
                return _memory[_index];
        }
    }

    private void Write(byte value)
    {
        switch (_index)
        {
            case Seconds or Minutes or Hours or Weekday or Day or Month or Year or Century:
                SetTimeByte(_index, value);
                break;
            case RegisterA:
                _memory[RegisterA] = (byte)(value & 0x7f);
                ArmPeriodic();
                break;
            case RegisterB:
                WriteControl(value);
                break;
            case RegisterC or RegisterD:
                break;
            default:
                _memory[_index] = value;
                break;
        }
    }

    private void WriteControl(byte value)
    {
        byte before = _memory[RegisterB];
        if ((value & Set) != 0 && (before & Set) == 0)
            Freeze();
        _memory[RegisterB] = (value & Set) != 0 ? (byte)(value & ~UpdateEnable) : value;
        if ((value & Set) == 0 && (before & Set) != 0)
            Thaw();
        Signal(0);
        ArmPeriodic();
        ArmUpdate();
    }

    private bool IsUpdating() =>
        (_memory[RegisterB] & Set) == 0 && Second - ((_clock.Now + Second - _phase) % Second) <= UpdateWarning;

    private long Now() => _epoch + (long)((_clock.Now + Second - _phase) / Second) - 1;

    // While SET is on the registers stand in memory, so that they can be written one by one.
    private void Freeze()
    {
        for (int i = 0; i <= Year; i++)
        {
            if (i is not (SecondsAlarm or MinutesAlarm or HoursAlarm))
                _memory[i] = TimeByte(i);
        }

        _memory[Century] = TimeByte(Century);
    }

    private void Thaw()
    {
        int year = Decode(_memory[Year]) + (100 * Decode(_memory[Century]));
        long seconds = CivilTime.ToSeconds(year, Decode(_memory[Month]), Decode(_memory[Day]))
            + (3600L * DecodeHour(_memory[Hours])) + (60L * Decode(_memory[Minutes])) + Decode(_memory[Seconds]);
        _phase = _clock.Now % Second;
        _epoch = seconds - (long)(_clock.Now / Second);
    }

    private void SetTimeByte(int index, byte value)
    {
        bool frozen = (_memory[RegisterB] & Set) != 0;
        if (!frozen)
            Freeze();
        _memory[index] = value;
        if (!frozen)
            Thaw();
    }

    private byte TimeByte(int index)
    {
        if ((_memory[RegisterB] & Set) != 0)
            return _memory[index];
        CivilTime time = CivilTime.FromSeconds(Now());
        return index switch
        {
            Seconds => Encode(time.Second),
            Minutes => Encode(time.Minute),
            Hours => EncodeHour(time.Hour),
            Weekday => Encode(time.Weekday + 1),
            Day => Encode(time.Day),
            Month => Encode(time.Month),
            Year => Encode(time.Year % 100),
            _ => Encode(time.Year / 100),
        };
    }

    private byte Encode(int value) => (byte)((_memory[RegisterB] & BinaryMode) != 0 ? value : (value / 10 << 4) | (value % 10));

    private int Decode(byte value) => (_memory[RegisterB] & BinaryMode) != 0 ? value : (10 * (value >> 4)) + (value & 0xf);

    private byte EncodeHour(int hour)
    {
        if ((_memory[RegisterB] & TwentyFourHours) != 0)
            return Encode(hour);
        int twelve = hour % 12 == 0 ? 12 : hour % 12;
        return (byte)(Encode(twelve) | (hour >= 12 ? PostMeridiem : 0));
    }

    private int DecodeHour(byte value)
    {
        if ((_memory[RegisterB] & TwentyFourHours) != 0)
            return Decode(value);
        int hour = Decode((byte)(value & ~PostMeridiem)) % 12;
        return (value & PostMeridiem) != 0 ? hour + 12 : hour;
    }

    private void Period()
    {
        if (_nextPeriod == TimerQueue.Never || _clock.Now < _nextPeriod)
            return;
        ulong length = PeriodLength();
        // Periods that nobody saw are one interrupt.
        _nextPeriod += ((_clock.Now - _nextPeriod) / length * length) + length;
        _periodic.Arm(_nextPeriod);
        Signal(PeriodicFlag);
    }

    private ulong PeriodLength()
    {
        int rate = _memory[RegisterA] & 0xf;
        if (rate == 0)
            return 0;
        // Rates 1 and 2 are 256 and 128 Hz; 3 is 8192 Hz and each next one half of it.
        int shift = rate < 3 ? rate + 6 : rate - 1;
        return Second * (1ul << shift) / 32768;
    }

    private void ArmPeriodic()
    {
        ulong length = PeriodLength();
        bool wanted = length != 0 && (_memory[RegisterB] & PeriodicEnable) != 0;
        _nextPeriod = wanted ? (_clock.Now / length * length) + length : TimerQueue.Never;
        _periodic.Arm(_nextPeriod);
    }

    private void ArmUpdate()
    {
        bool wanted = (_memory[RegisterB] & (AlarmEnable | UpdateEnable)) != 0 && (_memory[RegisterB] & Set) == 0;
        ulong into = (_clock.Now + Second - _phase) % Second;
        _update.Arm(wanted ? _clock.Now + Second - into : TimerQueue.Never);
    }

    private void SecondPassed()
    {
        if ((_memory[RegisterB] & Set) == 0)
            Signal((byte)(UpdateFlag | (AlarmMatches() ? AlarmFlag : 0)));
        ArmUpdate();
    }

    private bool AlarmMatches() =>
        Matches(SecondsAlarm, Seconds) && Matches(MinutesAlarm, Minutes) && Matches(HoursAlarm, Hours);

    private bool Matches(int alarm, int time) =>
        (_memory[alarm] & AlarmDontCare) == AlarmDontCare || _memory[alarm] == TimeByte(time);

    private void Signal(byte flags)
    {
        // Flags and enables of registers C and B have the same places.
        _memory[RegisterC] |= flags;
        bool asserted = (_memory[RegisterC] & _memory[RegisterB] & (PeriodicFlag | AlarmFlag | UpdateFlag)) != 0;
        if (asserted)
            _memory[RegisterC] |= InterruptRequest;
        _interrupt.Set(asserted);
    }
}
