using System;
using System.Numerics;
using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>
/// Further global threads of a component whose line lets it create scheduling contexts. Their exceptions go to the parent like those of the
/// first thread; their STARTUP is answered by a thread of the component's own, one per CPU. Used by one thread at a time, at start-up.
/// </summary>
public static unsafe class ComponentThreads
{
    private const int GroupOrder = 6;
    private const uint All = (uint)HypercallRegister.PermissionMask;

    // Event selectors of global threads per CPU; 0 until they exist.
    private static Table s_events;

    private struct Table
    {
        internal fixed ulong Words[StartPage.MaxCpus];
    }

    /// <summary>Creates a global thread and starts it; ends the program when that fails.</summary>
    /// <param name="cpu">One of the component's CPUs.</param>
    /// <param name="name">For reports.</param>
    /// <param name="descriptor">Its time.</param>
    /// <param name="fpu">Whether it may use vector registers.</param>
    /// <returns>Selector of its scheduling context.</returns>
    public static ulong Start<TThread>(uint cpu, ReadOnlySpan<byte> name, SchedulingDescriptor descriptor, bool fpu = true)
        where TThread : struct, IThread
    {
        if (s_events.Words[cpu] == 0)
            s_events.Words[cpu] = CreateEvents(cpu);

        var status = Threads.CreateGlobal(
            Component.TakeSelectors(0), cpu, s_events.Words[cpu], name, &Run<TThread>, 0, out var block, fpu);
        Component.Require(status, "global thread"u8);
        var time = Component.TakeSelectors(0);
        Component.Require(Threads.Start(block, time, descriptor), "create_sc"u8);
        return time;
    }

    /// <summary>The number-th of the component's CPUs, counted round and round.</summary>
    public static uint CpuOf(uint number)
    {
        var cpus = Component.Information.Cpus;
        for (var skip = number % (uint)BitOperations.PopCount(cpus); skip != 0; skip--)
            cpus &= cpus - 1;

        return (uint)BitOperations.TrailingZeroCount(cpus);
    }

    private static void Run<TThread>(nint argument)
        where TThread : struct, IThread => TThread.Run();

    // The parent's portals for exceptions, and one of the component's own for STARTUP.
    private static ulong CreateEvents(uint cpu)
    {
        var events = Component.TakeSelectors(GroupOrder);
        var space = Component.ObjectSpace;
        Component.Require(space.Delegate(space, ComponentSelectors.OfCpu(cpu), events, GroupOrder, All), "event portals"u8);
        var startup = events + Component.Information.HostArchitecturalEvents + MicrohypervisorEvent.Startup;
        Component.Require(space.Remove(startup, 0), "event portals"u8);
        var starter = ComponentSelectors.Starters + cpu;
        Component.CreateLocal(starter, cpu, "starts"u8);
        Component.Require(EventPortals.BindStartup(Component.Domain, starter, startup), "startup portal"u8);
        return events;
    }
}
