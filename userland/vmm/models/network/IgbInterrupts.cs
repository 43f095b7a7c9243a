// Interrupts of an 82576 (data sheet, section 7.3): causes, masks, their vectors, and how often these may interrupt.
using System;

namespace Kilonova.Vmm.Models;

/// <summary>
/// Causes come from queues and from the rest of the NIC. With several MSI-X vectors each queue has one by IVAR, seen in EICR; else all go to
/// ICR and the one interrupt there is. Guarded by the NIC's lock.
/// </summary>
internal sealed class IgbInterrupts
{
    /// <summary>Vectors of the physical function.</summary>
    public const int Vectors = 10;

    /// <summary>Throttles: more than there are vectors, as in the data sheet.</summary>
    public const int Throttles = 25;

    private const int AllocationRegisters = 8;
    private const uint VectorMask = (1u << Throttles) - 1;
    private const uint CauseMask = 0x7fff_ffff;
    private const uint IntervalMask = 0x7ffc;
    private const int IntervalShift = 2;
    private const ulong NanosecondsPerInterval = 1000;

    private readonly IgbSignals _signals;
    private readonly TimerQueue _timers;
    private readonly VirtualTimer _timer;
    private readonly uint[] _allocation = new uint[AllocationRegisters];
    private readonly uint[] _throttle = new uint[Throttles];

    // When a vector may interrupt again, and which wait for that.
    private readonly ulong[] _quietUntil = new ulong[Throttles];
    private uint _waiting;

    // Bits of EICR that have been set, or enabled, and have sent no message yet.
    private uint _fresh;

    private uint _cause;
    private uint _mask;
    private uint _autoMask;
    private uint _mode;
    private uint _extendedCause;
    private uint _extendedMask;
    private uint _autoClear;
    private uint _extendedAutoMask;
    private uint _otherAllocation;

    public IgbInterrupts(IgbSignals signals, TimerQueue timers, ITimerOwner owner, int cookie)
    {
        _signals = signals;
        _timers = timers;
        _timer = timers.Create(owner, cookie);
    }

    private bool HasManyVectors => (_mode & IgbBits.GPIE_Multiple) != 0;

    /// <summary>The state after reset.</summary>
    public void Reset()
    {
        _cause = _mask = _autoMask = _mode = _extendedCause = _extendedMask = _autoClear = _extendedAutoMask = _otherAllocation = 0;
        Array.Clear(_allocation);
        Array.Clear(_throttle);
        Array.Clear(_quietUntil);
        _waiting = _fresh = 0;
        _timer.Disarm();
        Update();
    }

    /// <summary>Whether an offset belongs to the interrupt registers, the old names of some included.</summary>
    public static bool Owns(int register) => register is (>= IgbRegister.ICR and <= IgbRegister.EIAM) or IgbRegister.EICR
        or (>= IgbRegister.EITR and < IgbRegister.EITR + (4 * Throttles)) or (>= IgbRegister.IVAR and < IgbRegister.IVAR + (4 * AllocationRegisters))
        or IgbRegister.IVAR_MISC;

    public uint Read(int register)
    {
        switch (register)
        {
            case IgbRegister.ICR:
                return ReadCause();
            case IgbRegister.IMS:
                return _mask;
            case IgbRegister.IAM:
                return _autoMask;
            case IgbRegister.GPIE:
                return _mode;
            case IgbRegister.EICR:
                uint cause = _extendedCause;
                if (!HasManyVectors)
                    _extendedCause = 0;
                if ((_mode & IgbBits.GPIE_EIAME) != 0)
                    _extendedMask &= ~_extendedAutoMask;
                Update();
                return cause;
            case IgbRegister.EIMS:
                return _extendedMask;
            case IgbRegister.EIAC:
                return _autoClear;
            case IgbRegister.EIAM:
                return _extendedAutoMask;
            case IgbRegister.IVAR_MISC:
                return _otherAllocation;
            case >= IgbRegister.IVAR and < IgbRegister.IVAR_MISC:
                return _allocation[(register - IgbRegister.IVAR) / 4];
            case >= IgbRegister.EITR and < IgbRegister.IVAR:
                return _throttle[(register - IgbRegister.EITR) / 4];
            default:
                return 0;
        }
    }

