// Model-specific registers that a guest may use and that the processor does not keep for it (Intel SDM volume 4; AMD APM volume 2,
// appendix A). EFER, STAR, the FS, GS and SYSENTER registers and the like are part of the virtual CPU's hardware state.
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Policy;

/// <summary>The model-specific registers of one virtual CPU. Used on its exit path only.</summary>
public sealed class MsrPolicy
{
    private const uint PlatformId = 0x17;
    private const uint TimeStampCounter = 0x10;
    private const uint ApicBaseAddress = 0x1b;
    private const uint FeatureControl = 0x3a;
    private const uint TimestampAdjust = 0x3b;
    private const uint MicrocodeRevision = 0x8b;
    private const uint PlatformInfo = 0xce;
    private const uint MtrrCapabilities = 0xfe;
    private const uint MachineCheckCapabilities = 0x179;
    private const uint MachineCheckStatus = 0x17a;
    private const uint MiscEnable = 0x1a0;
    private const uint FirstVariableMtrr = 0x200;
    private const uint PageAttributes = 0x277;
    private const uint MtrrDefaultType = 0x2ff;
    private const uint TimestampDeadline = 0x6e0;
    private const uint FirstExtendedApic = 0x800;
    private const uint LastExtendedApic = 0x8ff;
    private const uint WallClock = 0x4b56_4d00;
    private const uint SystemTime = 0x4b56_4d01;
    private const uint ParavirtualEnd = 0x4b56_4d04;
    private const uint TimestampAuxiliary = 0xc000_0103;
    private const uint AmdSystemConfiguration = 0xc001_0010;
    private const uint AmdHardwareConfiguration = 0xc001_0015;
    private const uint AmdNorthBridge = 0xc001_001f;
    private const uint AmdInterruptPending = 0xc001_0055;

    private const int VariableMtrrs = 8;
    private const int FixedMtrrs = 11;
    private const ulong FeatureControlLocked = 1;
    private const ulong FastStrings = 1;
    private const ulong DefaultPageAttributes = 0x0007_0406_0007_0406;
    private const ulong WriteBackEnabled = 6 | (1 << 11);

    private readonly LocalApic _apic;
    private readonly TimestampCounter _timestamp;
    private readonly ParavirtualClock _clock;
    private readonly bool _isAmd;
    private readonly ulong[] _variable = new ulong[2 * VariableMtrrs];
    private readonly ulong[] _fixed = new ulong[FixedMtrrs];
    private ulong _defaultType;
    private ulong _miscEnable;
    private ulong _auxiliary;

    /// <summary>Makes the registers of one virtual CPU.</summary>
    public MsrPolicy(LocalApic apic, TimestampCounter timestamp, ParavirtualClock clock, bool isAmd)
    {
        _apic = apic;
        _timestamp = timestamp;
        _clock = clock;
        _isAmd = isAmd;
        Reset();
    }

    /// <summary>IA32_PAT, which the environment may keep in hardware.</summary>
    public ulong PageAttributeTable { get; set; }

    /// <summary>The state after power-on, with the memory types that firmware sets: everything write-back.</summary>
    public void Reset()
    {
        for (int i = 0; i < _variable.Length; i++)
            _variable[i] = 0;
        for (int i = 0; i < _fixed.Length; i++)
            _fixed[i] = 0;
        _defaultType = WriteBackEnabled;
        _miscEnable = FastStrings;
        _auxiliary = 0;
        PageAttributeTable = DefaultPageAttributes;
        _clock.Disable();
    }

    /// <summary>Tells the guest, by the clock that it shares with its hypervisor, that it stood still.</summary>
    public void NoteStandstill() => _clock.NoteStandstill();

