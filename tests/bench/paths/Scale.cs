using System;
using Kilonova.Abi;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Bench;

/// <summary>
/// Measures paths against scale and prints a line for each: "scale: what number row ticks". With one CPU it holds more and more
/// capabilities and pages, then more and more threads that wait with deadlines; otherwise it measures once, for that number of CPUs.
/// </summary>
internal static unsafe class Scale
{
    private const ulong Count = 64;
    private const ulong AllPermissions = HypercallRegister.PermissionMask;
    private const int MostResults = 128;

    // Behind all that allocators hand out.
    private const ulong SleeperSelectors = 0x80_0000;
    private const ulong SleeperPages = 0x3_0000_0000;
    private const ulong HeldSelectors = 0x10_0000;
    private const ulong HeldPages = 0x10_0000;
    // As in paths.S.
    private const ulong DeadlineStep = 1_000_000;

    private const ulong MeasuredPages = 0x1000;

    private enum Dimension
    {
        Cpus,
        Capabilities,
        Threads,
    }

    private enum ScaleRow
    {
        Call,
        Up,
        PingPong,
        PingPongUntil,
        DelegateObject,
        DelegatePage,
        UnmapPage,
        Count,
    }

    private struct Result
    {
        internal Dimension Dimension;
        internal ulong Number;
        internal ScaleRow Row;
        internal ulong Ticks;
    }

    private struct ResultWords
    {
        internal fixed byte Bytes[MostResults * 32];
    }

    // Written by the measuring thread, printed by the first.
    private static ResultWords s_results;
    private static int s_resultCount;
    private static Status s_failure;
    private static ulong s_sleepers;
    private static ulong s_sleeperEvents;
    private static ulong s_firstDeadline;
    private static ulong s_held;
    private static ulong s_target = MeasuredPages;

    /// <summary>What sleepers need to start. First thread, before the measuring one.</summary>
    public static void Prepare()
    {
        s_sleeperEvents = RootTask.TakeSelectors(6);
        var thread = Lab.Local(Lab.BootCpu, fpu: false);
        var starter = new ExecutionContext(thread->Selector);
        var never = Lab.Semaphore(0).Selector;
        s_firstDeadline = Lab.After(1_000_000);
        Program.PrepareRegisters(
            thread, Loops.Sleep(), Program.Identifier(Hypercall.ctrl_sm, CtrlSmFlags.Down, never), s_firstDeadline);
        var startup = s_sleeperEvents + RootTask.Hip->HostArchitecturalEvents + MicrohypervisorEvent.Startup;
        RootTask.Require(Portal.Create(startup, Lab.Domain, starter, Loops.Wake()), "startup portal"u8);
        RootTask.Require(new Portal(startup).Configure(0, Mtd.GPR0_7 | Mtd.RIP), "startup portal"u8);
    }

    /// <summary>The measuring thread, after everything has been measured once.</summary>
    public static void Measure()
    {
        Round(Dimension.Cpus, Lab.CpuCount);
        if (Lab.CpuCount != 1)
            return;

        foreach (var number in (ReadOnlySpan<ushort>)[1, 16, 256, 4096])
        {
            Hold(number);
            Round(Dimension.Capabilities, number);
        }

        foreach (var number in (ReadOnlySpan<ushort>)[10, 100, 1000, 10000])
        {
            if (!StartSleepers(number))
                return;

            Round(Dimension.Threads, number);
        }
    }

    /// <summary>Prints what was measured. First thread.</summary>
    public static void Print()
    {
        for (var i = 0; i < s_resultCount; i++)
        {
            ref var result = ref At(i);
            Log.Write($"scale: {Name(result.Dimension)} {result.Number} {Name(result.Row)} {result.Ticks}");
        }

        RootTask.Require(s_failure, "sleeper"u8);
    }

    private static ref Result At(int index)
    {
        fixed (byte* bytes = s_results.Bytes)
            return ref ((Result*)bytes)[index];
    }

    private static string Name(Dimension dimension) => dimension switch
    {
        Dimension.Cpus => "CPUs",
        Dimension.Capabilities => "capabilities",
        _ => "threads",
    };

