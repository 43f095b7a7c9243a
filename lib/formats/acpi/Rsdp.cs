using System;

namespace Kilonova.Formats.Acpi;

/// <summary>The root system description pointer. ACPI 6.5, sections 5.2.5.1 and 5.2.5.3.</summary>
public static class Rsdp
{
    /// <summary>Length of the ACPI 1.0 structure in bytes, also of the part that the first checksum covers.</summary>
    public const uint Length1 = 20;

    /// <summary>Smallest length of the ACPI 2.0 structure in bytes.</summary>
    public const uint Length2 = 36;

    private const uint MaxLength = 4096;
    private const ulong Letters = 0x2052545020445352; // "RSD PTR "
    private const ulong EbdaSegment = 0x40e;
    private const uint EbdaLength = 1024;
    private const ulong BiosStart = 0xe0000;
    private const uint BiosLength = 0x20000;
    private const uint Alignment = 16;

    /// <summary>0 for ACPI 1.0, 2 and up when <see cref="XsdtAddress"/> exists.</summary>
    public static byte Revision(ReadOnlySpan<byte> rsdp) => Little.U8(rsdp, 15);

    /// <summary>Physical address of the RSDT, or 0.</summary>
    public static uint RsdtAddress(ReadOnlySpan<byte> rsdp) => Little.U32(rsdp, 16);

    /// <summary>Physical address of the XSDT, or 0, also when the revision has none.</summary>
    public static ulong XsdtAddress(ReadOnlySpan<byte> rsdp) => Revision(rsdp) >= 2 ? Little.U64(rsdp, 24) : 0;

    /// <summary>Checks signature, length and checksums.</summary>
    /// <param name="rsdp">The structure; what follows it may be included.</param>
    public static AcpiStatus Check(ReadOnlySpan<byte> rsdp)
    {
        if ((uint)rsdp.Length < Length1)
            return AcpiStatus.BadLength;

        if (Little.U64(rsdp, 0) != Letters)
            return AcpiStatus.BadSignature;

        if (Little.Sum(Little.Slice(rsdp, 0, Length1)) != 0)
            return AcpiStatus.BadChecksum;

        if (Revision(rsdp) < 2)
            return AcpiStatus.Ok;

        uint length = Little.U32(rsdp, 20);
        if (length < Length2 || length > MaxLength || length > (uint)rsdp.Length)
            return AcpiStatus.BadLength;

        return Little.Sum(Little.Slice(rsdp, 0, length)) != 0 ? AcpiStatus.BadChecksum : AcpiStatus.Ok;
    }

    /// <summary>Reads and checks the structure at an address.</summary>
    /// <returns>The structure; empty unless the status is <see cref="AcpiStatus.Ok"/>.</returns>
    public static ReadOnlySpan<byte> Read<TMemory>(TMemory memory, ulong address, out AcpiStatus status)
        where TMemory : struct, IPhysicalMemory
    {
        ReadOnlySpan<byte> rsdp = memory.Map(address, Length1);
        if ((uint)rsdp.Length == Length1 && Revision(rsdp) >= 2)
        {
            ReadOnlySpan<byte> more = memory.Map(address, Length2);
            uint length = Little.U32(more, 20);
            if (length > Length2 && length <= MaxLength)
                more = memory.Map(address, length);

            rsdp = more;
        }

        status = rsdp.IsEmpty ? AcpiStatus.NotReadable : Check(rsdp);
        return status == AcpiStatus.Ok ? rsdp : ReadOnlySpan<byte>.Empty;
    }

    /// <summary>
    /// Searches where a BIOS leaves the structure: the first KiB of the extended BIOS data area, then 0xe0000 to 0xfffff, on 16-byte
    /// boundaries. A structure that is damaged is passed over.
    /// </summary>
    /// <returns>The physical address, or 0.</returns>
    public static ulong Search<TMemory>(TMemory memory)
        where TMemory : struct, IPhysicalMemory
    {
        ulong ebda = (ulong)Little.U16(memory.Map(EbdaSegment, 2), 0) << 4;
        ulong found = ebda == 0 ? 0 : Search(memory.Map(ebda, EbdaLength), ebda);
        return found != 0 ? found : Search(memory.Map(BiosStart, BiosLength), BiosStart);
    }

    private static ulong Search(ReadOnlySpan<byte> area, ulong address)
    {
        for (uint offset = 0; offset + Length1 <= (uint)area.Length; offset += Alignment)
        {
            if (Little.U64(area, offset) == Letters && Check(area.Slice((int)offset)) == AcpiStatus.Ok)
                return address + offset;
        }

        return 0;
    }
}