    /// <summary>RDMSR. False: #GP.</summary>
    public bool TryRead(uint msr, out ulong value)
    {
        value = 0;
        switch (msr)
        {
            case >= FirstExtendedApic and <= LastExtendedApic:
                return _apic.TryReadMsr(msr, out value);
            case TimestampDeadline:
                value = _apic.DeadlineRegister;
                return true;
            case TimeStampCounter:
                value = _timestamp.Value;
                return true;
            case TimestampAdjust:
                value = _timestamp.Adjust;
                return true;
            case ApicBaseAddress:
                value = _apic.BaseRegister;
                return true;
            case FeatureControl:
                value = FeatureControlLocked;
                return !_isAmd;
            case MtrrCapabilities:
                // Write combining, fixed ranges, eight variable ranges.
                value = VariableMtrrs | (1 << 8) | (1 << 10);
                return true;
            case MtrrDefaultType:
                value = _defaultType;
                return true;
            case MiscEnable:
                value = _miscEnable;
                return !_isAmd;
            case PageAttributes:
                value = PageAttributeTable;
                return true;
            case TimestampAuxiliary:
                value = _auxiliary;
                return true;
            case PlatformId or MicrocodeRevision or PlatformInfo or MachineCheckCapabilities or MachineCheckStatus:
                return true;
            case AmdSystemConfiguration or AmdHardwareConfiguration or AmdNorthBridge or AmdInterruptPending:
                return _isAmd;
            case SystemTime:
                value = _clock.SystemTimeRegister;
                return true;
            case WallClock:
                value = _clock.WallClockRegister;
                return true;
            case ParavirtualEnd:
                value = _apic.ParavirtualEndRegister;
                return _apic.Memory != null;
            default:
                return TryMtrr(msr, write: false, ref value);
        }
    }

    /// <summary>WRMSR. False: #GP.</summary>
    public bool TryWrite(uint msr, ulong value)
    {
        switch (msr)
        {
            case >= FirstExtendedApic and <= LastExtendedApic:
                return _apic.TryWriteMsr(msr, value);
            case TimestampDeadline:
                _apic.SetDeadline(value);
                return true;
            case TimeStampCounter:
                _timestamp.Value = value;
                return true;
            case TimestampAdjust:
                _timestamp.Adjust = value;
                return true;
            case ApicBaseAddress:
                return _apic.TrySetBase(value);
            case MtrrDefaultType:
                if ((value & ~0xcfful) != 0 || !IsMemoryType(value & 0xff))
                    return false;
                _defaultType = value;
                return true;
            case MiscEnable:
                _miscEnable = value;
                return !_isAmd;
            case PageAttributes:
                if (!IsPageAttributeTable(value))
                    return false;
                PageAttributeTable = value;
                return true;
            case TimestampAuxiliary:
                _auxiliary = (uint)value;
                return value <= uint.MaxValue;
            case MicrocodeRevision or MachineCheckStatus:
                return true;
            case AmdSystemConfiguration or AmdHardwareConfiguration or AmdNorthBridge or AmdInterruptPending:
                return _isAmd;
            case SystemTime:
                return _clock.TrySetSystemTime(value);
            case WallClock:
                return _clock.TrySetWallClock(value);
            case ParavirtualEnd:
                return _apic.TrySetParavirtualEnd(value);
            default:
                return TryMtrr(msr, write: true, ref value);
        }
    }

    private static bool IsMemoryType(ulong type) => type is 0 or 1 or 4 or 5 or 6;

    private static bool IsPageAttributeTable(ulong value)
    {
        for (int i = 0; i < 8; i++)
        {
            ulong type = (value >> (8 * i)) & 0xff;
            if (!IsMemoryType(type) && type != 7)
                return false;
        }

        return true;
    }

    // Memory types do nothing here; guests check what they wrote.
    private bool TryMtrr(uint msr, bool write, ref ulong value)
    {
        ulong[] registers = _fixed;
        int index = msr switch
        {
            0x250 => 0,
            0x258 or 0x259 => (int)msr - 0x257,
            >= 0x268 and <= 0x26f => (int)msr - 0x265,
            _ => -1,
        };
        if (msr - FirstVariableMtrr < 2 * VariableMtrrs)
        {
            registers = _variable;
            index = (int)(msr - FirstVariableMtrr);
        }

        if (index < 0)
            return false;
        if (write)
            registers[index] = value;
        else
            value = registers[index];
        return true;
    }
}
