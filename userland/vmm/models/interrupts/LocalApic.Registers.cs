// Registers of the local APIC, used on the owning virtual CPU's exit path only.
using System.Threading;

namespace Kilonova.Vmm.Models;

public sealed partial class LocalApic
{
    private const int FirstLvt = ApicRegister.LvtTimer;
    private const int LvtEntries = 6;

    private readonly uint[] _inService = new uint[ApicRegister.Words];
    private readonly uint[] _lvt = new uint[LvtEntries];
    private uint _taskPriority;
    private uint _command;
    private uint _commandHigh;
    private uint _errors;
    private uint _pendingErrors;

    /// <summary>Guest-physical address of the registers.</summary>
    public ulong Address => _base & 0x000f_ffff_ffff_f000;

    /// <summary>Whether the registers are in memory: enabled and not in x2APIC mode.</summary>
    public bool IsMemoryMapped => (_base & (ApicBase.Enabled | ApicBase.Extended)) == ApicBase.Enabled;

    /// <summary>IA32_APIC_BASE.</summary>
    public ulong BaseRegister => _base;

    /// <summary>CR8: bits 7 to 4 of the task priority.</summary>
    public uint TaskPriorityClass
    {
        get => _taskPriority >> 4;
        set
        {
            _taskPriority = (value & 0xf) << 4;
            UpdatePriority();
        }
    }

    /// <summary>The state after power-on. Pending requests are forgotten.</summary>
    public void Reset()
    {
        Volatile.Write(ref _base, ApicBase.DefaultAddress | ApicBase.Enabled | (IsBootstrap ? ApicBase.Bootstrap : 0));
        Volatile.Write(ref _events, 0);
        Clear();
    }

    /// <summary>The state after INIT: as after power-on, but the mode and the base address stay.</summary>
    public void Init() => Clear();

    /// <summary>
    /// What firmware does on the bootstrap processor so that an operating system without APIC support gets the 8259 pair's interrupts.
    /// </summary>
    public void EnableVirtualWire()
    {
        Volatile.Write(ref _spurious, 0xff | ApicBits.SoftwareEnabled);
        _lvt[ApicRegister.LvtLint0 - FirstLvt] = (uint)DeliveryMode.External << ApicBits.ModeShift;
        _lvt[ApicRegister.LvtLint1 - FirstLvt] = (uint)DeliveryMode.NonMaskable << ApicBits.ModeShift;
    }

    /// <summary>Writes IA32_APIC_BASE. False: #GP.</summary>
    public bool TrySetBase(ulong value)
    {
        const ulong Known = 0x000f_ffff_ffff_f000 | ApicBase.Bootstrap | ApicBase.Extended | ApicBase.Enabled;
        const ulong Mode = ApicBase.Extended | ApicBase.Enabled;
        ulong before = _base & Mode;
        ulong after = value & Mode;
        // Figure 11-27: x2APIC mode is entered from xAPIC mode only, and left by disabling only.
        bool allowed = after != ApicBase.Extended && !(before == 0 && after == Mode) && !(before == Mode && after == ApicBase.Enabled);
        if ((value & ~Known) != 0 || !allowed)
            return false;
        Volatile.Write(ref _base, (value & ~ApicBase.Bootstrap) | (IsBootstrap ? ApicBase.Bootstrap : 0));
        if (after == 0 && before != 0)
            Clear();
        else if (after == Mode && before != Mode)
            Volatile.Write(ref _logicalDestination, ExtendedLogicalId(Id));
        return true;
    }

    /// <inheritdoc/>
    public ulong ReadMmio(ulong offset, int size)
    {
        if ((offset & 0xf) >= 4)
            return 0;
        TakeEndBack();
        ulong value = 0;
        int register = (int)(offset >> 4);
        if (register == ApicRegister.Id)
            value = Id << 24;
        else if (register == ApicRegister.DestinationFormat)
            value = _destinationFormat;
        else if (register == ApicRegister.InterruptCommandHigh)
            value = _commandHigh;
        else if (!TryRead(register, out value))
            _pendingErrors |= ApicBits.ErrorIllegalRegister;
        return value >> (8 * (int)(offset & 3));
    }

