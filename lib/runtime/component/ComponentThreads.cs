using System;
using System.Numerics;
using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>
/// Further global threads of a component. Their time comes from admission: by the parent, where the component's line lets it have threads that
/// take turns, or by the service "admission". Their exceptions go to the parent like those of the first thread; their STARTUP is answered by a
/// thread of the component's own, one per CPU. Used by one thread at a time.
/// </summary>
public static unsafe class ComponentThreads
{
    /// <summary>Most workers with threads of their own.</summary>
    public const int MaxWorkers = 64;

    private const int GroupOrder = 6;
    private const uint All = (uint)HypercallRegister.PermissionMask;

    // Event selectors of global threads per CPU; 0 until they exist.
    private static Table s_events;

    // By number, with which its thread is started.
    private static readonly IWorker[] s_workers = new IWorker[MaxWorkers];
    private static int s_workerCount;

    private struct Table
    {
        internal fixed ulong Words[StartPage.MaxCpus];
    }

    /// <summary>Creates a global thread, which starts as soon as admission has given it time; ends the program when that fails.</summary>
    /// <param name="cpu">One of the component's CPUs.</param>
    /// <param name="name">For reports.</param>
    /// <param name="descriptor">The turns that it asks for.</param>
    /// <param name="fpu">Whether it may use vector registers.</param>
    /// <returns>Selector of its execution context.</returns>
    public static ulong Start<TThread>(uint cpu, ReadOnlySpan<byte> name, SchedulingDescriptor descriptor, bool fpu = true)
        where TThread : struct, IThread
    {
        Component.Require(Create<TThread>(cpu, name, out var thread, fpu), "global thread"u8);
        RequestTime(thread, cpu, descriptor);
        return thread;
    }

    /// <summary>The same for a worker; ends the program, too, when there are more than <see cref="MaxWorkers"/>.</summary>
    public static ulong Start(IWorker worker, uint cpu, ReadOnlySpan<byte> name, SchedulingDescriptor descriptor, bool fpu = true)
    {
        Component.Require(s_workerCount < MaxWorkers ? Status.SUCCESS : Status.MEM_OBJ, "worker"u8);
        s_workers[s_workerCount] = worker;
        Component.Require(Create(cpu, name, &RunWorker, s_workerCount++, out var thread, fpu), "global thread"u8);
        RequestTime(thread, cpu, descriptor);
        return thread;
    }

    /// <summary>Creates a global thread, which runs as soon as somebody gives it time.</summary>
    /// <param name="cpu">One of the component's CPUs.</param>
    /// <param name="name">For reports.</param>
    /// <param name="thread">Selector of its execution context.</param>
    /// <param name="fpu">Whether it may use vector registers.</param>
    /// <returns>BAD_CPU for a CPU that the component does not have; else what the kernel says of its memory.</returns>
    public static Status Create<TThread>(uint cpu, ReadOnlySpan<byte> name, out ulong thread, bool fpu = true)
        where TThread : struct, IThread => Create(cpu, name, &Run<TThread>, 0, out thread, fpu);

    private static Status Create(uint cpu, ReadOnlySpan<byte> name, delegate*<nint, void> entry, nint argument, out ulong thread, bool fpu)
    {
        thread = 0;
        if (cpu >= StartPage.MaxCpus || (Component.Information.Cpus >> (int)cpu & 1) == 0)
            return Status.BAD_CPU;

        if (s_events.Words[cpu] == 0)
            s_events.Words[cpu] = CreateEvents(cpu);

        if (!Component.Selectors.TryTake(0, out thread))
            return Status.MEM_CAP;

        var status = Threads.CreateGlobal(thread, cpu, s_events.Words[cpu], name, entry, argument, out _, fpu);
        if (status != Status.SUCCESS)
            Component.Selectors.Return(thread, 0);

        return status;
    }

    /// <summary>The number-th of the component's CPUs, counted round and round.</summary>
    public static uint CpuOf(uint number)
    {
        var cpus = Component.Information.Cpus;
        for (var skip = number % (uint)BitOperations.PopCount(cpus); skip != 0; skip--)
            cpus &= cpus - 1;

        return (uint)BitOperations.TrailingZeroCount(cpus);
    }

    /// <summary>Asks for time for a thread or virtual CPU of this component's; ends the program when it may have none.</summary>
    public static void RequestTime(ulong thread, uint cpu, SchedulingDescriptor descriptor) =>
        Component.Require(Component.Parent.RequestTime(thread, cpu, descriptor.Priority, descriptor.Budget), "time"u8);

    private static void Run<TThread>(nint argument)
        where TThread : struct, IThread => TThread.Run();

    private static void RunWorker(nint number) => s_workers[number].Run();

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
