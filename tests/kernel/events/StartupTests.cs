using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.KernelTests.Events;

/// <summary>The STARTUP event of global threads, sections 5.3.2 and 8.6.2.</summary>
internal static unsafe class StartupTests
{
    private const ulong SomeStack = 0x1234_5678_9ab0;

    private static Semaphore s_started;
    private static ulong s_stack;
    private static uint s_count;

    internal static void Run()
    {
        Suite.Run("A_global_thread_starts_with_its_first_scheduling_context"u8, &StartsWithTime);
        Suite.Run("STARTUP_shows_the_stack_pointer_of_create_ec"u8, &ShowsStackPointer);
        Suite.Run("STARTUP_comes_on_every_cpu"u8, &EveryCpu);
        Suite.Run("Without_a_STARTUP_portal_a_thread_never_runs"u8, &NoPortal);
    }

    private static void Started(nint argument)
    {
        _ = Interlocked.Increment(ref s_count);
        _ = s_started.Up();
    }

    private static void StartsWithTime()
    {
        s_started = Lab.Semaphore(0);
        s_count = 0;
        var block = Lab.Global(Lab.BootCpu, &Started);
        Lab.Sleep(20);
        Check.Equal(s_count, 0, "it does not run without time"u8);
        _ = Lab.Start(block);
        Check.Succeeds(Lab.WaitFor(s_started), "it runs with time"u8);
        Lab.Sleep(20);
        Check.Equal(s_count, 1, "once"u8);
    }

    private static void RecordStack(ulong identifier, uint mtd)
    {
        s_stack = Server.State->RSP;
        _ = s_started.Up();
        Server.Resume(Mtd.POISON);
    }

    private static ulong BindStartup(delegate*<ulong, uint, void> function)
    {
        var events = RootTask.TakeSelectors(SelectorAllocator.MaxOrder);
        var startup = events + RootTask.Hip->HostArchitecturalEvents + MicrohypervisorEvent.Startup;
        RootTask.Require(EventPortals.Bind(Lab.Domain, Lab.Local(Lab.BootCpu)->Selector, startup, 0, Mtd.GPR0_7, function), "portal"u8);
        return events;
    }

    private static void ShowsStackPointer()
    {
        s_started = Lab.Semaphore(0);
        var events = BindStartup(&RecordStack);
        var selector = Lab.Selector();
        Check.Succeeds(
            ExecutionContext.CreateGlobal(selector, Lab.Domain, Lab.EmptyPage(), Lab.BootCpu, SomeStack, events), "create_ec"u8);
        Check.Succeeds(
            SchedulingContext.Create(Lab.Selector(), Lab.Domain, new ExecutionContext(selector), SchedulingDescriptor.Slice(20, 10)),
            "create_sc"u8);
        Check.Succeeds(Lab.WaitFor(s_started), "STARTUP"u8);
        Check.Equal(s_stack, SomeStack, "RSP"u8);
    }

    private static void EveryCpu()
    {
        s_started = Lab.Semaphore(0);
        s_count = 0;
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
            _ = Lab.Run(cpu, &Started);

        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
            Check.Succeeds(Lab.WaitFor(s_started), "started"u8);

        Check.Equal(s_count, Lab.CpuCount, "threads"u8);
    }

    private static void NoPortal()
    {
        s_started = Lab.Semaphore(0);
        RootTask.Require(
            Threads.CreateGlobal(
                Lab.Selector(), Lab.BootCpu, RootTask.TakeSelectors(SelectorAllocator.MaxOrder), "victim"u8, &Started, 0, out var block),
            "global thread"u8);
        _ = Lab.Start(block);
        Check.Is(s_started.Down(Lab.After(50)), Status.TIMEOUT, "it does not run"u8);
    }
}
