using System;
using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>Threads of the root task, for safe code. Used by its first thread. What cannot be created ends the system.</summary>
public static unsafe class RootThreads
{
    // Event selectors per CPU; 0 until they exist, except that the boot CPU's are 0. Written by the first thread.
    private static Table s_events;

    private struct Table
    {
        internal fixed ulong Words[StartPage.MaxCpus];
    }

    /// <summary>Creates a local thread.</summary>
    /// <returns>Selector of the execution context.</returns>
    public static ulong CreateLocal(uint cpu, ReadOnlySpan<byte> name)
    {
        var selector = RootTask.TakeSelector();
        RootTask.Require(Threads.CreateLocal(selector, cpu, Events(cpu), name, out _), "local thread"u8);
        return selector;
    }

    /// <summary>Creates a global thread and starts it.</summary>
    public static void Start<TThread>(uint cpu, ReadOnlySpan<byte> name, SchedulingDescriptor descriptor)
        where TThread : struct, IThread
    {
        var selector = RootTask.TakeSelector();
        RootTask.Require(Threads.CreateGlobal(selector, cpu, Events(cpu), name, &Run<TThread>, 0, out var block), "global thread"u8);
        RootTask.Require(Threads.Start(block, RootTask.TakeSelector(), descriptor), "create_sc"u8);
    }

    private static void Run<TThread>(nint argument)
        where TThread : struct, IThread => TThread.Run();

    private static ulong Events(uint cpu)
    {
        if (cpu == RootTask.Information.BootCpu)
            return RootSelectors.BootEvents;

        if (s_events.Words[cpu] == 0)
            s_events.Words[cpu] = RootTask.CreateEvents(cpu);

        return s_events.Words[cpu];
    }
}
