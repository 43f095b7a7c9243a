using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Kilonova.Management;
using Spectre.Console;

namespace Kilonova.Tool;

/// <summary>
/// Looks at a system again and again, and shows the share of a CPU that each component took since the last look, and how many calls and ring
/// records per second there were.
/// </summary>
internal sealed class Top(ManagementClient system, TimeSpan interval, int count)
{
    private const double Percent = 100;

    private Dictionary<string, ComponentDescription> _before = [];
    private ulong _lookedAt;

    /// <summary>Runs until the count is reached or somebody cancels.</summary>
    internal void Run(CancellationToken cancellation) => Output.Watch(Look, interval, count, cancellation);

    // A thread that ended takes with it what it had used.
    private static ulong Since(ulong now, ulong then) => now > then ? now - then : 0;

    private Table Look()
    {
        var now = system.ReadTime();
        var passed = Math.Max(1, now - _lookedAt);
        var components = system.ListComponents();
        var (pages, kernelPages) = system.ReadFree();
        var table = Output.Table("Component", "State", "Life", "Crashes", "Memory", "Kernel memory", "CPU", "Calls/s", "Answers/s", "Records/s");
        table.Caption = new TableTitle($"{pages * 4} KiB of memory free, {kernelPages * 4} KiB of kernel memory");
        foreach (var (name, component) in components)
        {
            // A new life has used what it has used.
            var old = _before.TryGetValue(name, out var before) && before.Life == component.Life ? before : default;
            string Rate(ulong now, ulong then) => $"{(double)Since(now, then) * system.Frequency / passed:0}";
            table.AddRow(ComponentCommands.Cells(
                name, component, $"{Percent * Since(component.Time, old.Time) / passed:0.0} %", Rate(component.Calls, old.Calls),
                Rate(component.Answers, old.Answers), Rate(component.Records, old.Records)));
        }

        _before = components.ToDictionary(component => component.Name, component => component.Description);
        _lookedAt = now;
        return table;
    }
}
