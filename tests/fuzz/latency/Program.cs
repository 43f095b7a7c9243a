using System;
using System.Threading;
using Kilonova.Abi;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Latency;

/// <summary>
/// How long the kernel leaves an interrupt waiting, seen from outside. While a thread of low priority is in the midst of a long operation,
/// the first thread, of the highest priority, sleeps for some 1,500 ticks again and again, and looks how late it wakes, until the operation
/// and what it leaves behind are over. With an emulator that counts instructions ticks are instructions, and a latency is what the kernel
/// did with interrupts off, plus the constant way to wake a thread (the first row).
/// </summary>
internal static unsafe class Program
{
    private const uint Low = 10;
    private const ulong Ahead = 20_000;
    private const ulong Behind = 60_000;
    private const ulong Least = 100_000;
    private const ulong Gap = 1500;
    private const ulong Runs = 3;

    private static Semaphore s_go;
    private static Semaphore s_done;
    private static delegate*<void> s_operation;
    private static ulong s_end;
    private static ulong s_start;
    private static ulong s_runs;

    private static void Main()
    {
        Suite.Begin("latency"u8);
        Suite.Run("An_interrupt_never_waits_long"u8, &Measure);
        Suite.End();
    }

    private static void Measure()
    {
        s_runs = Wanted();
        s_go = Lab.Semaphore(0);
        s_done = Lab.Semaphore(0);
        _ = Lab.Run(Lab.BootCpu, &Work, 0, Low);
        Operations.Prepare();
        Probe("nothing but computing"u8, null, &Operations.Compute);
        Probe("delegate 4,096 objects"u8, &Operations.EmptyObjects, &Operations.DelegateObjects);
        Probe("remove 4,096 objects"u8, &Operations.FillObjects, &Operations.RemoveObjects);
        Probe("delegate 16,384 pages"u8, &Operations.EmptyPages, &Operations.DelegatePages);
        Probe("remove 16,384 pages"u8, &Operations.FillPages, &Operations.RemovePages);
        Probe("delegate 512 pages one by one mapped"u8, &Operations.EmptyScattered, &Operations.DelegateScattered);
        Probe("revoke an object from 1,000 places"u8, &Operations.SpreadObject, &Operations.RevokeObject);
        Probe("revoke a page from 1,000 places"u8, &Operations.SpreadPage, &Operations.RevokePage);
        Probe("revoke W of 16,384 pages"u8, &Operations.FillPages, &Operations.RevokeWritable);
        Probe("kill a domain with 1,000 objects, pages and 16 threads"u8, &Operations.MakeDomain, &Operations.KillDomain);
        Probe("drop a domain's spaces and threads"u8, &Operations.MakeDomain, &Operations.DropDomain);
        Probe("destroy a semaphore with 200 waiters"u8, &Operations.MakeWaiters, &Operations.DropSemaphore);
        Probe("200 timeouts at one moment"u8, &Operations.MakeTimeouts, &Operations.Compute);
        Probe("destroy 1,000 portals"u8, &Operations.MakePortals, &Operations.DropPortals);
        Probe("create and drop threads with FPU"u8, null, &Operations.CycleThreads);
        Probe("call with 512 words"u8, null, &Operations.CallLong);
        Probe("call with 64 items of one page"u8, &Operations.EmptyWindow, &Operations.CallItems);

        // To choose time that has gone so far takes longer than the gap of the others: nobody would get on.
        Probe("call along 200 servers"u8, null, &Operations.CallDeep, 4 * Gap);
    }

    // What the thread of low priority does when it is let go.
    private static void Work(nint argument)
    {
        while (true)
        {
            _ = s_go.Down();
            s_start = Platform.Time;
            s_operation();
            s_end = Platform.Time;
            _ = s_done.Up();
        }
    }

    // Command line: runs=N.
    private static ulong Wanted()
    {
        var text = RootTask.CommandLine;
        var at = text.IndexOf("runs="u8);
        if (at < 0)
            return Runs;

        var value = 0ul;
        for (var i = at + 5; i < text.Length && text[i] is >= (byte)'0' and <= (byte)'9'; i++)
            value = value * 10 + (uint)(text[i] - '0');

        return value;
    }

    private static void Once(delegate*<void> prepare, delegate*<void> operation)
    {
        Operations.Start = 0;
        if (prepare != null)
            prepare();

        // Whatever destruction the preparation has left is over then.
        Lab.Sleep(2);
        s_operation = operation;
        Volatile.Write(ref s_end, ulong.MaxValue);
    }

    private static void Probe(ReadOnlySpan<byte> name, delegate*<void> prepare, delegate*<void> operation, ulong gap = Gap)
    {
        var longest = 0ul;
        var worst = 0ul;
        var count = 0ul;
        var sleep = new Semaphore(RootSelectors.Never);
        for (var run = 0ul; run < s_runs; run++)
        {
            Once(prepare, operation);

            // Something begins by itself, or now.
            var begin = Operations.Start != 0 ? Operations.Start : Platform.Time + Ahead;
            var deadline = begin - Ahead / 2 + run * gap / s_runs;
            _ = s_go.Up();
            while (deadline < begin + Least || Volatile.Read(ref s_end) > deadline - Behind)
            {
                Check.Is(sleep.Down(deadline), Status.TIMEOUT, "sleep"u8);
                var now = Platform.Time;
                if (now - deadline > longest)
                {
                    longest = now - deadline;
                    worst = deadline - begin;
                }

                // Not in step with anything that the operation repeats.
                deadline = now + gap + count++ * 37 % 512;
            }

            Check.Succeeds(Lab.WaitFor(s_done), "operation"u8);
        }

        Log.Write($"latency {name}: {longest} at {worst} of {s_end - s_start}, {count} probes");
    }
}
