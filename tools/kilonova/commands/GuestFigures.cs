using System;
using System.Collections.Generic;
using System.Linq;

namespace Kilonova.Tool;

/// <summary>What a guest has cost and moved so far, as its monitor's counters tell it.</summary>
internal sealed class GuestFigures
{
    private const string ExitPrefix = "exits ";
    private const string CpuPrefix = "virtual CPU ";
    private const string CpuSuffix = " microseconds";

    // How counters of disks and networks end, and what they are of: metric, label and value of the label.
    private static readonly (string Suffix, DeviceFigure Figure)[] s_devices =
    [
        (" bytes read", DeviceFigure.BytesRead), (" bytes written", DeviceFigure.BytesWritten), (" reads", DeviceFigure.Reads),
        (" writes", DeviceFigure.Writes), (" flushes", DeviceFigure.Flushes), (" failures", DeviceFigure.Failures),
        (" packets sent", DeviceFigure.Sent), (" packets received", DeviceFigure.Received), (" packets lost", DeviceFigure.Lost),
    ];

    private readonly SortedDictionary<int, ulong> _cpus = [];
    private readonly List<(string, ulong)> _exits = [];
    private readonly List<(string, DeviceFigure, ulong)> _devices = [];

    /// <summary>Sorts counters; what is none of a guest's is left out.</summary>
    internal GuestFigures(IEnumerable<(string Name, ulong Value)> counters)
    {
        foreach (var (name, value) in counters)
            Add(name, value);
    }

    /// <summary>Microseconds of each virtual CPU that is counted by itself.</summary>
    internal IReadOnlyDictionary<int, ulong> Cpus => _cpus;

    /// <summary>Exits by reason.</summary>
    internal IReadOnlyList<(string Reason, ulong Count)> Exits => _exits;

    /// <summary>Figures of disks and networks.</summary>
    internal IReadOnlyList<(string Device, DeviceFigure Figure, ulong Value)> Devices => _devices;

    /// <summary>All exits.</summary>
    internal ulong AllExits => Sum(_exits.Select(exits => exits.Item2));

    /// <summary>A figure of all devices together.</summary>
    internal ulong SumOf(params DeviceFigure[] figures) =>
        Sum(_devices.Where(device => figures.Contains(device.Item2)).Select(device => device.Item3));

    private static ulong Sum(IEnumerable<ulong> values) => values.Aggregate(0ul, (sum, value) => sum + value);

    private void Add(string name, ulong value)
    {
        if (name.StartsWith(ExitPrefix, StringComparison.Ordinal))
        {
            _exits.Add((name[ExitPrefix.Length..], value));
            return;
        }

        if (name.StartsWith(CpuPrefix, StringComparison.Ordinal) && name.EndsWith(CpuSuffix, StringComparison.Ordinal)
            && int.TryParse(name[CpuPrefix.Length..^CpuSuffix.Length], out var number))
        {
            _cpus[number] = value;
            return;
        }

        foreach (var (suffix, figure) in s_devices)
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal))
            {
                _devices.Add((name[..^suffix.Length], figure, value));
                return;
            }
        }
    }
}

/// <summary>What is counted of a disk or a network.</summary>
internal enum DeviceFigure
{
    BytesRead,
    BytesWritten,
    Reads,
    Writes,
    Flushes,
    Failures,
    Sent,
    Received,
    Lost,
}
