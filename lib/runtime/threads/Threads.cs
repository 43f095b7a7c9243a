using System;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;
using ExecutionContext = Kilonova.Nova.ExecutionContext;

namespace Kilonova.Runtime;

/// <summary>
/// Creates threads: a region with block, UTCB, guard page and stack, and an execution context in it. Regions lie one behind the other, where
/// start-up says, and are never reused. Any thread may create others.
/// </summary>
public static unsafe class Threads
{
    /// <summary>Bytes of stack unless asked for otherwise.</summary>
    public const ulong DefaultStack = 0x8000;

    private const ulong PageSize = 4096;
    private const int PageShift = 12;

    // Written once by start-up.
    private static ThreadBlock* s_first;
    private static ProtectionDomain s_domain;
    private static delegate*<ulong, ulong, bool> s_map;
    private static ulong s_regions;
    private static int s_most;

    // Number of regions taken; interlocked.
    private static int s_count;

    /// <summary>Says whose threads these are and where their memory comes from. Once, before any is created.</summary>
    /// <param name="first">The block of the running thread.</param>
    /// <param name="domain">The domain that runs and pays for the threads.</param>
    /// <param name="map">Maps fresh zeroed pages at a page number of this domain; false when there are none left.</param>
    /// <param name="regions">Address of the region of the first thread that is created.</param>
    /// <param name="end">First address that no region reaches.</param>
    public static void Initialize(
        ThreadBlock* first, ProtectionDomain domain, delegate*<ulong, ulong, bool> map, ulong regions, ulong end)
    {
        s_regions = regions;
        s_most = (int)((end - regions) / StackLayout.Size);
        s_first = first;
        s_domain = domain;
        s_map = map;
    }

    /// <summary>Gives a thread its name for reports; what is too long is cut off.</summary>
    public static void SetName(ThreadBlock* block, ReadOnlySpan<byte> name) =>
        block->NameLength = Utf8Format.Text(new Span<byte>(block->Name, ThreadBlock.MaxName), name);

    /// <summary>The block of the thread on whose region an address lies; null when it lies on none.</summary>
    public static ThreadBlock* Find(ulong address)
    {
        var region = address & ~(StackLayout.Size - 1);
        if (s_first != null && region == (ulong)s_first)
            return s_first;

        var index = (region - s_regions) / StackLayout.Size;
        var block = (ThreadBlock*)region;
        return index < (ulong)Volatile.Read(ref s_count) && block->StackLow != 0 ? block : null;
    }

    /// <summary>Creates a local thread: bind portals to it whose functions end in <see cref="Server.Reply"/>.</summary>
    /// <param name="selector">An empty selector for the execution context.</param>
    /// <param name="cpu">The CPU.</param>
    /// <param name="eventBase">Selector of its first event portal.</param>
    /// <param name="name">For reports.</param>
    /// <param name="block">The new thread's block; null unless SUCCESS.</param>
    /// <param name="fpu">Whether it may use vector registers, as code does that ilc compiled without care for them.</param>
    /// <param name="stackSize">Bytes of stack, a multiple of 4096, at most 0xd000.</param>
    public static Status CreateLocal(
        ulong selector, uint cpu, ulong eventBase, ReadOnlySpan<byte> name, out ThreadBlock* block, bool fpu = true,
        ulong stackSize = DefaultStack)
    {
        block = Prepare(selector, cpu, eventBase, name, stackSize);
        if (block == null)
            return Status.MEM_OBJ;

        var status = ExecutionContext.CreateLocal(
            selector, s_domain, UtcbPage(block), cpu, ThreadBlock.EntryStackOf((ulong)block), eventBase, fpu);
        return Finish(status, ref block);
    }

    /// <summary>Creates a global thread, to be started by <see cref="Start"/>. Parameters are those of <see cref="CreateLocal"/>.</summary>
    /// <param name="selector">An empty selector for the execution context.</param>
    /// <param name="cpu">The CPU.</param>
    /// <param name="eventBase">Selector of its first event portal; STARTUP must lead to <see cref="EventPortals"/>.</param>
    /// <param name="name">For reports.</param>
    /// <param name="entry">Its function; when it returns the thread sleeps for ever.</param>
    /// <param name="argument">What the function is called with.</param>
    /// <param name="block">The new thread's block; null unless SUCCESS.</param>
    /// <param name="fpu">Whether it may use vector registers.</param>
    /// <param name="stackSize">Bytes of stack, a multiple of 4096, at most 0xd000.</param>
    public static Status CreateGlobal(
        ulong selector, uint cpu, ulong eventBase, ReadOnlySpan<byte> name, delegate*<nint, void> entry, nint argument,
        out ThreadBlock* block, bool fpu = true, ulong stackSize = DefaultStack)
    {
        block = Prepare(selector, cpu, eventBase, name, stackSize);
        if (block == null)
            return Status.MEM_OBJ;

        block->Entry = entry;
        block->Argument = argument;
        var status = ExecutionContext.CreateGlobal(
            selector, s_domain, UtcbPage(block), cpu, ThreadBlock.EntryStackOf((ulong)block), eventBase, fpu);
        return Finish(status, ref block);
    }

    /// <summary>Starts a global thread by giving it time.</summary>
    public static Status Start(ThreadBlock* block, ulong selector, SchedulingDescriptor descriptor) =>
        SchedulingContext.Create(selector, s_domain, new ExecutionContext(block->Selector), descriptor);

    private static ulong UtcbPage(ThreadBlock* block) => ((ulong)block + StackLayout.Utcb) >> PageShift;

    private static ThreadBlock* Prepare(ulong selector, uint cpu, ulong eventBase, ReadOnlySpan<byte> name, ulong stackSize)
    {
        if (stackSize > StackLayout.Size - StackLayout.LowestStack)
            return null;

        var index = Interlocked.Increment(ref s_count) - 1;
        if (index >= s_most)
            return null;

        var region = s_regions + (ulong)index * StackLayout.Size;
        var stackLow = region + StackLayout.Size - stackSize;
        if (!s_map((region + StackLayout.Block) >> PageShift, 1) || !s_map(stackLow >> PageShift, stackSize / PageSize))
            return null;

        var block = (ThreadBlock*)region;
        block->Utcb = (ulong*)(region + StackLayout.Utcb);
        block->Selector = selector;
        block->Cpu = cpu;
        block->EventBase = eventBase;
        SetName(block, name);

        // What a portal's function, or a global thread's, returns to.
        *(ulong*)ThreadBlock.EntryStackOf(region) = Server.ThreadEnd;
        Volatile.Write(ref block->StackLow, stackLow);
        return block;
    }

    private static Status Finish(Status status, ref ThreadBlock* block)
    {
        if (status != Status.SUCCESS)
            block = null;

        return status;
    }
}
