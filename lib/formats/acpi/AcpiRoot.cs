using System.Runtime.CompilerServices;
using System;

namespace Kilonova.Formats.Acpi;

/// <summary>
/// The root table, RSDT or XSDT, that lists the addresses of all others. ACPI 6.5, sections 5.2.7 and 5.2.8. Where an address is bad
/// the search goes on: only the table that is asked for matters.
/// </summary>
public static class AcpiRoot
{
    /// <summary>Reads the root table that a root system description pointer names, the XSDT where it exists.</summary>
    /// <param name="memory">Where the tables lie.</param>
    /// <param name="rsdp">A checked root system description pointer.</param>
    /// <param name="address">Physical address of the root table, 0 when neither is named.</param>
    /// <param name="status">What is wrong with it.</param>
    /// <returns>The root table; empty unless the status is <see cref="AcpiStatus.Ok"/>.</returns>
    public static ReadOnlySpan<byte> Read<TMemory>(TMemory memory, ReadOnlySpan<byte> rsdp, out ulong address, out AcpiStatus status)
        where TMemory : struct, IPhysicalMemory
    {
        address = Rsdp.XsdtAddress(rsdp);
        uint signature = AcpiSignature.Xsdt;
        if (address == 0)
        {
            address = Rsdp.RsdtAddress(rsdp);
            signature = AcpiSignature.Rsdt;
        }

        if (address == 0)
        {
            status = AcpiStatus.NoRoot;
            return ReadOnlySpan<byte>.Empty;
        }

        ReadOnlySpan<byte> root = AcpiTable.Read(memory, address, signature, out status);
        if (status == AcpiStatus.Ok && ((uint)root.Length - AcpiTable.HeaderLength) % EntrySize(root) != 0)
            status = AcpiStatus.BadLength;

        return status == AcpiStatus.Ok ? root : ReadOnlySpan<byte>.Empty;
    }

    /// <summary>Number of tables that the root table lists.</summary>
    public static uint Count(ReadOnlySpan<byte> root)
        => (uint)root.Length < AcpiTable.HeaderLength ? 0 : ((uint)root.Length - AcpiTable.HeaderLength) / EntrySize(root);

    /// <summary>Physical address of a listed table; 0 when there is none of that number.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Address(ReadOnlySpan<byte> root, uint index)
    {
        if (index >= Count(root))
            return 0;

        uint offset = AcpiTable.HeaderLength + index * EntrySize(root);
        return EntrySize(root) == 8 ? Little.U64(root, offset) : Little.U32(root, offset);
    }

    /// <summary>Finds a table by its signature, reads and checks it.</summary>
    /// <param name="memory">Where the tables lie.</param>
    /// <param name="root">A root table from <see cref="Read"/>.</param>
    /// <param name="rootAddress">Physical address of the root table.</param>
    /// <param name="signature">The table's signature.</param>
    /// <param name="status">
    /// What is wrong: with the table if it is listed, else with the first bad entry of the list, else <see cref="AcpiStatus.Missing"/>.
    /// </param>
    /// <returns>The table; empty unless the status is <see cref="AcpiStatus.Ok"/>.</returns>
    public static ReadOnlySpan<byte> Find<TMemory>(
        TMemory memory, ReadOnlySpan<byte> root, ulong rootAddress, uint signature, out AcpiStatus status)
        where TMemory : struct, IPhysicalMemory
    {
        AcpiStatus firstBad = AcpiStatus.Missing;
        for (uint i = 0; i < Count(root); i++)
        {
            ulong address = Address(root, i);
            AcpiStatus entry = CheckListed(memory, rootAddress, address, out uint found);
            if (entry == AcpiStatus.Ok && found == signature)
            {
                ReadOnlySpan<byte> table = AcpiTable.Read(memory, address, signature, out status);
                if (status == AcpiStatus.Ok && Overlaps(root, rootAddress, table, address))
                    status = AcpiStatus.Overlap;

                return status == AcpiStatus.Ok ? table : ReadOnlySpan<byte>.Empty;
            }

            if (entry != AcpiStatus.Ok && firstBad == AcpiStatus.Missing)
                firstBad = entry;
        }

        status = firstBad;
        return ReadOnlySpan<byte>.Empty;
    }

    private static AcpiStatus CheckListed<TMemory>(TMemory memory, ulong rootAddress, ulong address, out uint signature)
        where TMemory : struct, IPhysicalMemory
    {
        signature = 0;
        if (address == rootAddress)
            return AcpiStatus.Loop;

        if (address == 0)
            return AcpiStatus.NotReadable;

        ReadOnlySpan<byte> header = memory.Map(address, AcpiTable.HeaderLength);
        signature = AcpiTable.Signature(header);
        return header.IsEmpty ? AcpiStatus.NotReadable : AcpiStatus.Ok;
    }

    private static bool Overlaps(ReadOnlySpan<byte> first, ulong firstAddress, ReadOnlySpan<byte> second, ulong secondAddress)
        => secondAddress < firstAddress
            ? firstAddress - secondAddress < (uint)second.Length
            : secondAddress - firstAddress < (uint)first.Length;

    private static uint EntrySize(ReadOnlySpan<byte> root) => AcpiTable.Signature(root) == AcpiSignature.Xsdt ? 8u : 4u;
}
