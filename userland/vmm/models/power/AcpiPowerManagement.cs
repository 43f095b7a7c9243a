// The ACPI fixed hardware: PM1 event and control blocks, PM timer, general purpose events (ACPI 6.4, sections 4.8.3 and 4.8.4).
namespace Kilonova.Vmm.Models;

/// <summary>Power button, sleep states, timer and events of a machine, at 64 ports. Its interrupt is level-triggered (SCI).</summary>
public sealed class AcpiPowerManagement : IPortDevice, ITimerOwner
{
    /// <summary>Where a machine's firmware tables say the block is.</summary>
    public const ushort DefaultPort = 0x600;

    /// <summary>Ports of the block.</summary>
    public const int Ports = 0x40;

    /// <summary>PM1a event block: status and enable, 2 bytes each.</summary>
    public const int EventOffset = 0x00;

    /// <summary>PM1a control block, 2 bytes.</summary>
    public const int ControlOffset = 0x04;

    /// <summary>PM timer, 4 bytes, 32 bits wide.</summary>
    public const int TimerOffset = 0x08;

    /// <summary>General purpose event block 0: two bytes of status, two of enable.</summary>
    public const int GeneralEventOffset = 0x20;

    /// <summary>Port at which FADT's ACPI_ENABLE and ACPI_DISABLE values are written.</summary>
    public const ushort CommandPort = 0xb2;

    /// <summary>ACPI_ENABLE.</summary>
    public const byte EnableCommand = 0xa0;

    /// <summary>ACPI_DISABLE.</summary>
    public const byte DisableCommand = 0xa1;

    /// <summary>SLP_TYP of soft off, as the DSDT's _S5 says.</summary>
    public const byte SoftOffType = 5;

    /// <summary>Frequency of the PM timer.</summary>
    public const ulong TimerHertz = 3_579_545;

    private const ushort TimerStatus = 1 << 0;
    private const ushort GlobalStatus = 1 << 5;
    private const ushort PowerButtonStatus = 1 << 8;
    private const ushort SleepButtonStatus = 1 << 9;
    private const ushort ClockStatus = 1 << 10;
    private const ushort WakeStatus = 1 << 15;
    private const ushort EnableBits = TimerStatus | GlobalStatus | PowerButtonStatus | SleepButtonStatus | ClockStatus;
    private const ushort SciEnable = 1 << 0;
    private const ushort SleepEnable = 1 << 13;
    private const int SleepTypeShift = 10;
    private const ulong HalfRange = 1ul << 31;

    private readonly IClock _clock;
    private readonly ILock _lock;
    private readonly InterruptLine _interrupt;
    private readonly IMachineControl _machine;
    private readonly ushort _port;
    private readonly VirtualTimer _timer;
    private readonly Frequency _frequency = new Frequency(TimerHertz);
    private ushort _status;
    private ushort _enable;
    private ushort _control = SciEnable;
    private ushort _generalStatus;
    private ushort _generalEnable;

    /// <summary>Makes the block.</summary>
    public AcpiPowerManagement(TimerQueue timers, InterruptLine interrupt, IMachineControl machine, ILock guard, ushort port = DefaultPort)
    {
        _clock = timers.Clock;
        _lock = guard;
        _interrupt = interrupt;
        _machine = machine;
        _port = port;
        _timer = timers.Create(this);
    }

    /// <summary>Claims the ports.</summary>
    public bool Map(PortBus bus) => bus.Map(_port, Ports, this) && bus.Map(CommandPort, 1, this);

    /// <summary>The state after a machine reset. The machine is in ACPI mode from the beginning.</summary>
    public void Reset()
    {
        _lock.Enter();
        _status = 0;
        _enable = 0;
        _control = SciEnable;
        _generalStatus = 0;
        _generalEnable = 0;
        Update();
        _lock.Leave();
    }

    /// <summary>Presses the power button: a request to the guest. Any thread.</summary>
    public void PressPowerButton()
    {
        _lock.Enter();
        _status |= PowerButtonStatus;
        Update();
        _lock.Leave();
    }

