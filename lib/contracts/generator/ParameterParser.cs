// Reads the parameters of an operation: which types travel, and how.
using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Kilonova.Contracts.Generator;

internal static class ParameterParser
{
    private const string Contracts = "Kilonova.Contracts.";
    private const string MaxLength = Contracts + "MaxLengthAttribute";
    private const string Delegated = Contracts + "DelegatedAttribute";
    private const string Translated = Contracts + "TranslatedAttribute";
    private const string SessionRange = Contracts + "SessionRange";

    public static List<Parameter> Parse(IMethodSymbol method, List<Finding> findings)
    {
        var parameters = new List<Parameter>();
        IParameterSymbol? unmeasured = null;
        foreach (IParameterSymbol symbol in method.Parameters)
        {
            bool measures = unmeasured is not null && symbol is { RefKind: RefKind.Out, Type.SpecialType: SpecialType.System_Int32 };
            if (unmeasured is not null && !measures)
                findings.Add(Findings.Filled.At(unmeasured));
            unmeasured = null;

            Parameter? parameter = measures ? Plain(symbol, Passing.FilledLength) : Parse(symbol, findings);
            if (parameter is null)
                continue;
            parameters.Add(parameter);
            if (parameter.Passing == Passing.FillSpan)
                unmeasured = symbol;
        }

        if (unmeasured is not null)
            findings.Add(Findings.Filled.At(unmeasured));
        return parameters;
    }

    private static Parameter? Parse(IParameterSymbol symbol, List<Finding> findings)
    {
        if (symbol.RefKind is not (RefKind.None or RefKind.Out) || symbol.IsParams)
        {
            findings.Add(Findings.Direction.At(symbol, symbol.IsParams ? "params" : "by reference: only out parameters are"));
            return null;
        }

        Parameter? parameter = ByType(symbol);
        if (parameter is null)
        {
            findings.Add(Findings.Type.At(symbol, symbol.Type.ToDisplayString()));
            return null;
        }

        if (parameter.IsOut && (parameter.IsSpan || parameter.Passing == Passing.SessionRange))
        {
            findings.Add(Findings.Direction.At(symbol, "an out parameter"));
            return null;
        }

        return WithAttributes(symbol, parameter, findings);
    }

    private static Parameter? WithAttributes(IParameterSymbol symbol, Parameter parameter, List<Finding> findings)
    {
        bool delegated = symbol.Attribute(Delegated) is not null;
        bool translated = symbol.Attribute(Translated) is not null;
        bool isItem = parameter.Passing == Passing.Item;
        if (isItem ? delegated == translated : delegated || translated)
        {
            findings.Add(Findings.Capability.At(symbol));
            return null;
        }

        // Without a window nobody learns of items, and a translated one takes none.
        if (translated && parameter.IsOut)
        {
            findings.Add(Findings.Direction.At(symbol, "both translated and an out parameter"));
            return null;
        }

        int? bound = symbol.Attribute(MaxLength)?.ConstructorArguments[0].Value as int?;
        if (parameter.IsSpan ? bound is null or < 1 : bound is not null)
        {
            findings.Add(Findings.Bound.At(symbol));
            return null;
        }

        return parameter with
        {
            IsTranslated = translated,
            Maximum = parameter.IsSpan ? (ulong)bound!.Value : parameter.Maximum,
        };
    }

    private static Parameter? ByType(IParameterSymbol symbol)
    {
        ITypeSymbol type = symbol.Type;
        switch (type.SpecialType)
        {
            case SpecialType.System_UInt64:
                return Plain(symbol, Passing.Word);
            case SpecialType.System_Byte:
                return Plain(symbol, Passing.Unsigned) with { Maximum = byte.MaxValue };
            case SpecialType.System_UInt16:
                return Plain(symbol, Passing.Unsigned) with { Maximum = ushort.MaxValue };
            case SpecialType.System_UInt32:
                return Plain(symbol, Passing.Unsigned) with { Maximum = uint.MaxValue };
            case SpecialType.System_SByte or SpecialType.System_Int16 or SpecialType.System_Int32 or SpecialType.System_Int64:
                return Plain(symbol, Passing.Signed);
            case SpecialType.System_Boolean:
                return Plain(symbol, Passing.Boolean);
        }

        if (type is INamedTypeSymbol { TypeKind: TypeKind.Enum } enumeration)
            return Enumeration(symbol, enumeration);
        return type.ToDisplayString() switch
        {
            SessionRange => Plain(symbol, Passing.SessionRange),
            Contracts + "ObjectRange" => Plain(symbol, Passing.Item) with { Item = "Object" },
            Contracts + "MemoryRange" => Plain(symbol, Passing.Item) with { Item = "Memory" },
            Contracts + "PortRange" => Plain(symbol, Passing.Item) with { Item = "Port" },
            "System.ReadOnlySpan<byte>" => Plain(symbol, Passing.ReadSpan),
            "System.ReadOnlySpan<ulong>" => Plain(symbol, Passing.ReadSpan) with { OfWords = true },
            "System.Span<byte>" => Plain(symbol, Passing.FillSpan),
            "System.Span<ulong>" => Plain(symbol, Passing.FillSpan) with { OfWords = true },
            _ => null,
        };
    }

    /// <summary>An enumeration without values has none that could travel.</summary>
    private static Parameter? Enumeration(IParameterSymbol symbol, INamedTypeSymbol enumeration)
    {
        long[] values = enumeration.GetMembers().OfType<IFieldSymbol>().Where(field => field.HasConstantValue)
            .Select(field => Widened(field.ConstantValue!)).Distinct().OrderBy(value => value).ToArray();
        if (values.Length == 0)
            return null;
        Parameter parameter = Plain(symbol, Passing.Enumeration);
        if (enumeration.Attribute("System.FlagsAttribute") is not null)
        {
            ulong flags = values.Aggregate(0UL, (bits, value) => bits | unchecked((ulong)value));
            return parameter with { Flags = flags, Values = new EquatableArray<Run>(flags == 0 ? [new Run(0, 0)] : []) };
        }

        var runs = new List<Run>();
        foreach (ulong value in values.Select(value => unchecked((ulong)value)))
        {
            if (runs.Count > 0 && runs[runs.Count - 1].Last == unchecked(value - 1))
                runs[runs.Count - 1] = runs[runs.Count - 1] with { Last = value };
            else
                runs.Add(new Run(value, value));
        }

        return parameter with { Values = new EquatableArray<Run>(runs) };
    }

    private static long Widened(object constant) => constant is ulong word ? unchecked((long)word) : Convert.ToInt64(constant);

    private static Parameter Plain(IParameterSymbol symbol, Passing passing)
    {
        bool isKeyword = SyntaxFacts.GetKeywordKind(symbol.Name) != SyntaxKind.None;
        string type = symbol.Type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
        return new Parameter(isKeyword ? "@" + symbol.Name : symbol.Name, type, passing, symbol.RefKind == RefKind.Out);
    }
}
