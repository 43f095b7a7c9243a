using Kilonova.Formats.Acpi;
using Kilonova.Formats.Multiboot;

namespace Kilonova.Kernel;

/// <summary>
/// What ACPI says about the machine (ACPI 6.5, chapter 5). Without sound processor and interrupt tables the machine is stopped; what
/// else is missing or damaged is reported and done without.
/// </summary>
public static unsafe class Platform
{
    private static ulong s_root;
    private static ulong s_madt;
    private static ulong s_fadt;
    private static ulong s_hpet;
    private static ulong s_mcfg;
    private static ulong s_dmar;
    private static ulong s_ivrs;
    private static ulong s_spcr;

    /// <summary>Physical address of the root system description pointer.</summary>
    public static ulong RsdpAddress { get; private set; }

    /// <summary>The tables, checked; empty where the machine has none.</summary>
    public static ReadOnlySpan<byte> Madt => Table(s_madt);
    public static ReadOnlySpan<byte> Fadt => Table(s_fadt);
    public static ReadOnlySpan<byte> Hpet => Table(s_hpet);
    public static ReadOnlySpan<byte> Mcfg => Table(s_mcfg);
    public static ReadOnlySpan<byte> Dmar => Table(s_dmar);
    public static ReadOnlySpan<byte> Ivrs => Table(s_ivrs);

    /// <summary>Finds and checks all tables.</summary>
    public static void Read(ref BootInformation boot)
    {
        FirmwareMemory memory = default;
        RsdpAddress = FindRsdp(ref boot);
        ReadOnlySpan<byte> rsdp = Rsdp.Read(memory, RsdpAddress, out AcpiStatus status);
        RequireSound("RSDP "u8, RsdpAddress == 0 ? AcpiStatus.NoRsdp : status);
        _ = AcpiRoot.Read(memory, rsdp, out s_root, out status);
        RequireSound("root table "u8, status);

        s_madt = Find(AcpiSignature.Madt, &Formats.Acpi.Madt.Check, out status);
        RequireSound("MADT "u8, status);
        s_fadt = FindUseful(AcpiSignature.Fadt, &Formats.Acpi.Fadt.Check, "FADT "u8, ": the machine cannot be turned off"u8);
        s_hpet = FindUseful(AcpiSignature.Hpet, &Formats.Acpi.Hpet.Check, "HPET table "u8, ": another timer must do"u8);
        s_mcfg = FindUseful(AcpiSignature.Mcfg, &Formats.Acpi.Mcfg.Check, "MCFG "u8, ": no PCI Express"u8);
        s_dmar = FindUseful(AcpiSignature.Dmar, &Formats.Acpi.Dmar.Check, "DMAR "u8, ": devices are not confined"u8);
        s_ivrs = FindUseful(AcpiSignature.Ivrs, &Formats.Acpi.Ivrs.CheckUnits, "IVRS "u8, ": devices are not confined"u8);
        s_spcr = Find(Spcr.Signature, null, out _);
    }

    /// <summary>Where the serial console redirection table (SPCR) has a 16550 at an I/O port; 0 if nowhere.</summary>
    public static ushort SerialConsolePort => s_spcr == 0 ? (ushort)0 : Spcr.SerialPort(Table(s_spcr));

    /// <summary>Whether firmware asks to stay away from x2APIC.</summary>
    public static bool OptsOutOfX2Apic => s_dmar != 0 && Formats.Acpi.Dmar.OptsOutOfX2Apic(Dmar);

    private static ulong FindRsdp(ref BootInformation boot)
    {
        FirmwareMemory memory = default;
        ReadOnlySpan<byte> tags = boot.Multiboot2Tags(memory);
        ulong copy = Copy(tags, Multiboot2Tag.Rsdp2);
        copy = copy != 0 ? copy : Copy(tags, Multiboot2Tag.Rsdp1);
        return copy != 0 ? copy : Rsdp.Search(memory);
    }

    /// <summary>Physical address of the copy in a tag, if it is sound.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong Copy(ReadOnlySpan<byte> tags, Multiboot2Tag type)
    {
        ReadOnlySpan<byte> copy = Multiboot2.RsdpCopy(Multiboot2.Find(tags, type));
        return !copy.IsEmpty && Rsdp.Check(copy) == AcpiStatus.Ok ? DirectMap.ToPhysical(AddressOf(copy)) : 0;
    }

    /// <summary>Physical address of a table that is there and sound, 0 otherwise.</summary>
    private static ulong Find(uint signature, delegate*<ReadOnlySpan<byte>, AcpiStatus> check, out AcpiStatus status)
    {
        ReadOnlySpan<byte> table = AcpiRoot.Find(default(FirmwareMemory), Table(s_root), s_root, signature, out status);
        if (status == AcpiStatus.Ok && check != null)
            status = check(table);

        return status == AcpiStatus.Ok ? DirectMap.ToPhysical(AddressOf(table)) : 0;
    }

    /// <summary>The same for a table that the machine can do without; says so if it must because the table is damaged.</summary>
    private static ulong FindUseful(
        uint signature, delegate*<ReadOnlySpan<byte>, AcpiStatus> check, ReadOnlySpan<byte> name, ReadOnlySpan<byte> consequence)
    {
        ulong table = Find(signature, check, out AcpiStatus status);
        if (status is not (AcpiStatus.Ok or AcpiStatus.Missing))
        {
            Log.Begin(LogLevel.Warning);
            Log.Write(name);
            Log.Write(AcpiStatusText.Describe(status));
            Log.Write(consequence);
            Log.End();
        }

        return table;
    }

    private static void RequireSound(ReadOnlySpan<byte> name, AcpiStatus status)
    {
        if (status != AcpiStatus.Ok)
        {
            Log.Begin(LogLevel.Error);
            Log.Write("ACPI: "u8);
            Log.Write(name);
            Log.Write(AcpiStatusText.Describe(status));
            Log.End();
            Panic.Stop("the firmware's tables cannot be used"u8);
        }
    }

    private static ReadOnlySpan<byte> Table(ulong physical)
    {
        byte* table = (byte*)DirectMap.ToVirtual(physical);
        return physical == 0 ? default : MemoryMarshal.CreateReadOnlySpan(ref *table, *(int*)(table + 4));
    }

    private static void* AddressOf(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* address = bytes)
        {
            return address;
        }
    }
}
