using System;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests;

/// <summary>The domain of a thread that is not the root task's, and its spaces.</summary>
public struct ForeignThread
{
    /// <summary>Its domain.</summary>
    public ProtectionDomain Domain;

    /// <summary>Its object space.</summary>
    public ObjectSpace Objects;

    /// <summary>Its host space.</summary>
    public HostSpace Host;

    /// <summary>Its port space.</summary>
    public PioSpace Ports;
}

/// <summary>What tests need besides the thing they test. Each of these ends the run when it fails, because nothing later would mean anything.</summary>
public static unsafe class Lab
{
    /// <summary>Priority of threads that run beside the first one; the root thread has the highest there is.</summary>
    public const uint Priority = 10;

    /// <summary>Milliseconds of a time slice.</summary>
    public const uint Slice = 10;

    // Per CPU the first event selector, 0 while there is none. Written by the first thread only.
    private static EventBases s_eventBases;

    private struct EventBases
    {
        internal fixed ulong Words[512];
    }

    /// <summary>The root domain.</summary>
    public static ProtectionDomain Domain => RootTask.Domain;

    /// <summary>The boot CPU.</summary>
    public static uint BootCpu => RootTask.Hip->BootCpu;

    /// <summary>Number of CPUs.</summary>
    public static uint CpuCount => RootTask.Hip->CpuCount;

    /// <summary>Some CPU that is not the boot CPU; only where there are several.</summary>
    public static uint OtherCpu => BootCpu == 0 ? 1u : 0u;

    /// <summary>SELNUM.</summary>
    public static ulong SelectorCount => RootTask.Hip->SelectorCount;

    /// <summary>Ticks of the system time counter in so many milliseconds.</summary>
    public static ulong Milliseconds(ulong count) => RootTask.Hip->StcFrequency / 1000 * count;

    /// <summary>The system time counter so many milliseconds from now.</summary>
    public static ulong After(ulong milliseconds) => Platform.Time + Milliseconds(milliseconds);

    /// <summary>The first thread sleeps.</summary>
    public static void Sleep(ulong milliseconds) => _ = new Semaphore(RootSelectors.Never).Down(After(milliseconds));

    /// <summary>An empty selector.</summary>
    public static ulong Selector() => RootTask.TakeSelector();

    /// <summary>A page number of user memory that nothing is mapped at; different each time.</summary>
    public static ulong EmptyPage()
    {
        s_emptyPage += 0x10;
        return s_emptyPage;
    }

    private static ulong s_emptyPage = 0x1_0000_0000;

    /// <summary>Fresh zeroed memory.</summary>
    public static byte* Memory(ulong pages, ulong alignment = 1)
    {
        var memory = RootMemory.Allocate(pages, alignment);
        if (memory == null)
            Faults.Fail("out of memory"u8);

        return memory;
    }

    /// <summary>Physical page number of memory from <see cref="Memory"/>.</summary>
    public static ulong PhysicalPage(byte* memory) => ((ulong)memory - PhysicalMemory.Window) >> 12;

    /// <summary>A new semaphore.</summary>
    public static Semaphore Semaphore(ulong count)
    {
        var selector = Selector();
        RootTask.Require(Nova.Semaphore.Create(selector, Domain, count), "create_sm"u8);
        return new Semaphore(selector);
    }

    /// <summary>Another capability for the same object with fewer permissions; a null capability for none.</summary>
    public static ulong Weakened(ulong selector, uint permissions)
    {
        var weak = Selector();
        RootTask.Require(RootTask.ObjectSpace.Delegate(RootTask.ObjectSpace, selector, weak, 0, permissions), "ctrl_pd"u8);
        return weak;
    }

    /// <summary>Event selectors for threads of a CPU, with handlers that start them and report their crashes.</summary>
    public static ulong Events(uint cpu)
    {
        if (cpu == BootCpu)
            return RootSelectors.BootEvents;

        if (s_eventBases.Words[cpu] == 0)
            s_eventBases.Words[cpu] = RootTask.CreateEvents(cpu);

        return s_eventBases.Words[cpu];
    }

    /// <summary>A local thread.</summary>
    public static ThreadBlock* Local(uint cpu, bool fpu = true)
    {
        RootTask.Require(Threads.CreateLocal(Selector(), cpu, Events(cpu), "local"u8, out var block, fpu), "local thread"u8);
        return block;
    }

    /// <summary>A portal into a local thread.</summary>
    public static Portal PortalTo(ThreadBlock* block, delegate*<ulong, uint, void> function, ulong identifier = 0, Mtd mtd = 0)
    {
        var selector = Selector();
        RootTask.Require(EventPortals.Bind(Domain, block->Selector, selector, identifier, mtd, function), "portal"u8);
        return new Portal(selector);
    }

    /// <summary>A new local thread with one portal.</summary>
    public static Portal Server(uint cpu, delegate*<ulong, uint, void> function) => PortalTo(Local(cpu), function);

