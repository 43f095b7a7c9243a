using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime;
using System.Runtime.CompilerServices;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Sessions;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Runtime;

/// <summary>
/// The start of a component, and what it was born with. The program's Main runs on the first of its CPUs with log, heap and threads in
/// place; its crashes are its parent's to report. docs/components.md.
/// </summary>
public static unsafe class Component
{
    private const ulong PageSize = 4096;
    private const int PageShift = 12;
    private const int SelectorWords = 64;

    // All written once, before other threads exist.
    private static StartPage* s_page;
    private static SelectorAllocator s_selectors;
    private static SelectorBits s_selectorBits;

    private struct SelectorBits
    {
        internal fixed ulong Words[SelectorWords];
    }

    /// <summary>What the parent prepared.</summary>
    public static ref readonly StartPage Information => ref *s_page;

    /// <summary>The component's name in the manifest.</summary>
    public static ReadOnlySpan<byte> Name => new((byte*)s_page + StartPage.NameOffset, (int)s_page->NameLength);

    /// <summary>The arguments of its line.</summary>
    public static ReadOnlySpan<byte> Arguments => new((byte*)s_page + StartPage.ArgumentsOffset, (int)s_page->ArgumentsLength);

    /// <summary>
    /// Changes each time the parent has something for <see cref="IParent.TakeClosed"/> or <see cref="IParent.TakeShared"/>: read it, then
    /// take until there is no more.
    /// </summary>
    public static ulong Attention => Volatile.Read(ref s_page->Attention);

    /// <summary>The memory of the display that its line grants; empty when there is none.</summary>
    public static Span<byte> Display =>
        new((byte*)(ComponentLayout.Devices + s_page->DisplayAddress), (int)(s_page->DisplayPitch * s_page->DisplayHeight));

    /// <summary>The component's domain.</summary>
    public static ProtectionDomain Domain => new(ComponentSelectors.Domain);

    /// <summary>The component's object space.</summary>
    public static ObjectSpace ObjectSpace => new(ComponentSelectors.ObjectSpace);

    /// <summary>A semaphore that nobody ups.</summary>
    public static Semaphore Never => new(ComponentSelectors.Never);

    /// <summary>Selectors for the program.</summary>
    public static SelectorAllocator Selectors => s_selectors;

    /// <summary>The parent, called on the running thread's CPU.</summary>
    public static ParentClient<PortalTransport> Parent =>
        new(new PortalTransport(new Portal(ComponentSelectors.OfCpu(ThreadBlock.Current->Cpu) + ComponentSelectors.Parent)));

    /// <summary>Takes 2^order selectors; ends the program when there are none.</summary>
    public static ulong TakeSelectors(int order)
    {
        if (!s_selectors.TryTake(order, out var selector))
            Faults.Fail("out of selectors"u8);

        return selector;
    }

    /// <summary>Creates a semaphore with counter 0; ends the program when that fails.</summary>
    public static Semaphore NewSemaphore()
    {
        var selector = TakeSelectors(0);
        Require(Semaphore.Create(selector, Domain, 0), "semaphore"u8);
        return new Semaphore(selector);
    }

    /// <summary>Ticks of the system time counter in so many milliseconds.</summary>
    public static ulong Milliseconds(ulong count) => s_page->StcFrequency / 1000 * count;

    /// <summary>The calling thread sleeps.</summary>
    public static void Sleep(ulong milliseconds) => _ = Never.Down(Platform.Time + Milliseconds(milliseconds));

    /// <summary>Ends the program unless the status is SUCCESS.</summary>
    public static void Require(Status status, ReadOnlySpan<byte> what)
    {
        if (status == Status.SUCCESS)
            return;

        Log.Write(LogLevel.Error, $"{what}: {StatusText.Name(status)}");
        Faults.Fail("a hypercall failed"u8);
    }

    /// <summary>Ends the program unless the status is Ok.</summary>
    public static void Require(ContractStatus status, ReadOnlySpan<byte> what)
    {
        if (status == ContractStatus.Ok)
            return;

        Log.Write(LogLevel.Error, $"{what}: contract status {(uint)status}");
        Faults.Fail("a call failed"u8);
    }

    /// <summary>Ends the component.</summary>
    /// <param name="code">0 when it did what it was started for.</param>
    [DoesNotReturn]
    public static void Exit(uint code)
    {
        _ = Parent.Exit(code);
        Crash();
    }

    /// <summary>Creates a local thread on a CPU; ends the program when that fails.</summary>
    /// <param name="selector">An empty selector.</param>
    /// <param name="cpu">One of the component's CPUs.</param>
    /// <param name="name">For reports.</param>
    /// <param name="fpu">Whether it may use vector registers.</param>
    public static void CreateLocal(ulong selector, uint cpu, ReadOnlySpan<byte> name, bool fpu = true) =>
        Require(Threads.CreateLocal(selector, cpu, ComponentSelectors.OfCpu(cpu), name, out _, fpu), "local thread"u8);

    [RuntimeExport("runtime_component_start")]
    private static void Start(StartPage* page)
    {
        s_page = page;
        Log.SetSink(&WriteLog);
        if (page->Magic != StartPage.ExpectedMagic)
            Crash();

        PrepareFirstThread();
        Require(Semaphore.Create(ComponentSelectors.Never, Domain, 0), "semaphore"u8);
        Faults.Initialize(&Crash, Never);
        InitializeCoreLibrary((byte*)page->HeapStart, (byte*)page->HeapEnd);
        fixed (ulong* words = s_selectorBits.Words)
            s_selectors = new SelectorAllocator(ComponentSelectors.FirstFree, words, SelectorWords);

        Threads.Initialize(ThreadBlock.Current, Domain, &Map, ComponentLayout.FirstRegion + StackLayout.Size, ComponentLayout.Image);
        Mappings.Initialize(NewSemaphore());
        ProgramMain();
        Faults.Sleep();
    }

    private static void PrepareFirstThread()
    {
        var block = ThreadBlock.Current;
        block->Utcb = (ulong*)((ulong)block + StackLayout.Utcb);
        block->Selector = ComponentSelectors.Thread;
        block->Cpu = s_page->Cpu;
        block->EventBase = ComponentSelectors.OfCpu(block->Cpu);
        block->StackLow = s_page->StackLow;
        Threads.SetName(block, "main"u8);
    }

    /// <summary>The component's counters, which whoever may control components can read at any time.</summary>
    public static CounterPage Counters => new((byte*)ComponentLayout.CounterPage);

    private static void WriteLog(ReadOnlySpan<byte> line, LogLevel level)
    {
        new LogPage((byte*)ComponentLayout.LogPage).Write(line, Platform.Time, level);
        _ = new Semaphore(ComponentSelectors.LogWritten).Up();
    }

    private static bool Map(ulong page, ulong pages) => Parent.Map(page, (uint)pages) == ContractStatus.Ok;

    [DoesNotReturn]
    private static void Crash()
    {
        RaiseException();
        while (true)
        {
        }
    }

    [RuntimeImport("*", "component_crash")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void RaiseException();

    [RuntimeImport("*", "corelib_init")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void InitializeCoreLibrary(byte* heapStart, byte* heapEnd);

    [RuntimeImport("*", "__managed__Main")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void ProgramMain();
}
