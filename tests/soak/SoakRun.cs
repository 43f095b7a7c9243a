using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Kilonova.Soak;

/// <summary>
/// One run of a long suite: a list of cases, each identified by a key. Cases that have passed stay passed when the run is interrupted and
/// started again on the same commit. A finished run leaves a line in docs/soak/&lt;name&gt;.md. Used by one thread.
/// </summary>
public sealed class SoakRun
{
    private const string TableHead = "| Date (UTC) | Commit | Passed | Failed | Verdict |\n|---|---|---|---|---|\n";

    private readonly string _progress;
    private readonly string _record;
    private readonly string _commit;
    private readonly string _title;
    private readonly HashSet<string> _passed;
    private readonly List<string> _failures = [];

    /// <summary>Starts or resumes a run.</summary>
    /// <param name="root">The checkout.</param>
    /// <param name="name">Name of the suite and of its record.</param>
    /// <param name="title">One line that says what the suite shows; heads a new record.</param>
    public SoakRun(string root, string name, string title)
        : this(Path.Combine(root, "out", "soak", name), Path.Combine(root, "docs", "soak", name + ".md"), title, Commit(root))
    {
    }

    internal SoakRun(string progress, string record, string title, string commit)
    {
        _progress = progress;
        _record = record;
        _title = title;
        _commit = commit;
        var lines = File.Exists(progress) ? File.ReadAllLines(progress) : [];
        _passed = lines.FirstOrDefault() == commit ? [.. lines.Skip(1)] : [];
        Directory.CreateDirectory(Path.GetDirectoryName(progress)!);
        File.WriteAllLines(progress, _passed.Prepend(commit));
    }

    /// <summary>What went wrong so far, as "key: message".</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>Runs a case unless it has passed before; a case fails by an exception.</summary>
    public void Case(string key, Action body)
    {
        if (_passed.Contains(key))
        {
            return;
        }
        try
        {
            body();
        }
#pragma warning disable CA1031 // Whatever goes wrong in a case is its result; the suite goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failures.Add($"{key}: {exception.Message}");
            return;
        }
        _passed.Add(key);
        File.AppendAllLines(_progress, [key]);
    }

    /// <summary>Writes the record and forgets the progress.</summary>
    public void Finish()
    {
        var date = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        var verdict = _failures.Count == 0 ? "green" : "red: " + string.Join("; ", _failures.Take(3)).Replace('|', '/').ReplaceLineEndings(" ");
        Directory.CreateDirectory(Path.GetDirectoryName(_record)!);
        var text = File.Exists(_record) ? File.ReadAllText(_record) : $"# {_title}\n\n{TableHead}";
        File.WriteAllText(_record, $"{text}| {date} | {_commit} | {_passed.Count} | {_failures.Count} | {verdict} |\n");
        File.Delete(_progress);
    }

    // Work that is not committed is marked, since nobody can repeat its run.
    private static string Commit(string root)
    {
        var commit = Git(root, "rev-parse", "--short=12", "HEAD").Trim();
        var changes = Git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs/soak").Trim();
        return changes.Length == 0 ? commit : commit + " with changes";
    }

    private static string Git(string root, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("git", ["-C", root, .. arguments]) { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? text : throw new InvalidOperationException($"git {arguments[0]} failed ({process.ExitCode})");
    }
}
