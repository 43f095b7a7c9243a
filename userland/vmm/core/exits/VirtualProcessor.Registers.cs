// Model-specific and control registers. What the processor keeps for the guest goes there and is remembered here.
using Kilonova.Abi;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Exits;

public sealed partial class VirtualProcessor
{
    private const uint MsrTimestamp = 0x10;
    private const uint MsrSysenterCs = 0x174;
    private const uint MsrSysenterEip = 0x176;
    private const uint MsrPageAttributes = 0x277;
    private const uint MsrExtendedFeatures = 0xc000_0080;
    private const uint MsrStar = 0xc000_0081;
    private const uint MsrCompatibilityStar = 0xc000_0083;
    private const uint MsrFlagMask = 0xc000_0084;
    private const uint MsrTimestampAuxiliary = 0xc000_0103;
    private const int StarRegisters = 4;
    private const int SysenterRegisters = 3;
    private const int UpperHalf = 32;

    private readonly ulong[] _star = new ulong[StarRegisters];
    private readonly ulong[] _sysenter = new ulong[SysenterRegisters];
    private ulong _xcr0 = 1;

    /// <summary>RDMSR and WRMSR on AMD's processors, which tell by the first qualification. Needs as <see cref="ReadMsr"/>, and QUAL.</summary>
    public Mtd MsrSvm(ref ArchitecturalState state) => (state.Qualification1 & 1) == 0 ? ReadMsr(ref state) : WriteMsr(ref state);

    /// <summary>RDMSR. Needs GPR0-7, RFLAGS, RIP, STA, EFER, CR.</summary>
    public Mtd ReadMsr(ref ArchitecturalState state)
    {
        Enter();
        uint number = (uint)state.RCX;
        if (!TryReadOwn(state, number, out ulong value) && !_msrs.TryRead(number, out value))
        {
            RaiseProtection(state);
            return Finish(ref state, Mtd.None);
        }

        state.RAX = (uint)value;
        state.RDX = value >> UpperHalf;
        return Finish(ref state, Mtd.GPR0_7 | Advance(ref state, OpcodeOfTwoBytes));
    }

    /// <summary>WRMSR. Needs as <see cref="ReadMsr"/>.</summary>
    public Mtd WriteMsr(ref ArchitecturalState state)
    {
        Enter();
        uint number = (uint)state.RCX;
        ulong value = (uint)state.RAX | (state.RDX << UpperHalf);
        if (!TryWriteOwn(ref state, number, value, out Mtd written) && !_msrs.TryWrite(number, value))
        {
            RaiseProtection(state);
            return Finish(ref state, Mtd.None);
        }

        if (number == MsrApicBase)
            UpdateLocalDevice();

        return FinishApic(ref state, written | Advance(ref state, OpcodeOfTwoBytes));
    }

    /// <summary>XSETBV: there is no extended state to choose, and so no instruction to choose it with.</summary>
    public Mtd SetExtendedControl(ref ArchitecturalState state) => Undefined(ref state);

    private const uint MsrApicBase = 0x1b;

    /// <summary>The local APIC's registers appear in memory, move, or vanish.</summary>
    public void UpdateLocalDevice()
    {
        _emulator.LocalDevice = _apic.IsMemoryMapped ? _apic : null;
        _emulator.LocalDeviceBase = _apic.Address;
    }

    private bool TryReadOwn(in ArchitecturalState state, uint number, out ulong value)
    {
        switch (number)
        {
            case MsrExtendedFeatures:
                value = state.IA32_EFER & ~SvmEnable;
                return true;
            case >= MsrStar and <= MsrFlagMask:
                value = _star[number - MsrStar];
                return true;
            case >= MsrSysenterCs and <= MsrSysenterEip:
                value = _sysenter[number - MsrSysenterCs];
                return true;
            default:
                value = 0;
                return false;
        }
    }

    // False: not one of these, or a value that it does not take; then nobody else takes it either.
    private bool TryWriteOwn(ref ArchitecturalState state, uint number, ulong value, out Mtd written)
    {
        written = Mtd.None;
        switch (number)
        {
            case MsrExtendedFeatures:
                return TryWriteFeatures(ref state, value, out written);
            case >= MsrStar and <= MsrFlagMask:
                bool isAddress = number is MsrStar + 1 or MsrCompatibilityStar;
                if (isAddress && !IsCanonical(value))
                    return false;
                _star[number - MsrStar] = value;
                state.IA32_STAR = _star[0];
                state.IA32_LSTAR = _star[1];
                state.IA32_FMASK = _star[StarRegisters - 1];
                written = Mtd.SYSCALL;
                return true;
            case >= MsrSysenterCs and <= MsrSysenterEip:
                if (!IsCanonical(value))
                    return false;
                _sysenter[number - MsrSysenterCs] = value;
                state.IA32_SYSENTER_CS = _sysenter[0];
                state.IA32_SYSENTER_ESP = _sysenter[1];
                state.IA32_SYSENTER_EIP = _sysenter[2];
                written = Mtd.SYSENTER;
                return true;
            case MsrPageAttributes:
                if (!_msrs.TryWrite(number, value))
                    return false;
                state.IA32_PAT = value;
                written = Mtd.PAT;
                return true;
            case MsrTimestampAuxiliary:
                if (!_msrs.TryWrite(number, value))
                    return false;
                state.IA32_TSC_AUX = value;
                written = Mtd.TSC;
                return true;
            default:
                return false;
        }
    }

    // AMD APM volume 2, section 3.1.7; Intel SDM volume 3, section 2.2.1. LMA is the processor's.
    private bool TryWriteFeatures(ref ArchitecturalState state, ulong value, out Mtd written)
    {
        const ulong FastFloatingPoint = 1 << 14;
        written = Mtd.None;
        ulong known = Efer.SystemCall | Efer.LongModeEnable | Efer.LongModeActive | Efer.NoExecuteEnable
            | (_kind == VirtualizationKind.Svm ? FastFloatingPoint : 0);
        bool switches = ((state.IA32_EFER ^ value) & Efer.LongModeEnable) != 0;
        if ((value & ~known) != 0 || (switches && (state.CR0 & Cr0.Paging) != 0))
            return false;
        state.IA32_EFER = (value & ~Efer.LongModeActive) | (state.IA32_EFER & Efer.LongModeActive);
        written = Mtd.EFER;
        return true;
    }

    private static bool IsCanonical(ulong address) => (ulong)((long)(address << 16) >> 16) == address;

    // Intercepts of instructions that are not the processor's own business; the kernel adds what it must see itself.
    private void SetControls(ref ArchitecturalState state)
    {
        state.Controls1 = _kind == VirtualizationKind.Svm ? SvmIntercepts.First : VmxControls.Primary;
        state.Controls2 = _kind == VirtualizationKind.Svm ? SvmIntercepts.Second : VmxControls.Secondary;
        state.Controls3 = _kind == VirtualizationKind.Svm ? SvmIntercepts.Control : 0;
        state.CR0Intercepts = 0;

        // What the guest's CPUID does not have faults.
        state.CR4Intercepts = ~_cpuid.ControlBits;
        state.ExceptionIntercepts = 0;
        state.PageFaultErrorMask = 0;
        state.PageFaultErrorMatch = 0;
    }

    private const ulong SvmEnable = 1 << 12;
}
