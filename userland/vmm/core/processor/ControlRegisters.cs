// What a write to CR0 or CR4 does to a processor (Intel SDM volume 2, MOV to and from control registers; volume 3, sections 2.5, 5.4.1,
// 5.10.4 and 10.8.5).
namespace Kilonova.Vmm.Processor;

/// <summary>The registers that together decide how a processor works.</summary>
public struct ModeRegisters
{
    /// <summary>CR0.</summary>
    public ulong Cr0;

    /// <summary>CR3; its lower bits say whether process-context identifiers can be switched on.</summary>
    public ulong Cr3;

    /// <summary>CR4.</summary>
    public ulong Cr4;

    /// <summary>EFER.</summary>
    public ulong Efer;

    /// <summary>CS has L: 64-bit code, if long mode is active.</summary>
    public bool HasLongCode;

    /// <summary>TR holds a task state segment of 16 bits.</summary>
    public bool HasNarrowTask;
}

/// <summary>Writes to control registers that the processor leaves to a monitor: the same checks, the same consequences.</summary>
public static class ControlRegisters
{
    private const ulong Cr0Defined = Cr0.ProtectionEnable | Cr0.MonitorCoprocessor | Cr0.Emulation | Cr0.TaskSwitched | Cr0.ExtensionType
        | Cr0.NumericError | Cr0.WriteProtect | Cr0.AlignmentMask | Cr0.NotWriteThrough | Cr0.CacheDisable | Cr0.Paging;

    private const ulong StatusWord = Cr0.ProtectionEnable | Cr0.MonitorCoprocessor | Cr0.Emulation | Cr0.TaskSwitched;
    private const ulong UpperHalf = 0xffff_ffff_0000_0000;
    private const ulong ContextIdentifier = 0xfff;

    private const ulong Cr0ReloadsPdptes = Cr0.CacheDisable | Cr0.NotWriteThrough | Cr0.Paging;
    private const ulong Cr4ReloadsPdptes =
        Cr4.PhysicalAddressExtension | Cr4.PageGlobalEnable | Cr4.PageSizeExtensions | Cr4.SupervisorExecutionPrevention;

    private const ulong Cr4Translates = Cr4ReloadsPdptes | Cr4.ProcessContextIdentifiers | Cr4.LinearAddress57 | Cr4.SupervisorAccessPrevention;

    /// <summary>CR0 after LMSW, which sets PE but does not clear it.</summary>
    /// <param name="cr0">CR0 before.</param>
    /// <param name="source">The instruction's operand.</param>
    public static ulong LoadStatusWord(ulong cr0, ushort source) =>
        (cr0 & ~(StatusWord & ~Cr0.ProtectionEnable)) | (source & StatusWord);

    /// <summary>Writes CR0; long mode becomes active with paging, if it is enabled, and ends with it.</summary>
    /// <param name="mode">The registers, changed only if the value is accepted.</param>
    /// <param name="value">The new value. Reserved bits of its lower half are ignored, ET stays set.</param>
    /// <returns>False: #GP(0).</returns>
    public static bool TryWriteCr0(ref ModeRegisters mode, ulong value)
    {
        bool paged = (mode.Cr0 & Cr0.Paging) != 0;
        bool pages = (value & Cr0.Paging) != 0;
        bool isLong = (mode.Efer & Efer.LongModeEnable) != 0;
        bool forbidden = (value & UpperHalf) != 0
            || (pages && (value & Cr0.ProtectionEnable) == 0)
            || (value & (Cr0.CacheDisable | Cr0.NotWriteThrough)) == Cr0.NotWriteThrough;
        if (pages && !paged && isLong)
            forbidden |= (mode.Cr4 & Cr4.PhysicalAddressExtension) == 0 || mode.HasLongCode || mode.HasNarrowTask;
        if (paged && !pages)
            forbidden |= (isLong && mode.HasLongCode) || (mode.Cr4 & Cr4.ProcessContextIdentifiers) != 0;
        if (forbidden)
            return false;

        mode.Cr0 = (value & Cr0Defined) | Cr0.ExtensionType;
        mode.Efer &= ~Efer.LongModeActive;
        if (pages && isLong)
            mode.Efer |= Efer.LongModeActive;

        return true;
    }

    /// <summary>Writes CR4.</summary>
    /// <param name="mode">The registers, changed only if the value is accepted.</param>
    /// <param name="value">The new value.</param>
    /// <param name="known">The bits that the processor has; all others are reserved.</param>
    /// <returns>False: #GP(0).</returns>
    public static bool TryWriteCr4(ref ModeRegisters mode, ulong value, ulong known)
    {
        bool isLong = (mode.Efer & Efer.LongModeActive) != 0;
        ulong set = value & ~mode.Cr4;
        bool forbidden = (value & ~known) != 0
            || (isLong && (value & Cr4.PhysicalAddressExtension) == 0)
            || (isLong && ((value ^ mode.Cr4) & Cr4.LinearAddress57) != 0)
            || ((set & Cr4.ProcessContextIdentifiers) != 0 && (!isLong || (mode.Cr3 & ContextIdentifier) != 0));
        if (forbidden)
            return false;

        mode.Cr4 = value;
        return true;
    }

    /// <summary>Whether a write has made the processor read the page-directory-pointer entries again.</summary>
    public static bool ReloadsPdptes(in ModeRegisters before, in ModeRegisters after)
    {
        bool pae = (after.Cr0 & Cr0.Paging) != 0 && (after.Cr4 & Cr4.PhysicalAddressExtension) != 0
            && (after.Efer & Efer.LongModeActive) == 0;
        return pae && (((before.Cr0 ^ after.Cr0) & Cr0ReloadsPdptes) | ((before.Cr4 ^ after.Cr4) & Cr4ReloadsPdptes)) != 0;
    }

    /// <summary>Whether translations that the processor has cached are out of date.</summary>
    public static bool ChangesTranslation(in ModeRegisters before, in ModeRegisters after) =>
        (((before.Cr0 ^ after.Cr0) & (Cr0.Paging | Cr0.WriteProtect)) | ((before.Cr4 ^ after.Cr4) & Cr4Translates)) != 0;
}
