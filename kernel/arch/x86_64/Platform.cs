using System;
using Kilonova.Formats.Acpi;
using Kilonova.Formats.Multiboot;

namespace Kilonova.Kernel;

/// <summary>
/// What ACPI says about the machine (ACPI 6.5, chapter 5). Without sound processor and interrupt tables the machine is stopped; what
/// else is missing or damaged is reported and done without.
/// </summary>
public static unsafe class Platform
{
    private static ulong s_rootAddress;
    private static ulong s_madt;
    private static ulong s_fadt;
    private static ulong s_hpet;
    private static ulong s_mcfg;
    private static ulong s_dmar;
    private static ulong s_ivrs;
    private static bool s_rootIsExtended;

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
        ReadOnlySpan<byte> root = AcpiRoot.Read(memory, rsdp, out s_rootAddress, out status);
        RequireSound("root table "u8, status);
        s_rootIsExtended = AcpiTable.Signature(root) == AcpiSignature.Xsdt;

        s_madt = Find(root, AcpiSignature.Madt, out status);
        RequireSound("MADT "u8, status == AcpiStatus.Ok ? Formats.Acpi.Madt.Check(Table(s_madt)) : status);
        ReadFadt(root);
        ReadHpet(root);
        ReadMcfg(root);
        ReadDmar(root);
        ReadIvrs(root);
    }

    /// <summary>Where the serial console redirection table (SPCR) has a 16550 at an I/O port; 0 if nowhere.</summary>
    public static ushort SerialConsolePort()
    {
        FirmwareMemory memory = default;
        ReadOnlySpan<byte> root = AcpiTable.Read(
            memory, s_rootAddress, s_rootIsExtended ? AcpiSignature.Xsdt : AcpiSignature.Rsdt, out AcpiStatus status);
        ReadOnlySpan<byte> table = AcpiRoot.Find(memory, root, s_rootAddress, Spcr.Signature, out status);
        return status == AcpiStatus.Ok ? Spcr.SerialPort(table) : (ushort)0;
    }

    /// <summary>Whether firmware asks to stay away from x2APIC.</summary>
    public static bool OptsOutOfX2Apic => s_dmar != 0 && Formats.Acpi.Dmar.OptsOutOfX2Apic(Dmar);

    private static void ReadFadt(ReadOnlySpan<byte> root)
    {
        s_fadt = Find(root, AcpiSignature.Fadt, out AcpiStatus status);
        status = status == AcpiStatus.Ok ? Formats.Acpi.Fadt.Check(Table(s_fadt)) : status;
        s_fadt = Keep(s_fadt, "FADT "u8, status, "the machine cannot be turned off"u8);
    }

    private static void ReadHpet(ReadOnlySpan<byte> root)
    {
        s_hpet = Find(root, AcpiSignature.Hpet, out AcpiStatus status);
        status = status == AcpiStatus.Ok ? Formats.Acpi.Hpet.Check(Table(s_hpet)) : status;
        s_hpet = Keep(s_hpet, "HPET table "u8, status, "another timer must do"u8);
    }

    private static void ReadMcfg(ReadOnlySpan<byte> root)
    {
        s_mcfg = Find(root, AcpiSignature.Mcfg, out AcpiStatus status);
        status = status == AcpiStatus.Ok ? Formats.Acpi.Mcfg.Check(Table(s_mcfg)) : status;
        s_mcfg = Keep(s_mcfg, "MCFG "u8, status, "no PCI Express configuration space"u8);
    }

    private static void ReadDmar(ReadOnlySpan<byte> root)
    {
        s_dmar = Find(root, AcpiSignature.Dmar, out AcpiStatus status);
        status = status == AcpiStatus.Ok ? Formats.Acpi.Dmar.Check(Table(s_dmar)) : status;
        s_dmar = Keep(s_dmar, "DMAR "u8, status, "devices are not confined by VT-d"u8);
    }

    private static void ReadIvrs(ReadOnlySpan<byte> root)
    {
        s_ivrs = Find(root, AcpiSignature.Ivrs, out AcpiStatus status);
        status = status == AcpiStatus.Ok ? Formats.Acpi.Ivrs.Check(Table(s_ivrs)) : status;
        s_ivrs = Keep(s_ivrs, "IVRS "u8, status, "devices are not confined by AMD-Vi"u8);
    }

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

    private static ulong Find(ReadOnlySpan<byte> root, uint signature, out AcpiStatus status)
    {
        ReadOnlySpan<byte> table = AcpiRoot.Find(default(FirmwareMemory), root, s_rootAddress, signature, out status);
        return status == AcpiStatus.Ok ? DirectMap.ToPhysical(AddressOf(table)) : 0;
    }

    private static ulong Keep(ulong table, ReadOnlySpan<byte> name, AcpiStatus status, ReadOnlySpan<byte> consequence)
    {
        if (status is AcpiStatus.Ok)
        {
            return table;
        }

        if (status != AcpiStatus.Missing)
        {
            Log.Begin(LogLevel.Warning);
            Log.Write(name);
            Log.Write(AcpiStatusText.Describe(status));
            Log.Write(": "u8);
            Log.Write(consequence);
            Log.End();
        }

        return 0;
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
