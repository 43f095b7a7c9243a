using System;

namespace Kilonova.Formats.Acpi;

/// <summary>Why an ACPI structure was refused.</summary>
public enum AcpiStatus : byte
{
    /// <summary>The structure is sound.</summary>
    Ok,

    /// <summary>No root system description pointer was found.</summary>
    NoRsdp,

    /// <summary>The structure's address cannot be read.</summary>
    NotReadable,

    /// <summary>The structure's signature is not the one expected.</summary>
    BadSignature,

    /// <summary>The bytes of the structure do not add up to 0.</summary>
    BadChecksum,

    /// <summary>The length is smaller than the structure, or not a multiple of its entries.</summary>
    BadLength,

    /// <summary>The length is larger than any sensible table.</summary>
    TooLong,

    /// <summary>Neither an RSDT nor an XSDT is named.</summary>
    NoRoot,

    /// <summary>The table is not listed.</summary>
    Missing,

    /// <summary>The root table lists itself.</summary>
    Loop,

    /// <summary>The table lies over the root table, or two entries claim the same range.</summary>
    Overlap,

    /// <summary>An entry has length 0, or less than its own header.</summary>
    EntryTooShort,

    /// <summary>An entry reaches beyond its table.</summary>
    EntryTooLong,

    /// <summary>An entry's length does not belong to its type.</summary>
    EntryBadLength,

    /// <summary>A range ends before it starts, or an end comes without a start.</summary>
    BadRange,

    /// <summary>An address is 0, misaligned, or not in the address space it must be in.</summary>
    BadAddress,

    /// <summary>There are more entries than any machine has.</summary>
    TooMany,

    /// <summary>Necessary entries are missing.</summary>
    Empty,
}

/// <summary>Messages for <see cref="AcpiStatus"/>.</summary>
public static class AcpiStatusText
{
    /// <summary>What is wrong, in UTF-8, as the end of a sentence that begins with the table's name.</summary>
    public static ReadOnlySpan<byte> Describe(AcpiStatus status) => Little.Line(Texts, (uint)status);

    /// <summary>One line for each status, and one for what is none.</summary>
    private static ReadOnlySpan<byte> Texts => """
        is sound
        cannot be found: no root system description pointer
        lies outside of readable memory
        has the wrong signature
        has a bad checksum
        has a length that cannot be right
        is longer than any sensible table
        cannot be found: neither RSDT nor XSDT is named
        is missing
        cannot be found: the root table lists itself
        overlaps another structure
        has an entry that is shorter than its header
        has an entry that reaches beyond the table
        has an entry whose length does not fit its type
        has a range that ends before it starts
        has an address that cannot be right
        has more entries than any machine
        lacks necessary entries
        is refused for an unknown reason
        """u8;
}
