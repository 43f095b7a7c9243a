using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;

namespace Kilonova.Boot;

/// <summary>What came of waiting for lines.</summary>
/// <param name="IsGood">All lines came, none of the refused ones.</param>
/// <param name="Reason">Why not.</param>
public sealed record Verdict(bool IsGood, string Reason);

/// <summary>A machine's serial line, by lines: written by the thread that reads it, waited for by the test.</summary>
public sealed partial class SerialLog
{
    // Guards everything below; pulsed when a line is complete and at the end.
    private readonly object _gate = new();
    private readonly List<string> _lines = [];
    private readonly StringBuilder _partial = new();
    private bool _ended;

    /// <summary>The lines so far, the last one perhaps incomplete.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return _partial.Length == 0 ? [.. _lines] : [.. _lines, Clean(_partial.ToString())];
            }
        }
    }

    /// <summary>Takes what has arrived. Carriage returns and terminal control sequences do not count as text.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            foreach (byte value in bytes)
            {
                if (value != '\n')
                {
                    _partial.Append((char)value);
                    continue;
                }

                _lines.Add(Clean(_partial.ToString()));
                _partial.Clear();
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Says that no more will come: the machine is off.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until lines have come in this order, with any others between them.</summary>
    /// <param name="wanted">Texts that the lines contain.</param>
    /// <param name="refused">Texts that no line may contain up to the last wanted one.</param>
    /// <param name="patience">How long to wait.</param>
    public Verdict Expect(IReadOnlyList<string> wanted, IReadOnlyList<string> refused, TimeSpan patience)
    {
        Stopwatch watch = Stopwatch.StartNew();
        int seen = 0;
        int next = 0;
        lock (_gate)
        {
            while (next < wanted.Count)
            {
                if (seen < _lines.Count)
                {
                    string line = _lines[seen++];
                    if (refused.FirstOrDefault(line.Contains) is { } bad)
                        return new Verdict(false, $"'{bad}' was printed: {line}");

                    if (line.Contains(wanted[next], StringComparison.Ordinal))
                        next++;

                    continue;
                }

                TimeSpan left = patience - watch.Elapsed;
                if (_ended)
                    return new Verdict(false, $"the machine ended before '{wanted[next]}' was printed");

                if (left <= TimeSpan.Zero)
                    return new Verdict(false, $"'{wanted[next]}' was not printed within {patience.TotalSeconds:0} s");

                Monitor.Wait(_gate, left);
            }
        }

        return new Verdict(true, "");
    }

    private static string Clean(string line) => ControlSequence().Replace(line, "");

    [GeneratedRegex("\x1b\\[[0-9;?=]*[A-Za-z]|\x1b[()c].?|[\\x00-\\x08\\x0b-\\x1f]")]
    private static partial Regex ControlSequence();
}
