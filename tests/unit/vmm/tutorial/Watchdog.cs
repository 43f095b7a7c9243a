using Kilonova.Vmm;

namespace Kilonova.Vmm.Tutorial;

/// <summary>
/// A watchdog: unless the guest writes again in time, first an interrupt reminds it, then its machine is reset. Port 0 is the time in
/// milliseconds, 16 bits, 0 for none; a write begins the time anew. Port 2 tells whether it has been reminded; a write of 1 acknowledges.
/// </summary>
public sealed class Watchdog : IPortDevice, ITimerOwner
{
    /// <summary>Ports that the device has.</summary>
    public const int Ports = 4;

    private const ulong NanosecondsPerMillisecond = 1_000_000;
    private const ushort TimePort = 0;
    private const ushort ReminderPort = 2;
    private const uint Acknowledge = 1;

    private readonly ushort _first;
    private readonly InterruptLine _line;
    private readonly IMachineControl _machine;
    private readonly IClock _clock;
    private readonly VirtualTimer _timer;

    // Guards what follows: virtual CPUs write the ports, the timer's thread expires.
    private readonly ILock _lock;
    private ushort _time;
    private ulong _deadline = TimerQueue.Never;
    private bool _isReminded;

    /// <summary>Makes a watchdog that sleeps.</summary>
    public Watchdog(ushort first, InterruptLine line, TimerQueue timers, IMachineControl machine, ILock guard)
    {
        _first = first;
        _line = line;
        _machine = machine;
        _clock = timers.Clock;
        _timer = timers.Create(this);
        _lock = guard;
    }

    /// <summary>Claims the ports.</summary>
    /// <returns>False if another device has one of them.</returns>
    public bool Map(PortBus bus) => bus.Map(_first, Ports, this);

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        _lock.Enter();
        uint value = (ushort)(port - _first) == TimePort ? _time : _isReminded ? 1u : 0;
        _lock.Leave();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        _lock.Enter();
        switch ((ushort)(port - _first))
        {
            case TimePort:
                _time = (ushort)value;
                Begin();
                break;
            case ReminderPort when (value & Acknowledge) != 0:
                _isReminded = false;
                _line.Set(false);
                break;
        }

        _lock.Leave();
    }

    /// <inheritdoc/>
    public void TimerExpired(int cookie)
    {
        _lock.Enter();
        // The guest may have written at the same moment: then there is another deadline by now.
        if (_deadline <= _clock.Now)
        {
            if (_isReminded)
                _machine.Request(MachineRequest.Reset);

            _isReminded = true;
            _line.Set(true);
            Begin();
        }

        _lock.Leave();
    }

    // Under the lock.
    private void Begin()
    {
        _deadline = _time == 0 ? TimerQueue.Never : _clock.Now + (_time * NanosecondsPerMillisecond);
        _timer.Arm(_deadline);
    }
}
