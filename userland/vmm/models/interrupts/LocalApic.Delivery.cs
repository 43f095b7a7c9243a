// What the virtual CPU asks its local APIC before it enters the guest, and the APIC's timer. Owner only.
using System.Threading;

namespace Kilonova.Vmm.Models;

public sealed partial class LocalApic
{
    private const uint TimerModeMask = 3 << 17;
    private const uint TimerPeriodic = 1 << 17;
    private const uint TimerDeadline = 2 << 17;

    private readonly IClock _clock;
    private readonly TimestampCounter _timestamp;
    private readonly VirtualTimer _timer;
    private uint _initialCount;
    private uint _divide;

    // Nanoseconds of _clock at which the count reaches zero; Never while the timer stands.
    private ulong _expiry = TimerQueue.Never;
    private ulong _deadline;

    /// <summary>The timer counts nanoseconds before division: its input clock has this frequency.</summary>
    public const ulong TimerHertz = 1_000_000_000;

    /// <summary>IA32_TSC_DEADLINE: 0 if the timer is not armed or not in this mode.</summary>
    public ulong DeadlineRegister => _deadline;

    /// <summary>Whether anything may have happened since the last look; cheap enough for every exit.</summary>
    public bool HasEvents => Volatile.Read(ref _events) != 0;

    /// <summary>An interrupt of the 8259 pair waits and LINT0 lets it through.</summary>
    public bool HasExternalInterrupt
    {
        get
        {
            if (Volatile.Read(ref _lint0) == 0)
                return false;
            if ((_base & ApicBase.Enabled) == 0)
                return true;
            uint entry = _lvt[ApicRegister.LvtLint0 - FirstLvt];
            return (entry & ApicBits.LvtMasked) == 0 && Mode(entry) == DeliveryMode.External;
        }
    }

    /// <summary>Takes the fact that an NMI came.</summary>
    public bool TakeNonMaskable() => TakeEvent(EventNonMaskable);

    /// <summary>Whether an NMI came.</summary>
    public bool HasNonMaskable => (Volatile.Read(ref _events) & EventNonMaskable) != 0;

    /// <summary>Takes the fact that an INIT came.</summary>
    public bool TakeInit() => TakeEvent(EventInit);

    /// <summary>Takes a start-up message; one that came earlier and was not taken is lost, as on the processor.</summary>
    public bool TakeStartUp(out byte vector)
    {
        bool taken = TakeEvent(EventStartUp);
        vector = (byte)Volatile.Read(ref _startUpVector);
        return taken;
    }

    /// <summary>Turns a timer that is due into an interrupt request. Before every look at <see cref="PendingVector"/>.</summary>
    public void Poll()
    {
        TakeEndBack();
        if (!TakeEvent(EventTimer))
            return;
        ulong now = _clock.Now;
        if (_expiry == TimerQueue.Never)
            return;
        if (now < _expiry)
        {
            _timer.Arm(_expiry);
            return;
        }

        uint entry = _lvt[0];
        if ((entry & TimerModeMask) == TimerPeriodic)
        {
            // Periods that nobody saw are one interrupt, and the phase stays.
            ulong period = Period();
            _expiry += ((now - _expiry) / period * period) + period;
            _timer.Arm(_expiry);
        }
        else
        {
            _expiry = TimerQueue.Never;
            _deadline = 0;
        }

        if ((entry & ApicBits.LvtMasked) == 0)
            Request((byte)entry, isLevel: false);
    }

    /// <summary>The vector that the processor would take now if it accepts interrupts; -1 if none.</summary>
    public int PendingVector()
    {
        if (!IsEnabled)
            return -1;
        int vector = Highest(_requests);
        return vector >= 0 && (uint)vector >> 4 > _processorPriority >> 4 ? vector : -1;
    }

