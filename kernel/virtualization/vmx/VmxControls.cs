namespace Kilonova.Kernel;

/// <summary>Bits of the pin-based VM-execution controls (SDM volume 3, section 25.6.1).</summary>
public static class PinControl
{
    public const uint ExternalInterrupts = 1u << 0;
    public const uint Nmis = 1u << 3;
    public const uint VirtualNmis = 1u << 5;

    public const uint Required = ExternalInterrupts | Nmis | VirtualNmis;
}

/// <summary>Bits of the primary processor-based VM-execution controls (SDM volume 3, section 25.6.2, table 25-6).</summary>
public static class PrimaryControl
{
    public const uint InterruptWindow = 1u << 2;
    public const uint TscOffset = 1u << 3;
    public const uint Hlt = 1u << 7;
    public const uint Invlpg = 1u << 9;
    public const uint Mwait = 1u << 10;
    public const uint Rdpmc = 1u << 11;
    public const uint Rdtsc = 1u << 12;
    public const uint Cr3Load = 1u << 15;
    public const uint Cr3Store = 1u << 16;
    public const uint Cr8Load = 1u << 19;
    public const uint Cr8Store = 1u << 20;
    public const uint TprShadow = 1u << 21;
    public const uint NmiWindow = 1u << 22;
    public const uint MovDr = 1u << 23;
    public const uint UnconditionalIo = 1u << 24;
    public const uint IoBitmaps = 1u << 25;
    public const uint MonitorTrap = 1u << 27;
    public const uint MsrBitmaps = 1u << 28;
    public const uint Monitor = 1u << 29;
    public const uint Pause = 1u << 30;
    public const uint Secondary = 1u << 31;

    /// <summary>What the monitor decides about. All else is the kernel's.</summary>
    public const uint Delegated =
        Invlpg | Mwait | Rdpmc | Rdtsc | Cr3Load | Cr3Store | Cr8Load | Cr8Store | TprShadow | MovDr | UnconditionalIo
        | MonitorTrap | Monitor | Pause;

    /// <summary>HLT exits, as the specification says.</summary>
    public const uint Forced = Hlt | MsrBitmaps | Secondary;

    public const uint Required =
        Forced | MovDr | InterruptWindow | NmiWindow | TscOffset | Cr8Load | Cr8Store | TprShadow | UnconditionalIo | IoBitmaps;
}

/// <summary>Bits of the secondary processor-based VM-execution controls (SDM volume 3, section 25.6.2, table 25-7).</summary>
public static class SecondaryControl
{
    public const uint Ept = 1u << 1;
    public const uint DescriptorTables = 1u << 2;
    public const uint Rdtscp = 1u << 3;
    public const uint X2Apic = 1u << 4;
    public const uint Vpid = 1u << 5;
    public const uint Wbinvd = 1u << 6;
    public const uint UnrestrictedGuest = 1u << 7;
    public const uint ApicRegisters = 1u << 8;
    public const uint PauseLoop = 1u << 10;
    public const uint Rdrand = 1u << 11;
    public const uint Invpcid = 1u << 12;
    public const uint Rdseed = 1u << 16;
    public const uint ConcealTrace = 1u << 19;
    public const uint Xsaves = 1u << 20;
    public const uint ModeBasedExecution = 1u << 22;
    public const uint UserWait = 1u << 26;

    /// <summary>What the monitor decides about.</summary>
    public const uint Delegated =
        DescriptorTables | Rdtscp | X2Apic | Wbinvd | ApicRegisters | PauseLoop | Rdrand | Invpcid
        | Rdseed | Xsaves | UserWait;

    public const uint Required = Ept | Vpid | UnrestrictedGuest;

    /// <summary>Set where the CPU has them.</summary>
    public const uint Welcome = ConcealTrace | ModeBasedExecution;
}

/// <summary>Bits of the VM-exit controls (SDM volume 3, section 25.7.1).</summary>
public static class ExitControl
{
    public const uint SaveDebug = 1u << 2;
    public const uint Host64 = 1u << 9;
    public const uint AcknowledgeInterrupt = 1u << 15;
    public const uint SavePat = 1u << 18;
    public const uint LoadPat = 1u << 19;
    public const uint SaveEfer = 1u << 20;
    public const uint LoadEfer = 1u << 21;
    public const uint ConcealTrace = 1u << 24;

    public const uint Required = SaveDebug | Host64 | AcknowledgeInterrupt | SavePat | LoadPat | SaveEfer | LoadEfer;
}

/// <summary>Bits of the VM-entry controls (SDM volume 3, section 25.8.1).</summary>
public static class EntryControl
{
    public const uint LoadDebug = 1u << 2;
    public const uint LongMode = 1u << 9;
    public const uint LoadPat = 1u << 14;
    public const uint LoadEfer = 1u << 15;
    public const uint ConcealTrace = 1u << 17;

    public const uint Required = LoadDebug | LoadPat | LoadEfer;
}

/// <summary>
/// What one word of controls may be: the capability register's low half must be set, its high half may be set (SDM volume 3, A.3).
/// </summary>
public struct VmxControl
{
    private uint _must;
    private uint _may;

    /// <summary>From a capability register. False if the CPU does not offer all of <paramref name="required"/>, or forces what is
    /// <paramref name="refused"/>.</summary>
    public bool TryRead(ulong capability, uint required, uint refused)
    {
        _must = (uint)capability;
        _may = (uint)(capability >> 32);
        return (_may & required) == required && (_must & refused) == 0;
    }

    /// <summary>The word that is nearest to the one that is wanted.</summary>
    public readonly uint Adjust(uint wanted) => (wanted | _must) & _may;

    /// <summary>Whether a bit can be set.</summary>
    public readonly bool Offers(uint bit) => (_may & bit) != 0;
}

/// <summary>
/// The controls of a virtual CPU, computed from what the CPU offers, what the kernel needs and what the monitor asks for. A monitor is not
/// trusted: it decides about the bits named Delegated only.
/// </summary>
public struct VmxControls
{
    public VmxControl Pin;
    public VmxControl Primary;
    public VmxControl Secondary;
    public VmxControl Exit;
    public VmxControl Entry;

    /// <summary>The primary controls for the monitor's word, with more that the kernel wants.</summary>
    public readonly uint PrimaryWord(uint wanted, uint more)
    {
        uint word = (wanted & PrimaryControl.Delegated) | PrimaryControl.Forced | more;
        if ((word & PrimaryControl.UnconditionalIo) == 0)
            word |= PrimaryControl.IoBitmaps;

        // Without a shadow, CR8 is the task priority of the host's APIC.
        if ((word & PrimaryControl.TprShadow) == 0)
            word |= PrimaryControl.Cr8Load | PrimaryControl.Cr8Store;

        return Primary.Adjust(word);
    }

    /// <summary>The secondary controls for the monitor's word.</summary>
    public readonly uint SecondaryWord(uint wanted) =>
        Secondary.Adjust((wanted & SecondaryControl.Delegated) | SecondaryControl.Required | SecondaryControl.Welcome);

    public readonly uint PinWord => Pin.Adjust(PinControl.Required);

    public readonly uint ExitWord => Exit.Adjust(ExitControl.Required | ExitControl.ConcealTrace);

    /// <summary>The VM-entry controls of a virtual CPU that is, or is not, in IA-32e mode.</summary>
    public readonly uint EntryWord(bool longMode) =>
        Entry.Adjust(EntryControl.Required | EntryControl.ConcealTrace | (longMode ? EntryControl.LongMode : 0));
}