    /// <summary>Signals a general purpose event. Any thread.</summary>
    /// <param name="number">0 to 15.</param>
    public void SignalEvent(int number)
    {
        _lock.Enter();
        _generalStatus |= (ushort)(1 << number);
        Update();
        _lock.Leave();
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        _lock.Enter();
        uint value = 0;
        if (port == CommandPort)
        {
            value = 0;
        }
        else if (port - _port == TimerOffset && size == 4)
        {
            value = (uint)_frequency.Ticks(_clock.Now);
        }
        else
        {
            for (int i = 0; i < size; i++)
                value |= (uint)ReadByte(port - _port + i) << (8 * i);
        }

        _lock.Leave();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        bool off = false;
        _lock.Enter();
        if (port == CommandPort)
        {
            if ((byte)value == EnableCommand)
                _control |= SciEnable;
            else if ((byte)value == DisableCommand)
                _control &= unchecked((ushort)~SciEnable);
        }
        else
        {
            for (int i = 0; i < size; i++)
                off |= WriteByte(port - _port + i, (byte)(value >> (8 * i)));
        }

        Update();
        _lock.Leave();
        if (off)
            _machine.Request(MachineRequest.PowerOff);
    }

    void ITimerOwner.TimerExpired(int cookie)
    {
        _lock.Enter();
        _status |= TimerStatus;
        Update();
        _lock.Leave();
    }

    private byte ReadByte(int offset) => offset switch
    {
        EventOffset => (byte)_status,
        EventOffset + 1 => (byte)(_status >> 8),
        EventOffset + 2 => (byte)_enable,
        EventOffset + 3 => (byte)(_enable >> 8),
        ControlOffset => (byte)_control,
        ControlOffset + 1 => (byte)(_control >> 8),
        >= TimerOffset and < TimerOffset + 4 => (byte)(_frequency.Ticks(_clock.Now) >> (8 * (offset - TimerOffset))),
        GeneralEventOffset => (byte)_generalStatus,
        GeneralEventOffset + 1 => (byte)(_generalStatus >> 8),
        GeneralEventOffset + 2 => (byte)_generalEnable,
        GeneralEventOffset + 3 => (byte)(_generalEnable >> 8),
        _ => 0,
    };

    // True: the guest has entered soft off.
    private bool WriteByte(int offset, byte value)
    {
        int shift = 8 * (offset & 1);
        ushort bits = (ushort)(value << shift);
        ushort keep = (ushort)(0xff00 >> shift);
        switch (offset)
        {
            case EventOffset or EventOffset + 1:
                _status &= (ushort)~bits;
                break;
            case EventOffset + 2 or EventOffset + 3:
                _enable = (ushort)(((_enable & keep) | bits) & EnableBits);
                break;
            case ControlOffset or ControlOffset + 1:
                _control = (ushort)((((_control & keep) | bits) & ~(SciEnable | SleepEnable)) | (_control & SciEnable));
                return (bits & SleepEnable) != 0 && ((_control >> SleepTypeShift) & 7) == SoftOffType;
            case GeneralEventOffset or GeneralEventOffset + 1:
                _generalStatus &= (ushort)~bits;
                break;
            case GeneralEventOffset + 2 or GeneralEventOffset + 3:
                _generalEnable = (ushort)((_generalEnable & keep) | bits);
                break;
        }

        return false;
    }

    // TMR_STS is set whenever the timer's top bit changes.
    private void Update()
    {
        bool asserted = (_status & _enable & EnableBits) != 0 || (_generalStatus & _generalEnable) != 0;
        _interrupt.Set(asserted && (_control & SciEnable) != 0);
        if ((_enable & TimerStatus) == 0 || (_status & TimerStatus) != 0)
        {
            _timer.Disarm();
            return;
        }

        ulong ticks = _frequency.Ticks(_clock.Now);
        _timer.Arm(_frequency.NanosecondsUntil((ticks / HalfRange * HalfRange) + HalfRange));
    }
}
