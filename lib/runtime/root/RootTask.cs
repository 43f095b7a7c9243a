using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime;
using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Kilonova.Formats;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>
/// The start of a root task, and what it owns. NOVA interface specification of 24 January 2024, sections 6.2.3 and 8.1.2. The program's Main
/// runs on the boot CPU with log, heap, threads, memory and crash reports in place.
/// </summary>
public static unsafe class RootTask
{
    private const ulong PageSize = 4096;

    // Above all memory of the machine, which is mapped where it lies.
    private const ulong FirstThreadRegion = 0x2000_0000_0000;
    private const ulong EndOfThreadRegions = 0x2001_0000_0000;
    private const int PageShift = 12;

    // All written once, before other threads exist.
    private static HypervisorInformationPage* s_hip;
    private static BootInformation s_boot;
    private static SelectorAllocator s_selectors;
    private static SelectorWords s_selectorWords;

    private struct SelectorWords
    {
        internal fixed ulong Words[RootSelectors.FreeWords];
    }

    /// <summary>The hypervisor information page.</summary>
    public static HypervisorInformationPage* Hip => s_hip;

    /// <summary>The same for safe code.</summary>
    public static ref readonly HypervisorInformationPage Information => ref *s_hip;

    /// <summary>What the boot loader left.</summary>
    public static BootInformation Boot => s_boot;

    /// <summary>The root task's command line: that of the first module.</summary>
    public static ReadOnlySpan<byte> CommandLine => s_boot.ModuleCommandLine(0);

    /// <summary>The root domain.</summary>
    public static ProtectionDomain Domain => new(s_hip->SelectorCount - RootObjectSpace.ProtectionDomain);

    /// <summary>The root task's object space.</summary>
    public static ObjectSpace ObjectSpace => new(s_hip->SelectorCount - RootObjectSpace.ObjectSpace);

    /// <summary>The NOVA object space, from which interrupts and idle times come.</summary>
    public static ObjectSpace NovaObjectSpace => new(s_hip->SelectorCount - RootObjectSpace.NovaObjectSpace);

    /// <summary>The first thread.</summary>
    public static ExecutionContext Thread => new(s_hip->SelectorCount - RootObjectSpace.ExecutionContext);

    /// <summary>The first thread's time.</summary>
    public static SchedulingContext Time => new(s_hip->SelectorCount - RootObjectSpace.SchedulingContext);

    /// <summary>The root task's host space.</summary>
    public static HostSpace HostSpace => new(RootSelectors.HostSpace);

    /// <summary>The NOVA host space: physical memory.</summary>
    public static HostSpace NovaHostSpace => new(RootSelectors.NovaHostSpace);

    /// <summary>The root task's port space.</summary>
    public static PioSpace PioSpace => new(RootSelectors.PioSpace);

    /// <summary>The NOVA port space.</summary>
    public static PioSpace NovaPioSpace => new(RootSelectors.NovaPioSpace);

    /// <summary>Model-specific registers.</summary>
    public static MsrSpace NovaMsrSpace => new(RootSelectors.NovaMsrSpace);

    /// <summary>Selectors for the program.</summary>
    public static SelectorAllocator Selectors => s_selectors;

    /// <summary>Takes one selector; ends the program when there is none.</summary>
    public static ulong TakeSelector() => TakeSelectors(0);

    /// <summary>Takes 2^order selectors; ends the program when there are none.</summary>
    public static ulong TakeSelectors(int order)
    {
        if (!s_selectors.TryTake(order, out var selector))
            Faults.Fail("out of selectors"u8);

        return selector;
    }

    /// <summary>Creates the event portals of another CPU, so that global threads can start and crash there.</summary>
    /// <returns>Selector of the first event portal; ends the program when that fails.</returns>
    public static ulong CreateEvents(uint cpu)
    {
        var events = TakeSelectors(SelectorAllocator.MaxOrder);
        Require(
            EventPortals.Create(Domain, TakeSelector(), cpu, events, RootSelectors.NoEvents, s_hip->HostArchitecturalEvents),
            "event portals"u8);
        return events;
    }

    /// <summary>Ends the program unless the status is SUCCESS.</summary>
    public static void Require(Status status, ReadOnlySpan<byte> what)
    {
        if (status == Status.SUCCESS)
            return;

        Log.Write(LogLevel.Error, $"{what}: {StatusText.Name(status)}");
        Faults.Fail("start-up failed"u8);
    }

