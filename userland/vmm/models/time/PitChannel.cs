// One counter of the 8254 (Intel 8254 data sheet), computed from the clock instead of counted.
namespace Kilonova.Vmm.Models;

/// <summary>A 16-bit counter with its six modes, binary or BCD. Not locked: the timer is.</summary>
internal sealed class PitChannel
{
    private readonly Frequency _frequency;
    private byte _mode;
    private byte _access = 3;
    private bool _bcd;

    // The count register: 0 means 65536 (10000 in BCD).
    private int _count;
    private int _nextCount;
    private bool _reloads;
    private bool _loaded;
    private bool _halfWritten;
    private bool _gate = true;

    // Time at which counting began, or at which the gate stopped it with _elapsed ticks gone.
    private ulong _start;
    private ulong _elapsed;

    private bool _countLatched;
    private ushort _latch;
    private bool _statusLatched;
    private byte _status;
    private bool _readHigh;

    public PitChannel(Frequency frequency) => _frequency = frequency;

    public bool Gate => _gate;

    /// <summary>Puts the counter where a PC's firmware finds it: counting nothing, output low or high by mode.</summary>
    public void Reset(bool gate)
    {
        _mode = 0;
        _access = 3;
        _bcd = false;
        _loaded = false;
        _halfWritten = false;
        _reloads = false;
        _gate = gate;
        _countLatched = false;
        _statusLatched = false;
        _readHigh = false;
        _elapsed = 0;
    }

    public void Program(byte control, ulong now)
    {
        int access = (control >> 4) & 3;
        if (access == 0)
        {
            LatchCount(now);
            return;
        }

        int mode = (control >> 1) & 7;
        _mode = (byte)(mode > 5 ? mode & 3 : mode);
        _access = (byte)access;
        _bcd = (control & 1) != 0;
        _loaded = false;
        _reloads = false;
        _halfWritten = false;
        _readHigh = false;
        _elapsed = 0;
    }

    public void LatchCount(ulong now)
    {
        if (_countLatched)
            return;
        _latch = Current(now);
        _countLatched = true;
    }

    public void LatchStatus(ulong now)
    {
        if (_statusLatched)
            return;
        _status = (byte)((_bcd ? 1 : 0) | (_mode << 1) | (_access << 4) | (_loaded ? 0 : 1 << 6) | (Output(now) ? 1 << 7 : 0));
        _statusLatched = true;
    }

    public byte Read(ulong now)
    {
        if (_statusLatched)
        {
            _statusLatched = false;
            return _status;
        }

        ushort value = _countLatched ? _latch : Current(now);
        bool high = _access == 2 || (_access == 3 && _readHigh);
        if (_access == 3)
            _readHigh = !_readHigh;
        if (_access != 3 || high)
            _countLatched = false;
        return (byte)(high ? value >> 8 : value);
    }

    public void Write(byte value, ulong now)
    {
        Settle(now);
        switch (_access)
        {
            case 1:
                Load(value, now);
                break;
            case 2:
                Load(value << 8, now);
                break;
            default:
                if (!_halfWritten)
                {
                    _nextCount = value;
                    _halfWritten = true;
                    // Mode 0 stops at the first byte.
                    if (_mode == 0)
                        _loaded = false;
                    break;
                }

                _halfWritten = false;
                Load((value << 8) | (_nextCount & 0xff), now);
                break;
        }
    }

    public void SetGate(bool gate, ulong now)
    {
        if (gate == _gate)
            return;
        Settle(now);
        if (_loaded && !gate && _mode is (0 or 2 or 3 or 4))
            _elapsed = Elapsed(now);
        _gate = gate;
        if (!gate)
            return;
        if (_mode is 1 or 2 or 3 or 5)
            Restart(now);
        else
            _start = now - Time(_elapsed);
    }

