using System.Runtime.CompilerServices;
using System;

namespace Kilonova.Formats.Acpi;

/// <summary>Signatures of the tables read here, as the 32-bit little-endian number of their four letters.</summary>
public static class AcpiSignature
{
    /// <summary>"RSDT".</summary>
    public const uint Rsdt = 0x54445352;

    /// <summary>"XSDT".</summary>
    public const uint Xsdt = 0x54445358;

    /// <summary>"APIC".</summary>
    public const uint Madt = 0x43495041;

    /// <summary>"FACP".</summary>
    public const uint Fadt = 0x50434146;

    /// <summary>"DSDT".</summary>
    public const uint Dsdt = 0x54445344;

    /// <summary>"HPET".</summary>
    public const uint Hpet = 0x54455048;

    /// <summary>"MCFG".</summary>
    public const uint Mcfg = 0x4746434d;

    /// <summary>"DMAR".</summary>
    public const uint Dmar = 0x52414d44;

    /// <summary>"IVRS".</summary>
    public const uint Ivrs = 0x53525649;
}

/// <summary>The header that every system description table begins with. ACPI 6.5, section 5.2.6.</summary>
public static class AcpiTable
{
    /// <summary>Length of the header in bytes.</summary>
    public const uint HeaderLength = 36;

    /// <summary>Longest table that is accepted, in bytes.</summary>
    public const uint MaxLength = 1 << 20;

    /// <summary>The signature, see <see cref="AcpiSignature"/>.</summary>
    public static uint Signature(ReadOnlySpan<byte> table) => Little.U32(table, 0);

    /// <summary>The length in bytes, header included.</summary>
    public static uint Length(ReadOnlySpan<byte> table) => Little.U32(table, 4);

    /// <summary>The revision of the table's format.</summary>
    public static byte Revision(ReadOnlySpan<byte> table) => Little.U8(table, 8);

    /// <summary>Reads and checks a whole table: signature, length and checksum.</summary>
    /// <param name="memory">Where the table lies.</param>
    /// <param name="address">Physical address of the table.</param>
    /// <param name="signature">The signature it must have.</param>
    /// <param name="status">What is wrong with it.</param>
    /// <returns>The table, exactly as long as its header says; empty unless the status is <see cref="AcpiStatus.Ok"/>.</returns>
    public static ReadOnlySpan<byte> Read<TMemory>(TMemory memory, ulong address, uint signature, out AcpiStatus status)
        where TMemory : struct, IPhysicalMemory
    {
        ReadOnlySpan<byte> header = memory.Map(address, HeaderLength);
        status = CheckHeader(header, address, signature);
        if (status != AcpiStatus.Ok)
            return ReadOnlySpan<byte>.Empty;

        uint length = Length(header);
        ReadOnlySpan<byte> table = memory.Map(address, length);
        if ((uint)table.Length != length)
            status = AcpiStatus.NotReadable;
        else if (Little.Sum(table) != 0)
            status = AcpiStatus.BadChecksum;
        else
            return table;

        return ReadOnlySpan<byte>.Empty;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static AcpiStatus CheckHeader(ReadOnlySpan<byte> header, ulong address, uint signature)
    {
        if ((uint)header.Length != HeaderLength)
            return AcpiStatus.NotReadable;

        if (Signature(header) != signature)
            return AcpiStatus.BadSignature;

        uint length = Length(header);
        if (length < HeaderLength)
            return AcpiStatus.BadLength;

        if (length > MaxLength)
            return AcpiStatus.TooLong;

        return address > ulong.MaxValue - length ? AcpiStatus.NotReadable : AcpiStatus.Ok;
    }
}