    /// <summary>The vector of <see cref="PendingVector"/> is being delivered: it goes from requested to in service.</summary>
    public void Acknowledge(int vector)
    {
        uint bit = 1u << (vector & 31);
        Interlocked.And(ref _requests[vector >> 5], ~bit);
        _inService[vector >> 5] |= bit;
        UpdatePriority();
        OfferEnd(vector);
    }

    /// <summary>Writes IA32_TSC_DEADLINE. Without effect unless the timer is in this mode.</summary>
    public void SetDeadline(ulong value)
    {
        if ((_lvt[0] & TimerModeMask) != TimerDeadline)
            return;
        _deadline = value;
        _expiry = value == 0 ? TimerQueue.Never : _timestamp.TimeOf(value);
        ArmTimer();
    }

    private static DeliveryMode Mode(uint entry) => (DeliveryMode)((entry >> ApicBits.ModeShift) & ApicBits.ModeMask);

    private bool TakeEvent(int bit) =>
        (Volatile.Read(ref _events) & bit) != 0 && (Interlocked.And(ref _events, ~bit) & bit) != 0;

    private void EndOfInterrupt()
    {
        int vector = Highest(_inService);
        if (vector < 0)
            return;
        uint bit = 1u << (vector & 31);
        _inService[vector >> 5] &= ~bit;
        UpdatePriority();
        if ((Volatile.Read(ref _levels[vector >> 5]) & bit) != 0)
            _bus.EndOfInterrupt((byte)vector);
    }

    // Section 11.8.3.1: the higher of task priority and highest vector in service, by class.
    private void UpdatePriority()
    {
        int vector = Highest(_inService);
        uint inService = vector < 0 ? 0 : (uint)vector;
        uint priority = _taskPriority >> 4 >= inService >> 4 ? _taskPriority : inService & 0xf0;
        Volatile.Write(ref _processorPriority, priority);
    }

    private int DivideShift() => (int)((((_divide & 8) >> 1) | (_divide & 3)) + 1) & 7;

    private ulong Period() => (ulong)_initialCount << DivideShift();

    private uint CurrentCount()
    {
        if (_expiry == TimerQueue.Never || (_lvt[0] & TimerModeMask) == TimerDeadline)
            return 0;
        ulong now = _clock.Now;
        if (now < _expiry)
            return (uint)((_expiry - now + (1ul << DivideShift()) - 1) >> DivideShift());
        if ((_lvt[0] & TimerModeMask) != TimerPeriodic)
            return 0;
        ulong period = Period();
        return (uint)((period - ((now - _expiry) % period)) >> DivideShift());
    }

    private void StartTimer(uint count)
    {
        if ((_lvt[0] & TimerModeMask) == TimerDeadline)
            return;
        _initialCount = count;
        _expiry = count == 0 ? TimerQueue.Never : _clock.Now + Period();
        ArmTimer();
    }

    private void StopTimer()
    {
        _initialCount = 0;
        _divide = 0;
        _deadline = 0;
        _expiry = TimerQueue.Never;
        _timer.Disarm();
    }

    private void SetDivide(uint value)
    {
        uint left = CurrentCount();
        _divide = value;
        if (left == 0)
            return;
        _expiry = _clock.Now + ((ulong)left << DivideShift());
        ArmTimer();
    }

    // Between one-shot and periodic the count goes on; to and from deadline mode the timer stops (section 11.5.4.1).
    private void ChangeTimerMode(uint before, uint after)
    {
        if (((before ^ after) & TimerDeadline) == 0)
            return;
        _deadline = 0;
        _initialCount = 0;
        _expiry = TimerQueue.Never;
        _timer.Disarm();
    }

    private void ArmTimer()
    {
        if (_expiry == TimerQueue.Never)
        {
            _timer.Disarm();
        }
        else if (_expiry <= _clock.Now)
        {
            // Due at once: the owner looks before it enters the guest.
            _timer.Disarm();
            Interlocked.Or(ref _events, EventTimer);
        }
        else
        {
            _timer.Arm(_expiry);
        }
    }
}
