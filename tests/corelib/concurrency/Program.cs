using System;
using System.Text;
using System.Threading;
using Internal.Runtime;
using Kilonova.CoreLibTests;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Concurrency;

/// <summary>
/// Two threads on every CPU do everything at once, each in another order; one line per subject says what went wrong, if anything.
/// </summary>
internal static unsafe class Program
{
    private const int ThreadsPerCpu = 2;
    private const uint Priority = 1;
    private const uint SliceMilliseconds = 2;

    // Interlocked: threads that stand at the start, and threads that are done.
    private static int s_ready;
    private static int s_done;
    private static int s_threadCount;

    private static void Main()
    {
        CoreLibTests.Platform.Start();
        uint cpus = RootTask.Information.CpuCount;
        s_threadCount = (int)cpus * ThreadsPerCpu;
        for (uint cpu = 0; cpu < cpus; cpu++)
        {
            ulong events = cpu == RootTask.Information.BootCpu ? RootSelectors.BootEvents : RootTask.CreateEvents(cpu);
            for (int i = 0; i < ThreadsPerCpu; i++)
                Start(cpu, events, ((int)cpu * ThreadsPerCpu) + i);
        }

        Semaphore pause = new Semaphore(RootTask.TakeSelector());
        RootTask.Require(Semaphore.Create(pause.Selector, RootTask.Domain, 0), "semaphore"u8);
        while (Volatile.Read(ref s_done) != s_threadCount)
            _ = pause.Down(Nova.Platform.Time + 1_000_000);

        Print($"{s_threadCount} threads on {cpus} CPUs");
        Print($"static constructors: {Constructors.Runs} runs of {Constructors.TypeCount}, {Constructors.Wrong} seen half done");
        Print($"interface calls: {Calls.Wrong} wrong");
        Print($"allocation: {Allocation.Wrong} wrong");
        Print($"exceptions: {Exceptions.Wrong} wrong");
        string exhaustion = Exhaustion.Run();

        // That left no memory behind: what is printed from here on lies on the stack.
        const int ReserveSize = 8192;
        byte* memory = stackalloc byte[ReserveSize];
        BumpHeap reserve = default;
        reserve.Initialize(memory, memory + ReserveSize);
        ComponentHeap.Enter(&reserve);
        Print($"exhaustion: {(exhaustion.Length == 0 ? "as it should be" : exhaustion)}");
        int wrong = (exhaustion.Length == 0 ? 0 : 1) + Constructors.Wrong + Calls.Wrong + Allocation.Wrong + Exceptions.Wrong
            + Math.Abs(Constructors.Runs - Constructors.TypeCount);
        Print(wrong == 0 ? "good" : "bad");
        CoreLibTests.Platform.Exit(wrong == 0 ? 0 : 1);
    }

    private static void Start(uint cpu, ulong events, int number)
    {
        RootTask.Require(
            Threads.CreateGlobal(RootTask.TakeSelector(), cpu, events, "worker"u8, &Work, number, out Kilonova.Runtime.ThreadBlock* block),
            "thread"u8);
        RootTask.Require(
            Threads.Start(block, RootTask.TakeSelector(), SchedulingDescriptor.Slice(Priority, SliceMilliseconds)), "scheduling context"u8);
    }

    private static void Work(nint number)
    {
        // All begin together, as far as the CPUs allow.
        Interlocked.Increment(ref s_ready);
        while (Volatile.Read(ref s_ready) != s_threadCount)
            System.Runtime.Intrinsics.X86.X86Base.Pause();

        Constructors.Run((int)number);
        Calls.Run((int)number);
        Allocation.Run((int)number);
        Exceptions.Run((int)number);
        Interlocked.Increment(ref s_done);
    }

    private static void Print(string text) => CoreLibTests.Platform.WriteLine(Encoding.UTF8.GetBytes(text));
}
