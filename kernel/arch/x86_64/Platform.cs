using Kilonova.Formats.Acpi;
using Kilonova.Formats.Multiboot;

namespace Kilonova.Kernel;

/// <summary>
/// What ACPI says about the machine (ACPI 6.5, chapter 5). Without sound processor and interrupt tables the machine is stopped; what
/// else is missing or damaged is reported and done without.
/// </summary>
public static unsafe class Platform
{
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
        ReadOnlySpan<byte> root = AcpiRoot.Read(memory, rsdp, out ulong address, out status);
        RequireSound("root table "u8, status);

        s_madt = Find(root, address, AcpiSignature.Madt, &Formats.Acpi.Madt.Check, out status);
        RequireSound("MADT "u8, status);
        s_fadt = Find(root, address, AcpiSignature.Fadt, &Formats.Acpi.Fadt.Check, out status);
        DoWithout("FADT "u8, status, ": the machine cannot be turned off"u8);
        s_hpet = Find(root, address, AcpiSignature.Hpet, &Formats.Acpi.Hpet.Check, out status);
        DoWithout("HPET table "u8, status, ": another timer must do"u8);
        s_mcfg = Find(root, address, AcpiSignature.Mcfg, &Formats.Acpi.Mcfg.Check, out status);
        DoWithout("MCFG "u8, status, ": no PCI Express configuration space"u8);
        s_dmar = Find(root, address, AcpiSignature.Dmar, &Formats.Acpi.Dmar.Check, out status);
        DoWithout("DMAR "u8, status, ": devices are not confined by VT-d"u8);
        s_ivrs = Find(root, address, AcpiSignature.Ivrs, &Formats.Acpi.Ivrs.Check, out status);
        DoWithout("IVRS "u8, status, ": devices are not confined by AMD-Vi"u8);
        s_spcr = Find(root, address, Spcr.Signature, null, out _);
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
    private static ulong Copy(ReadOnlySpan<byte> tags, Multiboot2Tag type)
    {
        ReadOnlySpan<byte> copy = Multiboot2.RsdpCopy(Multiboot2.Find(tags, type));
        return !copy.IsEmpty && Rsdp.Check(copy) == AcpiStatus.Ok ? DirectMap.ToPhysical(AddressOf(copy)) : 0;
    }

    /// <summary>Physical address of a table that is there and sound, 0 otherwise.</summary>
    private static ulong Find(
        ReadOnlySpan<byte> root, ulong rootAddress, uint signature, delegate*<ReadOnlySpan<byte>, AcpiStatus> check, out AcpiStatus status)
    {
        ReadOnlySpan<byte> table = AcpiRoot.Find(default(FirmwareMemory), root, rootAddress, signature, out status);
        if (status == AcpiStatus.Ok && check != null)
            status = check(table);

        return status == AcpiStatus.Ok ? DirectMap.ToPhysical(AddressOf(table)) : 0;
    }

    private static void DoWithout(ReadOnlySpan<byte> name, AcpiStatus status, ReadOnlySpan<byte> consequence)
    {
        if (status is not (AcpiStatus.Ok or AcpiStatus.Missing))
        {
            Log.Begin(LogLevel.Warning);
            Log.Write(name);
            Log.Write(AcpiStatusText.Describe(status));
            Log.Write(consequence);
            Log.End();
        }
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
        return physical == 0 ? default : new ReadOnlySpan<byte>(table, *(int*)(table + 4));
    }

    private static void* AddressOf(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* address = bytes)
        {
            return address;
        }
    }
}