    /// <inheritdoc/>
    public void WriteMmio(ulong offset, int size, ulong value)
    {
        // Registers are written as aligned doublewords; what else is written goes nowhere.
        if ((offset & 0xf) != 0 || size < 4)
            return;
        TakeEndBack();
        int register = (int)(offset >> 4);
        switch (register)
        {
            case ApicRegister.Id or ApicRegister.Version:
                break;
            case ApicRegister.LogicalDestination:
                Volatile.Write(ref _logicalDestination, (uint)value & 0xff00_0000);
                break;
            case ApicRegister.DestinationFormat:
                Volatile.Write(ref _destinationFormat, (uint)value | 0x0fff_ffff);
                break;
            case ApicRegister.InterruptCommandHigh:
                _commandHigh = (uint)value & 0xff00_0000;
                break;
            case ApicRegister.InterruptCommand:
                _command = (uint)value & ~ApicBits.LvtDeliveryPending;
                Send(_command, _commandHigh >> 24, isWide: false);
                break;
            case ApicRegister.EndOfInterrupt:
                EndOfInterrupt();
                break;
            case ApicRegister.SelfInterrupt:
                break;
            default:
                if (!TryWrite(register, (uint)value))
                    _pendingErrors |= ApicBits.ErrorIllegalRegister;
                break;
        }
    }

    /// <summary>Reads an x2APIC register. False: #GP.</summary>
    /// <param name="msr">0x800 to 0x8ff.</param>
    /// <param name="value">The register.</param>
    public bool TryReadMsr(uint msr, out ulong value)
    {
        value = 0;
        if (!IsExtended)
            return false;
        TakeEndBack();
        int register = (int)(msr & 0xff);
        switch (register)
        {
            case ApicRegister.Id:
                value = Id;
                return true;
            case ApicRegister.InterruptCommand:
                value = _command | ((ulong)_commandHigh << 32);
                return true;
            case ApicRegister.EndOfInterrupt or ApicRegister.ArbitrationPriority:
                return false;
            default:
                return TryRead(register, out value);
        }
    }

    /// <summary>Writes an x2APIC register. False: #GP.</summary>
    public bool TryWriteMsr(uint msr, ulong value)
    {
        if (!IsExtended)
            return false;
        TakeEndBack();
        int register = (int)(msr & 0xff);
        if (register == ApicRegister.InterruptCommand)
        {
            const ulong CommandReserved = 0xfff3_2000;
            if ((value & CommandReserved) != 0)
                return false;
            _command = (uint)value & ~ApicBits.LvtDeliveryPending;
            _commandHigh = (uint)(value >> 32);
            Send(_command, _commandHigh, isWide: true);
            return true;
        }

        if (value > uint.MaxValue)
            return false;
        switch (register)
        {
            case ApicRegister.EndOfInterrupt:
                if (value != 0)
                    return false;
                EndOfInterrupt();
                return true;
            case ApicRegister.ErrorStatus when value != 0:
                return false;
            case ApicRegister.SelfInterrupt:
                if (value > ApicBits.VectorMask)
                    return false;
                Send((uint)value | (1u << ApicBits.ShorthandShift), 0, isWide: true);
                return true;
            case ApicRegister.TaskPriority when value > 0xff:
                return false;
            default:
                return TryWrite(register, (uint)value);
        }
    }

    private void Clear()
    {
        for (int i = 0; i < ApicRegister.Words; i++)
        {
            Volatile.Write(ref _requests[i], 0);
            Volatile.Write(ref _levels[i], 0);
            _inService[i] = 0;
        }

        for (int i = 0; i < LvtEntries; i++)
            _lvt[i] = ApicBits.LvtMasked;
        _taskPriority = 0;
        _command = 0;
        _commandHigh = 0;
        _errors = 0;
        _pendingErrors = 0;
        Volatile.Write(ref _receivedErrors, 0);
        Volatile.Write(ref _spurious, 0xff);
        Volatile.Write(ref _destinationFormat, uint.MaxValue);
        Volatile.Write(ref _logicalDestination, IsExtended ? ExtendedLogicalId(Id) : 0);
        StopTimer();
        ForgetEnd();
        UpdatePriority();
    }

