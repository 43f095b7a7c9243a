using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Kilonova.Abi.Tests;

/// <summary>docs/abi.md, by its tables: a comment "abi: Name" or "abi layout: Name" says what a table is about.</summary>
public sealed class AbiDocument
{
    private const string ConstantsMark = "<!-- abi: ";
    private const string LayoutMark = "<!-- abi layout: ";

    private readonly string[] _lines;
    private Dictionary<string, List<string[]>>? _constants;
    private Dictionary<string, List<string[]>>? _layouts;

    private AbiDocument(string[] lines) => _lines = lines;

    /// <summary>The text that the tests compare with.</summary>
    public static AbiDocument Load() => new(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "abi.md")));

    /// <summary>Line numbers of all rows of tables that are about something.</summary>
    public IEnumerable<int> Rows => Enumerable.Range(0, _lines.Length)
        .Where(i => _lines[i].StartsWith(ConstantsMark, StringComparison.Ordinal) || _lines[i].StartsWith(LayoutMark, StringComparison.Ordinal))
        .SelectMany(i => Enumerable.Range(i + 1, _lines.Length - i - 1)
            .SkipWhile(line => !_lines[line].StartsWith('|')).TakeWhile(line => _lines[line].StartsWith('|')).Skip(2));

    /// <summary>The cells of a row.</summary>
    public string[] CellsAt(int line) => Cells(_lines[line]);

    /// <summary>The same text with another line, or with one line less.</summary>
    public AbiDocument With(int line, string[]? cells) => new(
        [.. _lines.Take(line), .. cells == null ? Array.Empty<string>() : ["| " + string.Join(" | ", cells) + " |"], .. _lines.Skip(line + 1)]);

    /// <summary>Names and values of constants, by type.</summary>
    public IReadOnlyDictionary<string, List<string[]>> Constants => _constants ??= Tables(ConstantsMark);

    /// <summary>Names, offsets and types of fields, by type.</summary>
    public IReadOnlyDictionary<string, List<string[]>> Layouts => _layouts ??= Tables(LayoutMark);

    /// <summary>The rows of the first table behind a heading.</summary>
    public List<string[]> TableUnder(string heading) => RowsBehind(Array.IndexOf(_lines, heading));

    /// <summary>The rows of the table whose heading begins so.</summary>
    public List<string[]> TableStartingWith(string heading)
        => RowsBehind(Array.FindIndex(_lines, line => line.StartsWith(heading, StringComparison.Ordinal)) - 1);

    private Dictionary<string, List<string[]>> Tables(string mark)
    {
        Dictionary<string, List<string[]>> tables = [];
        for (int i = 0; i < _lines.Length; i++)
        {
            if (_lines[i].StartsWith(mark, StringComparison.Ordinal))
                tables.Add(_lines[i][mark.Length..].Replace(" -->", "", StringComparison.Ordinal), RowsBehind(i));
        }

        return tables;
    }

    private List<string[]> RowsBehind(int line)
    {
        if (line < 0)
            return [];

        IEnumerable<string> rows = _lines.Skip(line + 1).SkipWhile(text => !text.StartsWith('|')).TakeWhile(text => text.StartsWith('|'));
        return [.. rows.Skip(2).Select(Cells)];
    }

    private static string[] Cells(string row)
        => [.. row.Replace("\\|", "\u0001", StringComparison.Ordinal).Trim('|').Split('|').Select(cell => cell.Trim())];
}
