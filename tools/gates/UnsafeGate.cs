using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Kilonova.Gates;

/// <summary>Lines of code of a room, and how many of them stand in an unsafe context.</summary>
public sealed record UnsafeShare(string Room, int Lines, int UnsafeLines);

/// <summary>Unsafe code stays in the rooms that are listed for it; everything else is safe C#. Each room's share is counted.</summary>
public static class UnsafeGate
{
    private static readonly string[] s_roots = ["kernel", "lib", "userland", "tools"];

    private static readonly CSharpParseOptions s_options =
        CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview).WithPreprocessorSymbols("FREESTANDING");

    /// <summary>Checks the sources below a repository's root.</summary>
    public static (IReadOnlyList<Violation> Violations, IReadOnlyList<UnsafeShare> Shares) Check(string root, GateSettings settings)
    {
        var violations = new List<Violation>();
        var shares = new SortedDictionary<string, UnsafeShare>(StringComparer.Ordinal);
        foreach (var file in Sources(root))
        {
            var path = Path.GetRelativePath(root, file).Replace('\\', '/');
            var (lines, unsafeLines) = Count(File.ReadAllText(file));
            var room = Room(path);
            var share = shares.GetValueOrDefault(room) ?? new UnsafeShare(room, 0, 0);
            shares[room] = share with { Lines = share.Lines + lines, UnsafeLines = share.UnsafeLines + unsafeLines.Count };
            if (unsafeLines.Count > 0 && !settings.UnsafeRooms.Any(allowed => path.StartsWith(allowed + "/", StringComparison.Ordinal)))
            {
                violations.Add(new Violation("unsafe", $"{path}:{unsafeLines.Min + 1} has unsafe code outside its layers"));
            }
        }
        return (violations, [.. shares.Values]);
    }

    /// <summary>Lines with code, and the zero-based numbers of those in an unsafe context.</summary>
    public static (int Lines, SortedSet<int> UnsafeLines) Count(string source)
    {
        var tree = CSharpSyntaxTree.ParseText(source, s_options);
        var lines = new HashSet<int>();
        var unsafeLines = new SortedSet<int>();
        var unsafeSpans = tree.GetRoot().DescendantNodes().Where(IsUnsafe).Select(node => node.Span).ToList();
        foreach (var token in tree.GetRoot().DescendantTokens().Where(token => token.Span.Length > 0))
        {
            var span = token.GetLocation().GetLineSpan();
            for (var line = span.StartLinePosition.Line; line <= span.EndLinePosition.Line; line++)
            {
                lines.Add(line);
                if (unsafeSpans.Exists(context => context.Contains(token.Span)))
                {
                    unsafeLines.Add(line);
                }
            }
        }
        return (lines.Count, unsafeLines);
    }

    // Members of MemoryMarshal that give up what the compiler checks; its casts between unmanaged spans are safe.
    private static readonly string[] s_marshalling =
        ["GetReference", "GetArrayDataReference", "CreateSpan", "CreateReadOnlySpan", "AsRef", "AsMemory", "CreateReadOnlySpanFromNullTerminated"];

    private static bool IsUnsafe(SyntaxNode node) => node switch
    {
        // What does without the keyword. A name behind an alias is caught where the alias is made.
        IdentifierNameSyntax { Identifier.Text: "Unsafe" or "NativeMemory" } => true,
        MemberAccessExpressionSyntax { Expression: var type, Name.Identifier.Text: var member } =>
            type.ToString().EndsWith("MemoryMarshal", StringComparison.Ordinal) && s_marshalling.Contains(member),
        UnsafeStatementSyntax => true,
        MemberDeclarationSyntax member => member.Modifiers.Any(SyntaxKind.UnsafeKeyword),
        LocalFunctionStatementSyntax local => local.Modifiers.Any(SyntaxKind.UnsafeKeyword),
        UsingDirectiveSyntax directive => directive.UnsafeKeyword.IsKind(SyntaxKind.UnsafeKeyword),
        _ => false,
    };

    // Two levels deep, so that each library and component is a room of its own; the kernel is one.
    private static string Room(string path)
    {
        var parts = path.Split('/');
        return parts[0] == "kernel" || parts.Length < 3 ? parts[0] : parts[0] + "/" + parts[1];
    }

    private static IEnumerable<string> Sources(string root) =>
        s_roots.Select(room => Path.Combine(root, room))
            .Where(Directory.Exists)
            .SelectMany(room => Directory.EnumerateFiles(room, "*.cs", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal);
}
