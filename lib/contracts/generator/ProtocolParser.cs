// Reads a protocol from its symbol: the interface and its operations. ParameterParser.cs reads the parameters.
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Kilonova.Contracts.Generator;

internal static class ProtocolParser
{
    public const string ProtocolAttribute = "Kilonova.Contracts.ProtocolAttribute";

    private const string OperationAttribute = "Kilonova.Contracts.OperationAttribute";
    private const string StatusType = "Kilonova.Contracts.ContractStatus";
    private const string OldestVersion = "OldestVersion";
    private const int MessageWords = 512;
    private const int WordsPerItem = 2;

    public static ParsedProtocol Parse(INamedTypeSymbol type, AttributeData attribute)
    {
        var findings = new List<Finding>();
        if (type.IsGenericType || type.ContainingType is not null || type.Interfaces.Length > 0)
            findings.Add(Findings.Shape.At(type));

        var id = (uint)attribute.ConstructorArguments[0].Value!;
        var version = (ushort)attribute.ConstructorArguments[1].Value!;
        object? named = attribute.NamedArguments.FirstOrDefault(argument => argument.Key == OldestVersion).Value.Value;
        ushort oldest = named is ushort and not 0 ? (ushort)named : version;
        if (version == 0 || oldest > version)
            findings.Add(Findings.Version.At(type));

        var operations = new List<Operation>();
        foreach (ISymbol member in type.GetMembers())
        {
            if (ParseOperation(member, operations, findings) is Operation operation)
                operations.Add(operation);
        }

        if (findings.Count > 0)
            return new ParsedProtocol(null, new EquatableArray<Finding>(findings));
        var protocol = new Protocol(
            type.ContainingNamespace.IsGlobalNamespace ? null : type.ContainingNamespace.ToDisplayString(),
            type.DeclaredAccessibility == Accessibility.Public ? "public" : "internal",
            type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat),
            Stem(type.Name),
            id,
            version,
            oldest,
            new EquatableArray<Operation>(operations.OrderBy(operation => operation.Number)),
            Findings.PlaceOf(type));
        return new ParsedProtocol(protocol, default);
    }

    private static Operation? ParseOperation(ISymbol member, List<Operation> others, List<Finding> findings)
    {
        // Accessors are found with their property or event.
        if (member is IMethodSymbol { AssociatedSymbol: not null })
            return null;
        if (member is not IMethodSymbol { IsAbstract: true, IsStatic: false, IsGenericMethod: false } method)
        {
            findings.Add(Findings.Member.At(member));
            return null;
        }

        AttributeData? attribute = method.Attribute(OperationAttribute);
        if (attribute is null)
        {
            findings.Add(Findings.NoNumber.At(method));
            return null;
        }

        var number = (ushort)attribute.ConstructorArguments[0].Value!;
        if (number == 0 || others.Any(other => other.Number == number))
            findings.Add(Findings.Number.At(method, number.ToString()));
        if (method.ReturnType.ToDisplayString() != StatusType || method.RefKind != RefKind.None)
            findings.Add(Findings.Result.At(method));

        List<Parameter> parameters = ParameterParser.Parse(method, findings);
        int words = System.Math.Max(Words(parameters, isReply: false), Words(parameters, isReply: true));
        if (words > MessageWords)
            findings.Add(Findings.Length.At(method, words.ToString()));
        foreach (IGrouping<string, Parameter> kind in parameters.Where(parameter => parameter.NeedsWindow)
            .GroupBy(parameter => parameter.Item))
        {
            if (kind.Count() > 1)
                findings.Add(Findings.Window.At(method, kind.Key));
        }

        return new Operation(number, method.Name, new EquatableArray<Parameter>(parameters));
    }

    /// <summary>Most words of a message, items included.</summary>
    private static int Words(List<Parameter> parameters, bool isReply)
    {
        int words = 1;
        foreach (Parameter parameter in parameters)
        {
            words += parameter.Passing switch
            {
                Passing.Item => parameter.IsOut == isReply ? WordsPerItem : 0,
                Passing.ReadSpan => isReply ? 0 : 1 + parameter.SpanWords,
                Passing.FillSpan => isReply ? parameter.SpanWords : 1,
                _ => parameter.IsOut == isReply ? 1 : 0,
            };
        }

        return words;
    }

    /// <summary>IClock becomes Clock.</summary>
    private static string Stem(string name) =>
        name.Length > 1 && name[0] == 'I' && char.IsUpper(name[1]) ? name.Substring(1) : name;
}

internal static class SymbolExtensions
{
    public static AttributeData? Attribute(this ISymbol symbol, string name) =>
        symbol.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass?.ToDisplayString() == name);
}