    private static string Name(ScaleRow row) => row switch
    {
        ScaleRow.Call => "call1",
        ScaleRow.Up => "up",
        ScaleRow.PingPong => "pingpong",
        ScaleRow.PingPongUntil => "pingpong_until",
        ScaleRow.DelegateObject => "delegate_object",
        ScaleRow.DelegatePage => "delegate_page",
        _ => "unmap_page",
    };

    /// <summary>Measures every row: twice, and the second counts.</summary>
    private static void Round(Dimension dimension, ulong number)
    {
        for (var pass = 0; pass < 2; pass++)
        {
            var first = s_resultCount;
            for (var row = ScaleRow.Call; row < ScaleRow.Count; row++)
            {
                var start = Syscall.Time();
                Run(row);
                ref var result = ref At(first + (int)row);
                result.Ticks = (Syscall.Time() - start) / Count;
                result.Dimension = dimension;
                result.Number = number;
                result.Row = row;
            }

            // The slots of the delegated capabilities are used again.
            Loops.Map(Objects, Program.ForeignObjects, Program.Range(Program.Counter, 0), Program.Range(s_target, 0), 0, Count);
        }

        s_resultCount += (int)ScaleRow.Count;
    }

    private static void Run(ScaleRow row)
    {
        switch (row)
        {
            case ScaleRow.Call:
                Loops.Call(Program.Identifier(Hypercall.ipc_call, 0, Program.CallPortal), 0, Count);
                break;
            case ScaleRow.Up:
                Loops.Hypercall(Program.Identifier(Hypercall.ctrl_sm, 0, Program.Counter), 0, 0, 0, 0, Count);
                break;
            case ScaleRow.PingPong:
                Program.PingPong(Count);
                break;
            case ScaleRow.PingPongUntil:
                Program.PingPongUntil(s_firstDeadline + (s_sleepers / 2 * DeadlineStep), Count);
                break;
            case ScaleRow.DelegateObject:
                Loops.Map(
                    Objects, Program.ForeignObjects, Program.Range(Program.Counter, 0), Program.Range(s_target, AllPermissions), 0, Count);
                break;
            case ScaleRow.DelegatePage:
                Pages(MeasuredPages, AllPermissions, Count);
                break;
            default:
                Pages(MeasuredPages, 0, Count);
                break;
        }
    }

    private static ulong Objects => Program.Identifier(Hypercall.ctrl_pd, 0, RootTask.ObjectSpace.Selector);

    private static void Pages(ulong first, ulong permissions, ulong count) =>
        Loops.Map(
            Program.Identifier(Hypercall.ctrl_pd, 0, RootTask.HostSpace.Selector), Program.ForeignHost,
            Program.Range(Program.SourcePage, 0), Program.Range(first, permissions), 0, count);

    /// <summary>Makes the other domain hold so many capabilities, and as many pages, below one of this domain.</summary>
    private static void Hold(ulong number)
    {
        Loops.Map(
            Objects, Program.ForeignObjects, Program.Range(Program.Counter, 0), Program.Range(HeldSelectors + s_held, AllPermissions), 0,
            number - s_held);
        Pages(HeldPages + s_held, AllPermissions, number - s_held);
        s_held = number;
    }

    /// <summary>Starts threads until so many wait with deadlines; each runs at once, being more urgent, and blocks.</summary>
    private static bool StartSleepers(ulong number)
    {
        for (; s_sleepers < number; s_sleepers++)
        {
            var selector = SleeperSelectors + (2 * s_sleepers);
            var status = ExecutionContext.CreateGlobal(
                selector, Lab.Domain, SleeperPages + s_sleepers, Lab.BootCpu, 0, s_sleeperEvents, false);
            if (status == Status.SUCCESS)
            {
                status = SchedulingContext.Create(
                    selector + 1, Lab.Domain, new ExecutionContext(selector), SchedulingDescriptor.Slice(Lab.Priority + 1, Lab.Slice));
            }

            // This thread cannot print: it has no FPU.
            if (status != Status.SUCCESS)
            {
                s_failure = status;
                return false;
            }
        }

        return true;
    }
}
