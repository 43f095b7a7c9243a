using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Text;
using Kilonova.Contracts;
using Kilonova.Management;

namespace Kilonova.Tool;

/// <summary>kilonova metrics: counters in the text format that Prometheus reads (exposition format 0.0.4).</summary>
internal static class MetricsCommand
{
    private const ulong PageSize = 4096;
    private const ulong MebiByte = 1 << 20;
    private const double MicrosecondsPerSecond = 1_000_000;

    internal static Command Create()
    {
        Command command = new("metrics", "Prints counters of a running system as Prometheus reads them.");
        command.SetAction(parsed =>
        {
            using var system = Options.OpenSystem(parsed);
            var components = system.ListComponents();
            var counters = (
                from component in components
                from counter in system.ListCounters(component.Name)
                select (component.Name, counter.Name, counter.Value)).ToList();
            Console.Write(Format(components, counters, system.ReadFree(), system.Frequency));
            Console.Write(FormatGuests(system.ListGuests(), components, counters));
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>The text.</summary>
    internal static string Format(
        IReadOnlyList<(string Name, ComponentDescription Description)> components,
        IEnumerable<(string Component, string Name, ulong Value)> counters, (ulong Pages, ulong KernelPages) free, ulong frequency)
    {
        StringBuilder text = new();
        void PerComponent(string metric, string type, string help, Func<ComponentDescription, double> value)
        {
            Head(text, metric, type, help);
            foreach (var (name, component) in components)
                Append(text, $"{metric}{{component=\"{name}\"}} ", value(component));
        }

        PerComponent("kilonova_component_up", "gauge", "1 while the component runs", c => c.State == ComponentState.Running ? 1 : 0);
        PerComponent("kilonova_component_starts_total", "counter", "How often it was started", c => c.Life);
        PerComponent("kilonova_component_crashes_total", "counter", "How often it crashed", c => c.Crashes);
        PerComponent("kilonova_component_cpu_seconds_total", "counter", "CPU time of this life's threads", c => (double)c.Time / frequency);
        PerComponent("kilonova_component_calls_total", "counter", "Calls that it made in this life", c => c.Calls);
        PerComponent("kilonova_component_answers_total", "counter", "Calls that it answered in this life", c => c.Answers);
        PerComponent(
            "kilonova_component_ring_records_total", "counter", "Records and packets that it published in rings in this life", c => c.Records);
        PerComponent("kilonova_component_memory_bytes", "gauge", "Memory in use", c => c.Memory * PageSize);
        PerComponent("kilonova_component_memory_quota_bytes", "gauge", "Memory that it may have", c => c.MemoryQuota * PageSize);
        PerComponent("kilonova_component_kernel_memory_bytes", "gauge", "Kernel memory in use", c => c.KernelMemory * PageSize);
        PerComponent(
            "kilonova_component_kernel_memory_quota_bytes", "gauge", "Kernel memory that it may have", c => c.KernelMemoryQuota * PageSize);
        Head(text, "kilonova_memory_free_bytes", "gauge", "Memory that nobody has");
        Append(text, "kilonova_memory_free_bytes ", free.Pages * PageSize);
        Head(text, "kilonova_kernel_memory_free_bytes", "gauge", "Kernel memory that the root task can hand out");
        Append(text, "kilonova_kernel_memory_free_bytes ", free.KernelPages * PageSize);
        Head(text, "kilonova_component_counter", "untyped", "What the component counts itself");
        foreach (var (component, name, value) in counters)
            Append(text, $"kilonova_component_counter{{component=\"{component}\",name=\"{name}\"}} ", value);

        return text.ToString();
    }

    /// <summary>What is of guests: the same counters with labels of their own, so that they can be summed.</summary>
    internal static string FormatGuests(
        IReadOnlyList<(string Name, string Monitor, GuestDescription Description)> guests,
        IReadOnlyList<(string Name, ComponentDescription Description)> components,
        IReadOnlyList<(string Component, string Name, ulong Value)> counters)
    {
        StringBuilder text = new();
        var records = components.ToDictionary(component => component.Name, component => component.Description.Records);
        var figures = guests.ToDictionary(
            guest => guest.Name,
            guest => new GuestFigures(counters.Where(counter => counter.Component == guest.Name).Select(counter => (counter.Name, counter.Value))));
        void PerGuest(string metric, string type, string help, Func<string, GuestDescription, IEnumerable<(string Labels, double Value)>> values)
        {
            Head(text, metric, type, help);
            foreach (var (name, monitor, guest) in guests)
            {
                foreach (var (labels, value) in values(name, guest))
                    Append(text, $"{metric}{{guest=\"{name}\",monitor=\"{monitor}\"{labels}}} ", value);
            }
        }

        IEnumerable<(string, double)> Devices(string guest, string kind, string label, params (DeviceFigure Figure, string Value)[] wanted) =>
            from device in figures[guest].Devices
            from one in wanted
            where device.Figure == one.Figure
            select ($",{kind}=\"{device.Device}\"" + (label.Length > 0 ? $",{label}=\"{one.Value}\"" : ""), (double)device.Value);

        PerGuest("kilonova_guest_up", "gauge", "1 while the guest's machine is on", (_, g) => [("", g.Condition == GuestCondition.Off ? 0 : 1)]);
        PerGuest("kilonova_guest_paused", "gauge", "1 while it is to stand still", (_, g) => [("", g.Condition == GuestCondition.Paused ? 1 : 0)]);
        PerGuest("kilonova_guest_memory_bytes", "gauge", "Its memory", (_, g) => [("", g.Memory * (double)MebiByte)]);
        PerGuest(
            "kilonova_guest_cpu_seconds_total", "counter", "CPU time of a virtual CPU and of what answered to its exits",
            (name, _) => figures[name].Cpus.Select(cpu => ($",vcpu=\"{cpu.Key}\"", cpu.Value / MicrosecondsPerSecond)));
        PerGuest(
            "kilonova_guest_exits_total", "counter", "Exits by reason",
            (name, _) => figures[name].Exits.Select(exits => ($",reason=\"{exits.Reason}\"", (double)exits.Count)));
        PerGuest(
            "kilonova_guest_disk_requests_total", "counter", "Requests of a disk's",
            (name, _) => Devices(
                name, "disk", "operation", (DeviceFigure.Reads, "read"), (DeviceFigure.Writes, "write"), (DeviceFigure.Flushes, "flush")));
        PerGuest(
            "kilonova_guest_disk_bytes_total", "counter", "Bytes read and written",
            (name, _) => Devices(name, "disk", "operation", (DeviceFigure.BytesRead, "read"), (DeviceFigure.BytesWritten, "write")));
        PerGuest(
            "kilonova_guest_disk_failures_total", "counter", "Requests that failed",
            (name, _) => Devices(name, "disk", "", (DeviceFigure.Failures, "")));
        PerGuest(
            "kilonova_guest_network_packets_total", "counter", "Packets of a network card",
            (name, _) => Devices(
                name, "network", "outcome", (DeviceFigure.Sent, "sent"), (DeviceFigure.Received, "received"), (DeviceFigure.Lost, "lost")));
        PerGuest(
            "kilonova_guest_ring_records_total", "counter", "Records that its monitor published in rings",
            (name, _) => [("", records.GetValueOrDefault(name))]);
        return text.ToString();
    }

    private static void Head(StringBuilder text, string metric, string type, string help) =>
        text.Append("# HELP ").Append(metric).Append(' ').Append(help).Append("\n# TYPE ").Append(metric).Append(' ').Append(type).Append('\n');

    private static void Append(StringBuilder text, string name, double value) =>
        text.Append(name).Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
}
