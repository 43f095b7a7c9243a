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

    internal static Command Create()
    {
        Command command = new("metrics", "Prints counters of a running system as Prometheus reads them.");
        command.SetAction(parsed =>
        {
            using var system = Options.OpenSystem(parsed);
            var components = system.ListComponents();
            var counters =
                from component in components
                from counter in system.ListCounters(component.Name)
                select (component.Name, counter.Name, counter.Value);
            Console.Write(Format(components, counters, system.ReadFree(), system.Frequency));
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

    private static void Head(StringBuilder text, string metric, string type, string help) =>
        text.Append("# HELP ").Append(metric).Append(' ').Append(help).Append("\n# TYPE ").Append(metric).Append(' ').Append(type).Append('\n');

    private static void Append(StringBuilder text, string name, double value) =>
        text.Append(name).Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
}
