// The console's views as somebody sees them who does not sit at it. docs/management.md.
using System;

namespace Kilonova.Contracts;

/// <summary>The service "views": sees what is written to all views of the console, and types into them. Whoever uses it sees everything.</summary>
[Protocol(0x7669_6577, version: 1)]
public interface IViews
{
    /// <summary>Says how a view is.</summary>
    /// <param name="index">0 for the log of all components, then in the order of the keys that give the focus.</param>
    /// <param name="name">Name of the component whose view it is.</param>
    /// <param name="length">Bytes of name.</param>
    /// <param name="view">Its number, never used again while the console lives.</param>
    /// <param name="written">Bytes ever written to it.</param>
    /// <param name="hasFocus">Whether it is shown and keys are typed for it.</param>
    /// <returns>NotFound behind the last view.</returns>
    [Operation(1)]
    ContractStatus Describe(
        uint index, [MaxLength(32)] Span<byte> name, out int length, out ulong view, out ulong written, out bool hasFocus);

    /// <summary>Reads text of a view.</summary>
    /// <param name="view">Its number.</param>
    /// <param name="position">Where to begin, counted in bytes ever written.</param>
    /// <param name="text">UTF-8, lines ended by line feeds.</param>
    /// <param name="length">Bytes; 0 when there is no more.</param>
    /// <param name="start">Position of the first byte; behind <paramref name="position"/> when what stood there is not kept any more.</param>
    /// <returns>NotFound when the view is gone.</returns>
    [Operation(2)]
    ContractStatus Read(ulong view, ulong position, [MaxLength(2048)] Span<byte> text, out int length, out ulong start);

    /// <summary>Types keys into a view, as if it had the focus; it does not get it. Keys that a full line has no room for are lost.</summary>
    /// <returns>NotFound when the view is gone. Denied for the log.</returns>
    [Operation(3)]
    ContractStatus Type(ulong view, [MaxLength(256)] ReadOnlySpan<byte> keys);
}
