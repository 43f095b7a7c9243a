// Bits of control registers, flags and page faults (Intel SDM volume 3, sections 2.2 to 2.5, 5.7).
namespace Kilonova.Vmm.Processor;

/// <summary>RFLAGS.</summary>
public static class Rflags
{
    public const ulong Carry = 1 << 0;
    public const ulong Fixed = 1 << 1;
    public const ulong Parity = 1 << 2;
    public const ulong Auxiliary = 1 << 4;
    public const ulong Zero = 1 << 6;
    public const ulong Sign = 1 << 7;
    public const ulong Trap = 1 << 8;
    public const ulong Interrupt = 1 << 9;
    public const ulong Direction = 1 << 10;
    public const ulong Overflow = 1 << 11;
    public const ulong Resume = 1 << 16;
    public const ulong Virtual8086 = 1 << 17;
    public const ulong AlignmentCheck = 1 << 18;

    /// <summary>The flags that arithmetic writes.</summary>
    public const ulong Status = Carry | Parity | Auxiliary | Zero | Sign | Overflow;
}

/// <summary>CR0.</summary>
public static class Cr0
{
    public const ulong ProtectionEnable = 1 << 0;
    public const ulong MonitorCoprocessor = 1 << 1;
    public const ulong Emulation = 1 << 2;
    public const ulong TaskSwitched = 1 << 3;
    public const ulong ExtensionType = 1 << 4;
    public const ulong NumericError = 1 << 5;
    public const ulong WriteProtect = 1 << 16;
    public const ulong AlignmentMask = 1 << 18;
    public const ulong NotWriteThrough = 1 << 29;
    public const ulong CacheDisable = 1 << 30;
    public const ulong Paging = 1u << 31;
}

/// <summary>CR4.</summary>
public static class Cr4
{
    public const ulong Virtual8086Extensions = 1 << 0;
    public const ulong ProtectedVirtualInterrupts = 1 << 1;
    public const ulong TimestampDisable = 1 << 2;
    public const ulong DebuggingExtensions = 1 << 3;
    public const ulong PageSizeExtensions = 1 << 4;
    public const ulong PhysicalAddressExtension = 1 << 5;
    public const ulong MachineCheckEnable = 1 << 6;
    public const ulong PageGlobalEnable = 1 << 7;
    public const ulong PerformanceCounterEnable = 1 << 8;
    public const ulong OsFxsr = 1 << 9;
    public const ulong OsSimdExceptions = 1 << 10;
    public const ulong UserModeInstructionPrevention = 1 << 11;
    public const ulong LinearAddress57 = 1 << 12;
    public const ulong SegmentBaseInstructions = 1 << 16;
    public const ulong ProcessContextIdentifiers = 1 << 17;
    public const ulong OsXsave = 1 << 18;
    public const ulong SupervisorExecutionPrevention = 1 << 20;
    public const ulong SupervisorAccessPrevention = 1 << 21;
}

/// <summary>EFER.</summary>
public static class Efer
{
    public const ulong SystemCall = 1 << 0;
    public const ulong LongModeEnable = 1 << 8;
    public const ulong LongModeActive = 1 << 10;
    public const ulong NoExecuteEnable = 1 << 11;
}

/// <summary>Exception vectors.</summary>
public static class Vectors
{
    public const byte DivideError = 0;
    public const byte Debug = 1;
    public const byte Breakpoint = 3;
    public const byte InvalidOpcode = 6;
    public const byte DeviceNotAvailable = 7;
    public const byte StackFault = 12;
    public const byte GeneralProtection = 13;
    public const byte PageFault = 14;
    public const byte AlignmentCheck = 17;
}