    public void Write(int register, uint value)
    {
        switch (register)
        {
            case IgbRegister.ICR:
                _cause &= ~value;
                break;
            case IgbRegister.ICS:
                _cause |= value & CauseMask;
                RaiseOtherVector();
                break;
            case IgbRegister.IMS:
                _mask |= value & CauseMask;
                RaiseOtherVector();
                break;
            case IgbRegister.IMC:
                _mask &= ~value;
                break;
            case IgbRegister.IAM:
                _autoMask = value & CauseMask;
                break;
            case IgbRegister.GPIE:
                _mode = value;
                break;
            case IgbRegister.EICR:
                _extendedCause &= ~value;
                break;
            case IgbRegister.EICS:
                RaiseVectors(value);
                break;
            case IgbRegister.EIMS:
                _fresh |= _extendedCause & ~_extendedMask & value;
                _extendedMask |= value & VectorMask;
                break;
            case IgbRegister.EIMC:
                _extendedMask &= ~value;
                break;
            case IgbRegister.EIAC:
                _autoClear = value & VectorMask;
                break;
            case IgbRegister.EIAM:
                _extendedAutoMask = value & VectorMask;
                break;
            case IgbRegister.IVAR_MISC:
                _otherAllocation = value;
                break;
            case >= IgbRegister.IVAR and < IgbRegister.IVAR_MISC:
                _allocation[(register - IgbRegister.IVAR) / 4] = value;
                break;
            case >= IgbRegister.EITR and < IgbRegister.IVAR:
                SetThrottle((register - IgbRegister.EITR) / 4, value);
                break;
        }

        Update();
    }

    /// <summary>A queue has something to tell.</summary>
    public void RaiseQueue(int queue, bool transmit)
    {
        // Section 7.3.1.2: registers hold the entries of queues n and n + 8: receive, transmit, receive, transmit.
        uint entry = _allocation[queue % AllocationRegisters] >> ((queue >= AllocationRegisters ? 16 : 0) + (transmit ? 8 : 0));
        if ((entry & IgbBits.IVAR_Valid) != 0)
            RaiseVectors(1u << (int)(entry & 0x1f));
        if (!HasManyVectors)
            _cause |= transmit ? IgbBits.ICR_TXDW : IgbBits.ICR_RXDW;
        Update();
    }

    /// <summary>Something else has happened.</summary>
    public void RaiseOther(uint cause)
    {
        _cause |= cause;
        RaiseOtherVector();
        Update();
    }

    /// <summary>A throttled vector's time may have come.</summary>
    public void TimeHasCome() => Update();

    private void RaiseVectors(uint vectors)
    {
        _extendedCause |= vectors & VectorMask;
        _fresh |= vectors & VectorMask;
    }

    // Section 7.3.1.2: all that is not a queue shares a vector.
    private void RaiseOtherVector()
    {
        if ((_cause & _mask) != 0 && (_otherAllocation >> 8 & IgbBits.IVAR_Valid) != 0)
            RaiseVectors(1u << (int)(_otherAllocation >> 8 & 0x1f));
    }

    private uint ReadCause()
    {
        uint cause = _cause;
        bool asserted = (_cause & _mask) != 0;
        _cause = 0;
        if (asserted)
            _mask &= ~_autoMask;
        Update();
        return cause | (asserted ? IgbBits.ICR_INTA : 0);
    }

    private void SetThrottle(int vector, uint value)
    {
        _throttle[vector] = value & IntervalMask;
        if (_throttle[vector] == 0)
            _quietUntil[vector] = 0;
    }

    /// <summary>Interrupts for whatever is pending, enabled and not throttled.</summary>
    public void Update()
    {
        if (HasManyVectors)
            UpdateVectors();
        else
            UpdateSingle();
    }

    private void UpdateVectors()
    {
        _signals.SetPin(false);
        uint pending = _extendedCause & _extendedMask & _fresh;
        for (int vector = 0; pending >> vector != 0; vector++)
        {
            uint bit = 1u << vector;
            if ((pending & bit) == 0 || IsQuiet(vector))
                continue;
            _signals.SendVector(vector);
            _fresh &= ~bit;
            _extendedCause &= ~(_autoClear & bit);
            if ((_mode & IgbBits.GPIE_EIAME) != 0)
                _extendedMask &= ~(_extendedAutoMask & bit);
        }
    }

    private void UpdateSingle()
    {
        bool pending = (_cause & _mask) != 0 || (_extendedCause & _extendedMask) != 0;
        if (pending && IsQuiet(0))
            return;
        _signals.SetPin(pending);
    }

    // Starts the vector's quiet time if there is none, else sees to it that somebody looks again at its end.
    private bool IsQuiet(int vector)
    {
        ulong interval = (_throttle[vector] >> IntervalShift) * NanosecondsPerInterval;
        if (interval == 0)
            return false;
        ulong now = _timers.Clock.Now;
        if (now >= _quietUntil[vector])
        {
            _quietUntil[vector] = now + interval;
            _waiting &= ~(1u << vector);
            return false;
        }

        _waiting |= 1u << vector;
        ulong first = TimerQueue.Never;
        for (int i = 0; i < Throttles; i++)
        {
            if ((_waiting & (1u << i)) != 0 && _quietUntil[i] > now)
                first = Math.Min(first, _quietUntil[i]);
        }

        _timer.Arm(first);
        return true;
    }
}

/// <summary>The ways in which a NIC's interrupts leave it.</summary>
internal abstract class IgbSignals
{
    /// <summary>Signals an MSI-X vector.</summary>
    public abstract void SendVector(int vector);

    /// <summary>Asserts or deasserts the single interrupt, by pin, MSI or vector 0.</summary>
    public abstract void SetPin(bool asserted);
}
