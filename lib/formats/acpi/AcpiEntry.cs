using System;

namespace Kilonova.Formats.Acpi;

/// <summary>
/// Entries that follow each other in a table, each beginning with its type and its length: one byte for either, or four for both of which
/// the upper two are the length.
/// </summary>
internal static class AcpiEntry
{
    /// <summary>Length of the header with a length of one byte.</summary>
    public const uint ShortHeader = 2;

    /// <summary>Length of the header with a length of two bytes.</summary>
    public const uint LongHeader = 4;

    /// <summary>The entry at an offset.</summary>
    /// <param name="table">The table.</param>
    /// <param name="offset">Where the entry begins.</param>
    /// <param name="header">Which of the two headers it has.</param>
    /// <param name="status">What is wrong with its length.</param>
    /// <returns>The whole entry; empty unless the status is <see cref="AcpiStatus.Ok"/>.</returns>
    public static ReadOnlySpan<byte> At(ReadOnlySpan<byte> table, uint offset, uint header, out AcpiStatus status)
    {
        uint length = header == ShortHeader ? Little.U8(table, offset + 1) : Little.U16(table, offset + 2);
        uint left = (uint)table.Length - offset;
        status = left < header || length < header ? AcpiStatus.EntryTooShort : length > left ? AcpiStatus.EntryTooLong : AcpiStatus.Ok;
        return status == AcpiStatus.Ok ? Little.Slice(table, offset, length) : ReadOnlySpan<byte>.Empty;
    }
}
