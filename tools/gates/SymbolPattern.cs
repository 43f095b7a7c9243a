using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace Kilonova.Gates;

/// <summary>Names functions in lists and settings: a C# or linker name in which * stands for any characters.</summary>
public sealed class SymbolPattern
{
    private readonly Regex _regex;

    /// <summary>Makes a pattern of its text.</summary>
    public SymbolPattern(string text)
    {
        Text = text;
        _regex = new Regex("^" + Regex.Escape(text).Replace("\\*", ".*") + "$", RegexOptions.CultureInvariant);
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>Reads a list: one pattern a line; empty lines and what follows a # do not count.</summary>
    public static IReadOnlyList<SymbolPattern> ReadList(string path) =>
        File.ReadLines(path)
            .Select(line => line.Split('#')[0].Trim())
            .Where(line => line.Length > 0)
            .Select(line => new SymbolPattern(line))
            .ToList();

    /// <summary>Whether the function has this name, in C# or for the linker.</summary>
    public bool Matches(Function function) => _regex.IsMatch(function.Name) || function.Symbols.Any(symbol => _regex.IsMatch(symbol));
}