    [RuntimeExport("runtime_root_start")]
    private static void Start(ulong magic, ulong information, HypervisorInformationPage* hip)
    {
        s_hip = hip;
        s_boot = new BootInformation(magic, information);
        TakeInitialCapabilities();
        _ = NovaPioSpace.Delegate(PioSpace, SerialLine.Port, SerialLine.Order);
        Log.SetSink(&SerialLine.WriteLine);

        Require(Semaphore.Create(RootSelectors.Never, Domain, 0), "semaphore"u8);
        Faults.Initialize(&OnEnd, new Semaphore(RootSelectors.Never));
        PrepareFirstThread();
        InitializeCoreLibrary(HeapStart(), HeapEnd());

        fixed (ulong* words = s_selectorWords.Words)
            s_selectors = new SelectorAllocator(RootSelectors.FirstFree, words, RootSelectors.FreeWords);

        var memoryLock = TakeSelector();
        Require(Semaphore.Create(memoryLock, Domain, 0), "semaphore"u8);
        RootMemory.Initialize(s_boot, hip, new SemaphoreLock(new Semaphore(memoryLock)));
        Threads.Initialize(ThreadBlock.Current, Domain, &RootMemory.MapAt, FirstThreadRegion, EndOfThreadRegions);
        EventPortals.SetAfterCrash(&OnEnd);
        Require(
            EventPortals.Create(
                Domain, RootSelectors.BootHandler, hip->BootCpu, RootSelectors.BootEvents, RootSelectors.NoEvents, hip->HostArchitecturalEvents),
            "event portals"u8);

        ProgramMain();
        Faults.Sleep();
    }

    // Without these there is nothing to say anything with, so their failure shows as the first hypercall that fails later.
    private static void TakeInitialCapabilities()
    {
        var nova = NovaObjectSpace;
        var count = s_hip->SelectorCount;
        _ = nova.Delegate(ObjectSpace, count - Abi.NovaObjectSpace.HostSpace, RootSelectors.NovaHostSpace, 0, AllPermissions);
        _ = nova.Delegate(ObjectSpace, count - Abi.NovaObjectSpace.PioSpace, RootSelectors.NovaPioSpace, 0, AllPermissions);
        _ = nova.Delegate(ObjectSpace, count - Abi.NovaObjectSpace.MsrSpace, RootSelectors.NovaMsrSpace, 0, AllPermissions);
        _ = nova.Delegate(ObjectSpace, count - Abi.NovaObjectSpace.RootHostSpace, RootSelectors.HostSpace, 0, AllPermissions);
        _ = nova.Delegate(ObjectSpace, count - Abi.NovaObjectSpace.RootPioSpace, RootSelectors.PioSpace, 0, AllPermissions);
        _ = nova.Delegate(ObjectSpace, count - Abi.NovaObjectSpace.ConsoleSemaphore, RootSelectors.ConsoleSemaphore, 0, AllPermissions);
    }

    private const uint AllPermissions = (uint)HypercallRegister.PermissionMask;

    // The image brings the whole region as memory: the pages between block and stack go, so that an overflow faults.
    private static void PrepareFirstThread()
    {
        var block = ThreadBlock.Current;
        block->Utcb = (ulong*)((ulong)s_hip - PageSize);
        block->Selector = Thread.Selector;
        block->Cpu = s_hip->BootCpu;
        block->EventBase = RootSelectors.BootEvents;
        block->StackLow = (ulong)block + StackLayout.LowestStack;
        Threads.SetName(block, "root"u8);
        for (var page = (ulong)block + StackLayout.Utcb; page < block->StackLow; page += PageSize)
            Require(HostSpace.Remove(page >> PageShift, 0), "guard page"u8);
    }

    [DoesNotReturn]
    private static void OnEnd() => PowerOff.Now(PowerOff.Failure);

    [RuntimeImport("*", "root_heap_start")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern byte* HeapStart();

    [RuntimeImport("*", "root_heap_end")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern byte* HeapEnd();

    [RuntimeImport("*", "corelib_init")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void InitializeCoreLibrary(byte* heapStart, byte* heapEnd);

    [RuntimeImport("*", "__managed__Main")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void ProgramMain();
}