    /// <summary>A global thread that has no time yet.</summary>
    public static ThreadBlock* Global(uint cpu, delegate*<nint, void> function, nint argument = 0, bool fpu = true)
    {
        RootTask.Require(
            Threads.CreateGlobal(Selector(), cpu, Events(cpu), "global"u8, function, argument, out var block, fpu), "global thread"u8);
        return block;
    }

    /// <summary>A global thread without time, to bind time to: when it runs it waits for ever.</summary>
    public static ulong Idle(uint cpu) => Global(cpu, &WaitForEver)->Selector;

    private static void WaitForEver(nint argument)
    {
        while (true)
            _ = new Semaphore(RootSelectors.Never).Down();
    }

    /// <summary>Gives a global thread time; returns the scheduling context.</summary>
    public static SchedulingContext Start(ThreadBlock* block, uint priority = Priority, uint slice = Slice)
    {
        var selector = Selector();
        RootTask.Require(Threads.Start(block, selector, SchedulingDescriptor.Slice(priority, slice)), "create_sc"u8);
        return new SchedulingContext(selector);
    }

    /// <summary>A global thread that runs.</summary>
    public static ThreadBlock* Run(uint cpu, delegate*<nint, void> function, nint argument = 0, uint priority = Priority)
    {
        var block = Global(cpu, function, argument);
        _ = Start(block, priority);
        return block;
    }

    /// <summary>A domain with the three spaces that threads need. Selectors: domain, object space, host space, port space.</summary>
    public static ProtectionDomain NewDomain(out ObjectSpace objects, out HostSpace host, out PioSpace ports)
    {
        var domain = new ProtectionDomain(Selector());
        objects = new ObjectSpace(Selector());
        host = new HostSpace(Selector());
        ports = new PioSpace(Selector());
        RootTask.Require(ProtectionDomain.Create(domain.Selector, Domain), "create_pd"u8);
        RootTask.Require(ObjectSpace.Create(objects.Selector, domain), "object space"u8);
        RootTask.Require(HostSpace.Create(host.Selector, domain), "host space"u8);
        RootTask.Require(PioSpace.Create(ports.Selector, domain), "port space"u8);
        return domain;
    }

    /// <summary>
    /// A portal into a local thread of another domain, which shares this program's image and sees nothing else but its own stack.
    /// </summary>
    /// <param name="function">Its function; it may use its stack, its UTCB and the image's data.</param>
    /// <param name="host">The other domain's host space.</param>
    /// <param name="objects">The other domain's object space.</param>
    public static Portal ForeignServer(delegate*<ulong, uint, void> function, out HostSpace host, out ObjectSpace objects)
    {
        var block = Foreign(BootCpu, out var thread);
        objects = thread.Objects;
        host = thread.Host;
        return PortalTo(block, function);
    }

    /// <summary>A local thread of another domain, which shares this program's image and sees nothing else but its own stack.</summary>
    public static ThreadBlock* Foreign(uint cpu, out ForeignThread thread)
    {
        thread.Domain = NewDomain(out thread.Objects, out thread.Host, out thread.Ports);
        return Foreign(cpu, thread);
    }

    /// <summary>The same in a domain that is there already.</summary>
    public static ThreadBlock* Foreign(uint cpu, ForeignThread thread)
    {
        ShareImage(thread.Host);
        var region = Memory(StackLayout.Size >> 12, StackLayout.Size >> 12);
        Share(thread.Host, (ulong)region >> 12, StackLayout.Size >> 12, MemoryPermissions.R | MemoryPermissions.W);
        RootTask.Require(thread.Host.Remove(((ulong)region + StackLayout.Utcb) >> 12, 0), "place for a UTCB"u8);
        var block = (ThreadBlock*)region;
        block->Utcb = (ulong*)((ulong)region + StackLayout.Utcb);
        block->StackLow = (ulong)region + StackLayout.LowestStack;
        block->Selector = Selector();
        block->Cpu = cpu;
        RootTask.Require(
            ExecutionContext.CreateLocal(
                block->Selector, thread.Domain, (ulong)block->Utcb >> 12, cpu, ThreadBlock.EntryStackOf((ulong)region), 0, true),
            "foreign thread"u8);
        return block;
    }

    /// <summary>Delegates pages of this program to the same addresses of another domain, one by one.</summary>
    public static void Share(HostSpace host, ulong page, ulong pages, MemoryPermissions permissions)
    {
        for (var i = 0ul; i < pages; i++)
            RootTask.Require(RootTask.HostSpace.Delegate(host, page + i, page + i, 0, permissions), "share"u8);
    }

    // Code, constants and data keep the permissions that they have here.
    private static void ShareImage(HostSpace host)
    {
        var first = (ulong)Image.Start >> 12;
        Share(host, first, (((ulong)Image.End + 0xfff) >> 12) - first, MemoryPermissions.All);
    }

    /// <summary>Waits for an up, but not for ever.</summary>
    public static Status WaitFor(Semaphore semaphore, ulong milliseconds = 5000) => semaphore.Down(After(milliseconds));
}