    private bool TryRead(int register, out ulong result)
    {
        uint value;
        switch (register)
        {
            case ApicRegister.Version:
                value = VersionValue;
                break;
            case ApicRegister.TaskPriority:
                value = _taskPriority;
                break;
            case ApicRegister.ArbitrationPriority or ApicRegister.ProcessorPriority:
                value = _processorPriority;
                break;
            case ApicRegister.EndOfInterrupt:
                value = 0;
                break;
            case ApicRegister.LogicalDestination:
                value = _logicalDestination;
                break;
            case ApicRegister.SpuriousVector:
                value = _spurious;
                break;
            case >= ApicRegister.InService and < ApicRegister.TriggerMode:
                value = _inService[register - ApicRegister.InService];
                break;
            case >= ApicRegister.TriggerMode and < ApicRegister.InterruptRequest:
                value = Volatile.Read(ref _levels[register - ApicRegister.TriggerMode]);
                break;
            case >= ApicRegister.InterruptRequest and < ApicRegister.ErrorStatus:
                value = Volatile.Read(ref _requests[register - ApicRegister.InterruptRequest]);
                break;
            case ApicRegister.ErrorStatus:
                value = _errors;
                break;
            case ApicRegister.InterruptCommand:
                value = _command;
                break;
            case >= FirstLvt and < FirstLvt + LvtEntries:
                value = _lvt[register - FirstLvt];
                break;
            case ApicRegister.InitialCount:
                value = _initialCount;
                break;
            case ApicRegister.CurrentCount:
                value = CurrentCount();
                break;
            case ApicRegister.DivideConfiguration:
                value = _divide;
                break;
            default:
                result = 0;
                return false;
        }

        result = value;
        return true;
    }

    private bool TryWrite(int register, uint value)
    {
        switch (register)
        {
            case ApicRegister.TaskPriority:
                _taskPriority = value & 0xff;
                UpdatePriority();
                return true;
            case ApicRegister.SpuriousVector:
                WriteSpurious(value);
                return true;
            case ApicRegister.ErrorStatus:
                // A write makes the errors seen since the last one readable.
                _errors = _pendingErrors | Interlocked.Exchange(ref _receivedErrors, 0);
                _pendingErrors = 0;
                return true;
            case >= FirstLvt and < FirstLvt + LvtEntries:
                WriteLvt(register - FirstLvt, value);
                return true;
            case ApicRegister.InitialCount:
                StartTimer(value);
                return true;
            case ApicRegister.CurrentCount:
                return !IsExtended;
            case ApicRegister.DivideConfiguration:
                SetDivide(value & 0xb);
                return true;
            default:
                return false;
        }
    }

    private void WriteSpurious(uint value)
    {
        Volatile.Write(ref _spurious, value & (0xff | ApicBits.SoftwareEnabled));
        if ((value & ApicBits.SoftwareEnabled) != 0)
            return;
        // Section 11.4.7.2: while disabled by software all mask bits are set.
        for (int i = 0; i < LvtEntries; i++)
            _lvt[i] |= ApicBits.LvtMasked;
    }

    private void WriteLvt(int entry, uint value)
    {
        const uint Timer = 0x0007_00ff;
        const uint Local = 0x0001_a7ff;
        const uint Error = 0x0001_00ff;
        const uint Monitor = 0x0001_07ff;
        uint writable = (entry + FirstLvt) switch
        {
            ApicRegister.LvtTimer => Timer,
            ApicRegister.LvtLint0 or ApicRegister.LvtLint1 => Local,
            ApicRegister.LvtError => Error,
            _ => Monitor,
        };
        value &= writable;
        if ((_spurious & ApicBits.SoftwareEnabled) == 0)
            value |= ApicBits.LvtMasked;
        uint before = _lvt[entry];
        _lvt[entry] = value;
        if (entry + FirstLvt == ApicRegister.LvtTimer)
            ChangeTimerMode(before, value);
    }

    private void Send(uint command, uint destination, bool isWide)
    {
        var mode = (DeliveryMode)((command >> ApicBits.ModeShift) & ApicBits.ModeMask);
        bool level = (command & ApicBits.CommandLevel) != 0;
        // INIT level de-assert only synchronised arbitration IDs of processors long gone.
        if (mode == DeliveryMode.Init && level && (command & ApicBits.CommandAssert) == 0)
            return;
        if (mode is DeliveryMode.Fixed or DeliveryMode.LowestPriority && (command & ApicBits.VectorMask) < 16)
        {
            _pendingErrors |= ApicBits.ErrorSendIllegalVector;
            return;
        }

        var message = new ApicMessage
        {
            Destination = destination,
            IsWide = isWide,
            IsLogical = (command & ApicBits.CommandLogical) != 0,
            Mode = mode,
            Vector = (byte)command,
        };
        switch ((command >> ApicBits.ShorthandShift) & 3)
        {
            case 0:
                _bus.Deliver(message);
                break;
            case 1:
                Accept(message);
                break;
            case 2:
                _bus.Broadcast(message, null);
                break;
            default:
                _bus.Broadcast(message, this);
                break;
        }
    }
}
