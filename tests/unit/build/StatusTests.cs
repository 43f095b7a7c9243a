using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace Kilonova.Build.Tests;

/// <summary>docs/status.md: all rows of the yardstick, each with a state, and no test that does not exist.</summary>
public partial class StatusTests
{
    private static readonly string[] s_states = ["shown", "partly", "missing"];

    private static IEnumerable<string[]> Rows =>
        File.ReadLines(Path.Combine(Repository.Root, "docs", "status.md")).Where(line => RowStart().IsMatch(line))
            .Select(line => line.Split('|').Skip(1).Select(cell => cell.Trim()).ToArray());

    [Fact]
    public void Every_row_of_the_yardstick_has_its_state()
    {
        var expected = new[] { ("K", 33), ("U", 23), ("V", 24), ("P", 8) }.SelectMany(
            room => Enumerable.Range(1, room.Item2).Select(number => $"{room.Item1}{number}"));
        Assert.Equal(expected, Rows.Select(row => row[0]));
        Assert.All(Rows, row => Assert.Contains(row[2], s_states));
        Assert.All(Rows, row => Assert.True(row[2] != "shown" || row[3].Length > 0, $"{row[0]} is shown by nothing"));
    }

    [Fact]
    public void Every_test_that_shows_a_row_exists()
    {
        var known = Directory.GetFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => TestName().Matches(File.ReadAllText(file)).Select(match => match.Value)).ToHashSet();
        var named = Rows.SelectMany(row => Quoted().Matches(row[3]).Select(match => match.Groups[1].Value)).ToList();
        Assert.True(named.Count > 50);
        Assert.All(named, name => Assert.Contains(name, known));
    }

    [GeneratedRegex(@"^\| [KUVP]\d+ \|")]
    private static partial Regex RowStart();

    [GeneratedRegex("[A-Z][A-Za-z0-9]*_[A-Za-z0-9_]+")]
    private static partial Regex TestName();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
