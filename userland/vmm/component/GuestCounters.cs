// What the guest costs, for whoever looks from outside.
using System;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Vmm.Exits;

namespace Kilonova.Vmm.Monitors;

/// <summary>
/// Brings counters of virtual CPUs and devices to the component's page of counters, once a second: those who count on hot paths need not know
/// of it.
/// </summary>
internal static class GuestCounters
{
    private const ulong PeriodMilliseconds = 1000;
    private const int LongestName = 64;

    // So many virtual CPUs have a counter of their time: the page has room for 63 counters in all.
    private const int MaxTimes = 8;

    private static VirtualCpus s_cpus = null!;
    private static int[] s_times = [];
    private static int s_paused;

    // The counter of each event; several events may have one. Filled before the thread runs.
    private static int[] s_exits = [];
    private static ulong[] s_sums = [];

    /// <summary>Makes the counters, and starts the thread that sets them.</summary>
    internal static void Start(VirtualCpus cpus, SchedulingDescriptor descriptor)
    {
        var kind = cpus.Kind;
        s_cpus = cpus;
        s_paused = Component.Counters.Add("virtual CPUs paused"u8);
        s_times = new int[Math.Min(VirtualCpus.Processors.Length, MaxTimes)];
        for (var number = 0; number < s_times.Length; number++)
            s_times[number] = Component.Counters.Add(System.Text.Encoding.ASCII.GetBytes("virtual CPU " + number.ToString() + " microseconds"));

        s_exits = new int[VirtualCpus.Processors[0].Exits.Length];
        s_sums = new ulong[CounterLayout.MaxCounters];
        Span<byte> name = stackalloc byte[LongestName];
        for (var number = 0u; number < (uint)s_exits.Length; number++)
        {
            var happened = ExitNames.Of(number, kind);
            s_exits[number] = Find(number, happened, kind);
            if (s_exits[number] >= 0)
                continue;

            "exits "u8.CopyTo(name);
            happened.CopyTo(name.Slice("exits "u8.Length));
            s_exits[number] = Component.Counters.Add(name.Slice(0, "exits "u8.Length + happened.Length));
        }

        GuestDevices.AddCounters();
        _ = ComponentThreads.Start<Body>(Component.Information.Cpu, "counters"u8, descriptor);
    }

    // The counter of an event before it that has the same name; -1 where it is the first.
    private static int Find(uint number, ReadOnlySpan<byte> name, VirtualizationKind kind)
    {
        for (var before = 0u; before < number; before++)
        {
            if (ExitNames.Of(before, kind).SequenceEqual(name))
                return s_exits[before];
        }

        return -1;
    }

    private static void Publish()
    {
        Array.Clear(s_sums);
        for (var number = 0; number < s_exits.Length; number++)
        {
            foreach (var processor in VirtualCpus.Processors)
            {
                if (s_exits[number] >= 0)
                    s_sums[s_exits[number]] += processor.Exits[number];
            }
        }

        for (var number = 0; number < s_exits.Length; number++)
            Component.Counters.Set(s_exits[number], s_exits[number] < 0 ? 0 : s_sums[s_exits[number]]);

        var microsecond = Component.Information.StcFrequency / 1_000_000;
        for (var number = 0; number < s_times.Length; number++)
            Component.Counters.Set(s_times[number], s_cpus.TimeOf(number) / microsecond);

        var paused = 0ul;
        foreach (var processor in VirtualCpus.Processors)
        {
            if (processor.StandsStill)
                paused++;
        }

        Component.Counters.Set(s_paused, paused);
        GuestDevices.SetCounters();
    }

    private struct Body : IThread
    {
        public static void Run()
        {
            while (true)
            {
                Publish();
                Component.Sleep(PeriodMilliseconds);
            }
        }
    }
}
