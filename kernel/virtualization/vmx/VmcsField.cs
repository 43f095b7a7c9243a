namespace Kilonova.Kernel;

/// <summary>
/// Encodings of VMCS fields (SDM volume 3, appendix B). Bits 14-13 tell the width: 16 bits, 64 bits, 32 bits, natural; bits 11-10 the kind:
/// control, read-only, guest state, host state.
/// </summary>
public static class VmcsField
{
    public const uint Vpid = 0x0000;

    public const uint GuestEs = 0x0800;
    public const uint GuestCs = 0x0802;
    public const uint GuestSs = 0x0804;
    public const uint GuestDs = 0x0806;
    public const uint GuestFs = 0x0808;
    public const uint GuestGs = 0x080a;
    public const uint GuestLdtr = 0x080c;
    public const uint GuestTr = 0x080e;

    public const uint HostEs = 0x0c00;
    public const uint HostCs = 0x0c02;
    public const uint HostSs = 0x0c04;
    public const uint HostDs = 0x0c06;
    public const uint HostFs = 0x0c08;
    public const uint HostGs = 0x0c0a;
    public const uint HostTr = 0x0c0c;

    public const uint IoBitmapA = 0x2000;
    public const uint IoBitmapB = 0x2002;
    public const uint MsrBitmap = 0x2004;
    public const uint TscOffset = 0x2010;
    public const uint VirtualApicPage = 0x2012;
    public const uint EptPointer = 0x201a;
    public const uint XssExitBitmap = 0x202c;
    public const uint GuestPhysicalAddress = 0x2400;
    public const uint LinkPointer = 0x2800;
    public const uint GuestDebugControl = 0x2802;
    public const uint GuestPat = 0x2804;
    public const uint GuestEfer = 0x2806;
    public const uint GuestPdpte0 = 0x280a;
    public const uint HostPat = 0x2c00;
    public const uint HostEfer = 0x2c02;

    public const uint PinControls = 0x4000;
    public const uint PrimaryControls = 0x4002;
    public const uint ExceptionBitmap = 0x4004;
    public const uint PageFaultErrorMask = 0x4006;
    public const uint PageFaultErrorMatch = 0x4008;
    public const uint Cr3TargetCount = 0x400a;
    public const uint ExitControls = 0x400c;
    public const uint ExitMsrStoreCount = 0x400e;
    public const uint ExitMsrLoadCount = 0x4010;
    public const uint EntryControls = 0x4012;
    public const uint EntryMsrLoadCount = 0x4014;
    public const uint EntryInterruption = 0x4016;
    public const uint EntryInterruptionError = 0x4018;
    public const uint EntryInstructionLength = 0x401a;
    public const uint TprThreshold = 0x401c;
    public const uint SecondaryControls = 0x401e;
    public const uint PauseGap = 0x4020;
    public const uint PauseWindow = 0x4022;

    public const uint InstructionError = 0x4400;
    public const uint ExitReason = 0x4402;
    public const uint ExitInterruption = 0x4404;
    public const uint ExitInterruptionError = 0x4406;
    public const uint Vectoring = 0x4408;
    public const uint VectoringError = 0x440a;
    public const uint ExitInstructionLength = 0x440c;
    public const uint ExitInstructionInfo = 0x440e;

    /// <summary>Of ES. Those of the other segment registers follow in the order of the selectors, then GDTR and IDTR.</summary>
    public const uint GuestLimits = 0x4800;

    /// <summary>Of ES. Those of the other segment registers follow.</summary>
    public const uint GuestAccessRights = 0x4814;

    public const uint Interruptibility = 0x4824;
    public const uint Activity = 0x4826;
    public const uint GuestSmbase = 0x4828;
    public const uint GuestSysenterCs = 0x482a;
    public const uint HostSysenterCs = 0x4c00;

    public const uint Cr0Mask = 0x6000;
    public const uint Cr4Mask = 0x6002;
    public const uint Cr0Shadow = 0x6004;
    public const uint Cr4Shadow = 0x6006;
    public const uint Qualification = 0x6400;
    public const uint GuestLinearAddress = 0x640a;
    public const uint GuestCr0 = 0x6800;
    public const uint GuestCr3 = 0x6802;
    public const uint GuestCr4 = 0x6804;

    /// <summary>Of ES. Those of the other segment registers follow, then GDTR and IDTR.</summary>
    public const uint GuestBases = 0x6806;

    public const uint GuestDr7 = 0x681a;
    public const uint GuestRsp = 0x681c;
    public const uint GuestRip = 0x681e;
    public const uint GuestRflags = 0x6820;
    public const uint PendingDebugExceptions = 0x6822;
    public const uint GuestSysenterEsp = 0x6824;
    public const uint GuestSysenterEip = 0x6826;

    public const uint HostCr0 = 0x6c00;
    public const uint HostCr3 = 0x6c02;
    public const uint HostCr4 = 0x6c04;
    public const uint HostFsBase = 0x6c06;
    public const uint HostGsBase = 0x6c08;
    public const uint HostTrBase = 0x6c0a;
    public const uint HostGdtrBase = 0x6c0c;
    public const uint HostIdtrBase = 0x6c0e;
    public const uint HostSysenterEsp = 0x6c10;
    public const uint HostSysenterEip = 0x6c12;
    public const uint HostRsp = 0x6c14;
    public const uint HostRip = 0x6c16;
}
