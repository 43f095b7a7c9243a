// What the generator refuses, and where.
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Kilonova.Contracts.Generator;

internal static class Findings
{
    public static readonly DiagnosticDescriptor Shape = Error(
        "KNC001", "A protocol is a plain interface",
        "Protocol '{0}' must be an interface of its own: not generic, not nested, without base interfaces");

    public static readonly DiagnosticDescriptor Member = Error(
        "KNC002", "A protocol has operations only",
        "'{0}' is not an operation: a protocol has abstract instance methods without type parameters");

    public static readonly DiagnosticDescriptor NoNumber = Error(
        "KNC003", "An operation has a number", "Operation '{0}' has no number: give it [Operation(n)]");

    public static readonly DiagnosticDescriptor Number = Error(
        "KNC004", "Operation numbers are unique",
        "Operation '{0}' cannot have number {1}: 0 asks for the version, and each other one is given once");

    public static readonly DiagnosticDescriptor Result = Error(
        "KNC005", "An operation returns a status", "Operation '{0}' must return ContractStatus; further results are out parameters");

    public static readonly DiagnosticDescriptor Type = Error(
        "KNC006", "A parameter's type travels in a message", "Parameter '{0}' of type '{1}' cannot travel in a message");

    public static readonly DiagnosticDescriptor Direction = Error(
        "KNC007", "A parameter goes one way", "Parameter '{0}' cannot be {1}");

    public static readonly DiagnosticDescriptor Bound = Error(
        "KNC008", "A span has a bound", "Span '{0}' needs [MaxLength(n)] with n from 1 on, and nothing but spans can have it");

    public static readonly DiagnosticDescriptor Capability = Error(
        "KNC009", "A capability is delegated or translated",
        "Parameter '{0}' must be exactly one of [Delegated] and [Translated], and nothing but capabilities can be");

    public static readonly DiagnosticDescriptor Length = Error(
        "KNC010", "A message fits the UTCB", "Operation '{0}' takes {1} words at most; a message has 512, two of them for each capability");

    public static readonly DiagnosticDescriptor Filled = Error(
        "KNC011", "A filled span is followed by its length", "Span '{0}' is filled by the server, so the next parameter must be 'out int'");

    public static readonly DiagnosticDescriptor Window = Error(
        "KNC012", "A reply fills one window of a kind", "Operation '{0}' returns more than one delegated range of kind {1}");

    public static readonly DiagnosticDescriptor Version = Error(
        "KNC013", "Versions begin at 1", "Protocol '{0}' must have a version from 1 on, and an oldest version that is no newer");

    public static readonly DiagnosticDescriptor Identifier = Error(
        "KNC014", "Protocols have their own numbers", "Protocol '{0}' has the number {1} of another protocol");

    private static readonly Dictionary<string, DiagnosticDescriptor> s_descriptors =
        new[]
        {
            Shape, Member, NoNumber, Number, Result, Type, Direction, Bound, Capability, Length, Filled, Window, Version, Identifier,
        }.ToDictionary(descriptor => descriptor.Id);

    public static Finding At(this DiagnosticDescriptor descriptor, ISymbol symbol, string second = "") =>
        new(descriptor.Id, PlaceOf(symbol), symbol.Name, second);

    public static Diagnostic ToDiagnostic(this Finding finding)
    {
        Place place = finding.Place;
        var lines = new LinePositionSpan(new(place.StartLine, place.StartColumn), new(place.EndLine, place.EndColumn));
        Location location = Location.Create(place.File, new TextSpan(place.Start, place.Length), lines);
        return Diagnostic.Create(s_descriptors[finding.Id], location, finding.First, finding.Second);
    }

    public static Place PlaceOf(ISymbol symbol)
    {
        Location location = symbol.Locations[0];
        FileLinePositionSpan lines = location.GetLineSpan();
        return new Place(
            lines.Path,
            location.SourceSpan.Start,
            location.SourceSpan.Length,
            lines.StartLinePosition.Line,
            lines.StartLinePosition.Character,
            lines.EndLinePosition.Line,
            lines.EndLinePosition.Character);
    }

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "Kilonova.Contracts", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
