using System;
using System.IO;
using Kilonova.Soak;
using Xunit;

namespace Kilonova.Build.Tests;

public sealed class SoakRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kilonova-soak-").FullName;

    private string Record => Path.Combine(_folder, "docs", "long.md");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_finished_run_adds_a_line_to_its_record()
    {
        for (var i = 0; i < 2; i++)
        {
            var run = Start("abc");
            run.Case("one", () => { });
            run.Case("two", () => throw new InvalidOperationException("broke | twice"));
            run.Finish();
        }

        var lines = File.ReadAllLines(Record);
        Assert.Equal("# A long suite", lines[0]);
        Assert.EndsWith("| abc | 1 | 1 | red: two: broke / twice |", lines[4]);
        Assert.Equal(6, lines.Length);
    }

    [Fact]
    public void An_interrupted_run_repeats_only_what_has_not_passed()
    {
        var repeated = "";
        var first = Start("abc");
        first.Case("one", () => { });
        first.Case("two", () => throw new InvalidOperationException());

        var second = Start("abc");
        second.Case("one", () => repeated += "one ");
        second.Case("two", () => repeated += "two ");
        second.Finish();

        Assert.Equal("two ", repeated);
        Assert.EndsWith("| abc | 2 | 0 | green |", File.ReadAllLines(Record)[^1]);
    }

    [Fact]
    public void Another_commit_starts_over()
    {
        Start("abc").Case("one", () => { });
        var repeated = false;

        Start("def").Case("one", () => repeated = true);

        Assert.True(repeated);
    }

    private SoakRun Start(string commit) => new(Path.Combine(_folder, "progress", "long"), Record, "A long suite", commit);
}
