using System;
using System.Collections.Generic;
using System.Linq;
using Kilonova.Contracts;
using Kilonova.Management;
using Spectre.Console;

namespace Kilonova.Tool;

/// <summary>Looks at the guests of a system, and shows what each did since the last look, per second.</summary>
internal sealed class GuestTop(ManagementClient system)
{
    private const int ShownReasons = 3;

    private Dictionary<string, (GuestFigures Figures, ComponentDescription Component)> _before = [];
    private ulong _lookedAt;

    /// <summary>A table of now.</summary>
    internal Table Look()
    {
        var now = system.ReadTime();
        var seconds = Math.Max(1, now - _lookedAt) / (double)system.Frequency;
        var components = system.ListComponents().ToDictionary(component => component.Name, component => component.Description);
        var table = Output.Table(
            "Guest", "Monitor", "State", "Memory", "Virtual CPUs", "Exits/s", "Most of them", "Disk KiB/s read, written", "Packets/s in, out",
            "Records/s");
        Dictionary<string, (GuestFigures, ComponentDescription)> looks = [];
        foreach (var (name, monitor, guest) in system.ListGuests())
        {
            var component = components.GetValueOrDefault(name);
            var figures = new GuestFigures(guest.Condition == GuestCondition.Off ? [] : system.ListCounters(name));

            // A new life has counted what it has counted.
            var (old, oldComponent) = _before.TryGetValue(name, out var before) && before.Component.Life == component.Life
                ? before
                : (new GuestFigures([]), default);
            string Rate(ulong now, ulong then, double unit = 1) => $"{(now > then ? now - then : 0) / seconds / unit:0}";
            string Device(double unit, params DeviceFigure[] of) => Rate(figures.SumOf(of), old.SumOf(of), unit);
            table.AddRow(
                Markup.Escape(name), Markup.Escape(monitor), State(guest.Condition), $"{guest.Memory} MiB", Cpus(figures, old, seconds, guest.Cpus),
                Rate(figures.AllExits, old.AllExits), Markup.Escape(Reasons(figures, old, seconds)),
                $"{Device(1024, DeviceFigure.BytesRead)}, {Device(1024, DeviceFigure.BytesWritten)}",
                $"{Device(1, DeviceFigure.Received)}, {Device(1, DeviceFigure.Sent)}", Rate(component.Records, oldComponent.Records));
            looks[name] = (figures, component);
        }

        _before = looks;
        _lookedAt = now;
        return table;
    }

    /// <summary>What a guest does, in a word.</summary>
    internal static string State(GuestCondition condition) => condition switch
    {
        GuestCondition.Running => "[green]running[/]",
        GuestCondition.Paused => "[yellow]paused[/]",
        _ => "off",
    };

    private static string Cpus(GuestFigures figures, GuestFigures old, double seconds, uint all)
    {
        const double PercentOfMicroseconds = 10_000;
        double Since(int cpu, ulong now) => Math.Max(0.0, now - (double)old.Cpus.GetValueOrDefault(cpu));
        var shares = figures.Cpus.Select(cpu => $"{Since(cpu.Key, cpu.Value) / seconds / PercentOfMicroseconds:0} %");
        return figures.Cpus.Count == 0 ? $"{all}" : string.Join(' ', shares) + (figures.Cpus.Count < all ? $" of {all}" : "");
    }

    private static string Reasons(GuestFigures figures, GuestFigures old, double seconds)
    {
        var before = old.Exits.ToDictionary(exits => exits.Reason, exits => exits.Count);
        var since = figures.Exits
            .Select(exits => (exits.Reason, Count: (exits.Count - Math.Min(exits.Count, before.GetValueOrDefault(exits.Reason))) / seconds))
            .Where(exits => exits.Count >= 1)
            .OrderByDescending(exits => exits.Count)
            .Take(ShownReasons);
        return string.Join(", ", since.Select(exits => $"{exits.Reason} {exits.Count:0}"));
    }
}
