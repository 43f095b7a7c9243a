// A protocol as the generator understands it: values only, so that the compiler can tell whether anything changed.
using System;

namespace Kilonova.Contracts.Generator;

/// <summary>What reading one protocol came to: the protocol if it is sound, and what is wrong with it otherwise.</summary>
internal sealed record ParsedProtocol(Protocol? Protocol, EquatableArray<Finding> Findings);

internal sealed record Protocol(
    string? Namespace,
    string Accessibility,
    string Interface,
    string Stem,
    uint Id,
    ushort Version,
    ushort OldestVersion,
    EquatableArray<Operation> Operations,
    Place Place);

internal sealed record Operation(ushort Number, string Name, EquatableArray<Parameter> Parameters);

/// <summary>How a parameter travels.</summary>
internal enum Passing
{
    /// <summary>A number of 64 bits.</summary>
    Word,

    /// <summary>An unsigned number of fewer bits.</summary>
    Unsigned,

    /// <summary>A signed number, sign-extended to 64 bits.</summary>
    Signed,

    /// <summary>0 or 1.</summary>
    Boolean,

    /// <summary>One of the values of an enumeration.</summary>
    Enumeration,

    /// <summary>A piece of the session's memory.</summary>
    SessionRange,

    /// <summary>Capabilities, as a typed item.</summary>
    Item,

    /// <summary>A span to the server: its length, and its words at the end.</summary>
    ReadSpan,

    /// <summary>A span that the server fills: its capacity there; its length and words back.</summary>
    FillSpan,

    /// <summary>How much of the span before was filled.</summary>
    FilledLength,
}

/// <summary>A parameter.</summary>
/// <param name="Name">Name, escaped where it is a keyword.</param>
/// <param name="Type">Type, fully qualified.</param>
/// <param name="Passing">How it travels.</param>
/// <param name="IsOut">Whether it comes with the reply.</param>
/// <param name="Maximum">Largest value of an unsigned number; most elements of a span.</param>
/// <param name="Flags">Bits of a flags enumeration, or 0.</param>
/// <param name="Values">Runs of values of any other enumeration.</param>
/// <param name="Item">Kind of capability, a name of ItemKind.</param>
/// <param name="IsTranslated">Whether capabilities are translated instead of delegated.</param>
/// <param name="OfWords">Whether a span's elements are words instead of bytes.</param>
internal sealed record Parameter(
    string Name,
    string Type,
    Passing Passing,
    bool IsOut,
    ulong Maximum = 0,
    ulong Flags = 0,
    EquatableArray<Run> Values = default,
    string Item = "",
    bool IsTranslated = false,
    bool OfWords = false)
{
    private const int BytesPerWord = 8;

    public bool IsSpan => Passing is Passing.ReadSpan or Passing.FillSpan;

    /// <summary>Whether the client must open a window to get it.</summary>
    public bool NeedsWindow => Passing == Passing.Item && IsOut;

    /// <summary>Most words of a span.</summary>
    public int SpanWords => OfWords ? (int)Maximum : ((int)Maximum + BytesPerWord - 1) / BytesPerWord;
}

/// <summary>Consecutive values, both ends included, sign-extended to 64 bits.</summary>
internal readonly record struct Run(ulong First, ulong Last);

/// <summary>A stretch of source, detached from the syntax tree that it came from.</summary>
internal sealed record Place(string File, int Start, int Length, int StartLine, int StartColumn, int EndLine, int EndColumn);

/// <summary>Something wrong, by the identifier of its descriptor.</summary>
internal sealed record Finding(string Id, Place Place, string First, string Second = "") : IEquatable<Finding>;