    /// <summary>The level of OUT.</summary>
    public bool Output(ulong now)
    {
        if (!_loaded)
            return _mode != 0;
        ulong ticks = Elapsed(now);
        ulong period = Period();
        switch (_mode)
        {
            case 0:
                return ticks >= period;
            case 1:
                return _start == TimerQueue.Never || ticks >= period;
            case 2:
                return !_gate || ticks % period != period - 1;
            case 3:
                return !_gate || ticks % period < (period + 1) / 2;
            default:
                return _start == TimerQueue.Never || ticks != period;
        }
    }

    /// <summary>The next time at which OUT rises; Never if it does not.</summary>
    public ulong NextRise(ulong now)
    {
        if (!_loaded || _start == TimerQueue.Never || (!_gate && _mode is not (1 or 5)))
            return TimerQueue.Never;
        ulong ticks = Elapsed(now);
        ulong period = Period();
        ulong rise = _mode switch
        {
            0 or 1 => period,
            2 or 3 => (ticks / period * period) + period,
            // The strobe is low for one tick.
            _ => period + 1,
        };
        return rise <= ticks ? TimerQueue.Never : _start + _frequency.NanosecondsUntil(rise);
    }

    private ulong Period() => _count == 0 ? _bcd ? 10_000ul : 0x1_0000ul : (ulong)_count;

    private ulong Time(ulong ticks) => _frequency.NanosecondsUntil(ticks);

    private ulong Elapsed(ulong now)
    {
        if (_start == TimerQueue.Never)
            return 0;
        bool stopped = !_gate && _mode is (0 or 2 or 3 or 4);
        return stopped ? _elapsed : _frequency.Ticks(now - _start);
    }

    private void Restart(ulong now)
    {
        _start = now;
        _elapsed = 0;
    }

    // A count written to a running periodic counter takes over at the end of the period.
    private void Settle(ulong now)
    {
        if (!_reloads || _start == TimerQueue.Never)
            return;
        ulong period = Period();
        ulong ticks = Elapsed(now);
        if (ticks < period)
            return;
        _start += _frequency.NanosecondsUntil(period);
        _count = _nextCount;
        _reloads = false;
    }

    /// <summary>Lets a new count of a periodic counter take over if its time has come.</summary>
    public void Advance(ulong now) => Settle(now);

    private void Load(int value, ulong now)
    {
        int count = _bcd ? FromBcd(value) : value;
        bool running = _loaded && _mode is (2 or 3);
        if (running)
        {
            _nextCount = count;
            // The current period goes on: only its end is new.
            ulong period = Period();
            _start += _frequency.NanosecondsUntil(Elapsed(now) / period * period);
            _reloads = true;
            return;
        }

        _count = count;
        // Modes 1 and 5 wait for the gate's rising edge.
        bool waits = _mode is 1 or 5;
        if (!waits)
            Restart(now);
        else if (!_loaded)
            _start = TimerQueue.Never;
        _loaded = true;
    }

    private ushort Current(ulong now)
    {
        if (!_loaded)
            return (ushort)(_bcd ? ToBcd(_count) : _count);
        ulong period = Period();
        ulong ticks = Elapsed(now);
        ulong radix = _bcd ? 10_000ul : 0x1_0000ul;
        ulong value = _mode switch
        {
            2 => period - (ticks % period),
            // Counts down by two, twice in a period.
            3 => period - (2 * ticks % period),
            _ => (period + (radix * ((ticks / radix) + 1)) - ticks) % radix,
        };
        value %= radix;
        return (ushort)(_bcd ? ToBcd((int)value) : (int)value);
    }

    private static int FromBcd(int value) =>
        (value & 0xf) + (10 * ((value >> 4) & 0xf)) + (100 * ((value >> 8) & 0xf)) + (1000 * ((value >> 12) & 0xf));

    private static int ToBcd(int value) =>
        (value % 10) | (value / 10 % 10 << 4) | (value / 100 % 10 << 8) | (value / 1000 % 10 << 12);
}
