using System;
using Kilonova.Abi;
using Kilonova.Formats;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Bench;

/// <summary>
/// Measures the kernel's paths and prints a line for each: "bench: name ticks". Callers and handlers have no FPU, and handlers do only
/// what the row names.
/// </summary>
internal static unsafe class Program
{
    private const ulong Count = 64;
    private const ulong PageSize = 4096;
    private const ulong ItemPages = 0x4000;
    private const uint ItemOrder = 7;

    // Beyond the selectors that the run time hands out.
    private const ulong Created = 0xc000;
    private const uint Stack = (uint)StackLayout.Size;

    // Written by the first thread before the measuring one starts.
    private static ulong s_callPortal;
    private static ulong s_itemPortal;
    private static ulong* s_itemHotspot;
    private static ulong s_semaphore;
    private static ulong s_ping;
    private static ulong s_pong;
    private static ulong s_objects;
    private static ulong s_host;
    private static ulong s_source;
    private static ulong s_local;
    private static ulong s_faulting;
    private static ulong s_selectors;
    private static ulong s_done;
    private static bool s_scale;

    /// <summary>Portal into the other domain, which answers with what came.</summary>
    internal static ulong CallPortal => s_callPortal;

    /// <summary>A semaphore that nobody waits for.</summary>
    internal static ulong Counter => s_semaphore;

    /// <summary>The other domain's spaces.</summary>
    internal static ulong ForeignObjects => s_objects;

    /// <inheritdoc cref="ForeignObjects"/>
    internal static ulong ForeignHost => s_host;

    /// <summary>Number of a page of this domain, first of 16.</summary>
    internal static ulong SourcePage => s_source;

    private static void Main()
    {
        Prepare();
        s_scale = CommandLine.Has(RootTask.CommandLine, "scale"u8);
        if (s_scale)
            Scale.Prepare();

        s_done = Lab.Semaphore(0).Selector;
        var partner = Lab.Global(Lab.BootCpu, &Pong, 0, fpu: false);
        var measurer = Lab.Global(Lab.BootCpu, &Measure, 0, fpu: false);
        BindHandlers(measurer);
        PrepareItem(measurer);
        Guests.Prepare();
        _ = Lab.Start(partner);
        _ = Lab.Start(measurer);
        _ = new Semaphore(s_done).Down();
        if (s_scale)
            Scale.Print();

        foreach (ref readonly var row in Rows.All)
            Log.Write($"bench: {row.Name} {row.Ticks}");

        Log.Write("bench: done"u8);
        PowerOff.Now(PowerOff.Success);
    }

    private static void Prepare()
    {
        s_semaphore = Lab.Semaphore(0).Selector;
        s_ping = Lab.Semaphore(0).Selector;
        s_pong = Lab.Semaphore(0).Selector;
        s_callPortal = Foreign(Loops.Echo(), default, out s_host, out s_objects);
        s_itemPortal = Foreign(Loops.Echo(), new Window(ItemPages, ItemOrder), out _, out _);
        s_source = (ulong)Lab.Memory(32, 16) >> 12;
        s_local = Lab.Local(Lab.BootCpu, fpu: false)->Selector;
        s_faulting = Lab.EmptyPage();
        s_selectors = Created;
    }

    /// <summary>
    /// A portal into a thread without FPU, with a lasting window for memory or none, of a domain that shares this program's code; returns
    /// the domain's spaces.
    /// </summary>
    private static ulong Foreign(ulong entry, Window window, out ulong host, out ulong objects)
    {
        var domain = Lab.NewDomain(out var foreignObjects, out var foreignHost, out _);
        host = foreignHost.Selector;
        objects = foreignObjects.Selector;
        var first = (ulong)Image.Start >> 12;
        Lab.Share(foreignHost, first, (((ulong)Image.End + PageSize - 1) >> 12) - first, MemoryPermissions.All);
        var thread = Lab.Selector();
        RootTask.Require(
            ExecutionContext.CreateLocal(thread, domain, Lab.EmptyPage(), Lab.BootCpu, 0, 0, false), "foreign thread"u8);
        RootTask.Require(new ExecutionContext(thread).SetWindow(default, window, default), "window"u8);
        var portal = Lab.Selector();
        RootTask.Require(Portal.Create(portal, Lab.Domain, new ExecutionContext(thread), entry), "portal"u8);
        return portal;
    }

    /// <summary>Lays the item into the measuring thread's UTCB: the first source page, readable and writable.</summary>
    private static void PrepareItem(ThreadBlock* measurer)
    {
        var item = (ulong*)measurer->Utcb + Utcb.Words - TypedItem.WordsPerItem;
        item[0] = (s_source << TypedItem.BaseShift) | ((ulong)ItemKind.Memory << TypedItem.KindShift);
        item[1] = (ulong)(MemoryPermissions.R | MemoryPermissions.W);
        s_itemHotspot = item + 1;
    }

    /// <summary>Handlers for the measuring thread's #UD and #PF, in a thread of this domain.</summary>
    private static void BindHandlers(ThreadBlock* measurer)
    {
        var handler = Lab.Local(Lab.BootCpu, fpu: false);
        var thread = new ExecutionContext(handler->Selector);

        // What the pager maps: one page, readable and writable, from this space to this space.
        PrepareRegisters(
            handler, Identifier(Hypercall.ctrl_pd, 0, RootTask.HostSpace.Selector), RootTask.HostSpace.Selector, Range(s_source, 0));
        Replace(measurer->EventBase + HostEvent.UD, thread, Loops.Skip(), Mtd.RIP);
        Replace(measurer->EventBase + HostEvent.PF, thread, Loops.Pager(), Mtd.QUAL);
    }

    /// <summary>Sets R12, R13 and R14 of a local thread, and RBP to its UTCB; they stay.</summary>
    internal static void PrepareRegisters(ThreadBlock* handler, ulong r12, ulong r13, ulong r14)
    {
        var prepare = Lab.Selector();
        RootTask.Require(Portal.Create(prepare, Lab.Domain, new ExecutionContext(handler->Selector), Loops.Prepare()), "portal"u8);
        RootTask.Require(new Portal(prepare).Configure((ulong)handler->Utcb, 0), "portal"u8);
        var words = Server.Utcb;
        words[0] = (ulong)handler->Utcb;
        words[1] = r12;
        words[2] = r13;
        words[3] = r14;
        RootTask.Require(new Portal(prepare).Call(4, out _), "prepare"u8);
    }

    private static void Replace(ulong selector, ExecutionContext thread, ulong entry, Mtd mtd)
    {
        RootTask.Require(RootTask.ObjectSpace.Remove(selector, 0), "event portal"u8);
        RootTask.Require(Portal.Create(selector, Lab.Domain, thread, entry), "event portal"u8);
        RootTask.Require(new Portal(selector).Configure(0, mtd), "event portal"u8);
    }

    private static void Pong(nint argument)
    {
        _ = Syscall.Invoke(Identifier(Hypercall.ctrl_sm, CtrlSmFlags.Down, s_ping), 0);
        Loops.Ping(Identifier(Hypercall.ctrl_sm, 0, s_pong), Identifier(Hypercall.ctrl_sm, CtrlSmFlags.Down, s_ping), ulong.MaxValue);
    }

    private static void Measure(nint argument)
    {
        // Twice: the first round fills caches and tables.
        for (var round = 0; round < 2; round++)
        {
            Simple();
            Messages();
            Semaphores();
            Creation((ulong)round);
            Delegation((ulong)round);
            Events((ulong)round);
            ItemMessage();
            Guests.Measure((ulong)round);
        }

        if (s_scale)
            Scale.Measure();

        _ = Syscall.Invoke(Identifier(Hypercall.ctrl_sm, 0, s_done), 0);
        Faults.Sleep();
    }

    private static void Simple()
    {
        var start = Syscall.Time();
        Loops.Null(Count);
        Rows.Set(Row.Null, Syscall.Time() - start, Count);
    }

    private static void Messages()
    {
        Message(Row.Call1, 1);
        Message(Row.Call8, 8);
        Message(Row.Call64, 64);
    }

    private static void Message(Row row, ulong words)
    {
        var start = Syscall.Time();
        Loops.Call(Identifier(Hypercall.ipc_call, 0, s_callPortal), words - 1, Count);
        Rows.Set(row, Syscall.Time() - start, Count);
    }

    private static void Semaphores()
    {
        var start = Syscall.Time();
        Loops.Hypercall(Identifier(Hypercall.ctrl_sm, 0, s_semaphore), 0, 0, 0, 0, Count);
        Rows.Set(Row.Up, Syscall.Time() - start, Count);

        start = Syscall.Time();
        Loops.Hypercall(Identifier(Hypercall.ctrl_sm, CtrlSmFlags.Down, s_semaphore), 0, 0, 0, 0, Count);
        Rows.Set(Row.Down, Syscall.Time() - start, Count);

        start = Syscall.Time();
        PingPong(Count);
        Rows.Set(Row.PingPong, Syscall.Time() - start, Count);
    }

    /// <summary>Wakes the partner and waits for it, so many times.</summary>
    internal static void PingPong(ulong count) =>
        Loops.Ping(Identifier(Hypercall.ctrl_sm, 0, s_ping), Identifier(Hypercall.ctrl_sm, CtrlSmFlags.Down, s_pong), count);

    /// <summary>The same, waiting with a deadline.</summary>
    internal static void PingPongUntil(ulong deadline, ulong count) =>
        Loops.PingUntil(
            Identifier(Hypercall.ctrl_sm, 0, s_ping), Identifier(Hypercall.ctrl_sm, CtrlSmFlags.Down, s_pong), deadline, count);

    private static void Creation(ulong round)
    {
        var domain = Lab.Domain.Selector;
        var first = s_selectors + (round * 2 * Count);
        var start = Syscall.Time();
        Loops.Sequence(Identifier(Hypercall.create_sm, 0, first), domain, 0, 0, 0, Count);
        Rows.Set(Row.CreateSemaphore, Syscall.Time() - start, Count);

        start = Syscall.Time();
        Loops.Sequence(Identifier(Hypercall.create_pt, 0, first + Count), domain, s_local, 0x1000, 0, Count);
        Rows.Set(Row.CreatePortal, Syscall.Time() - start, Count);
    }

    private static void Delegation(ulong round)
    {
        const ulong AllPermissions = HypercallRegister.PermissionMask;
        const ulong Target = 0x1000;
        var start = Syscall.Time();
        Loops.Map(
            Identifier(Hypercall.ctrl_pd, 0, RootTask.ObjectSpace.Selector), s_objects, Range(s_semaphore, 0),
            Range(Target + (round * Count), AllPermissions), 0, Count);
        Rows.Set(Row.DelegateObject, Syscall.Time() - start, Count);

        var pages = Identifier(Hypercall.ctrl_pd, 0, RootTask.HostSpace.Selector);
        start = Syscall.Time();
        Loops.Map(pages, s_host, Range(s_source, 0), Range(Target, AllPermissions), 0, Count);
        Rows.Set(Row.DelegatePage, Syscall.Time() - start, Count);

        start = Syscall.Time();
        Loops.Hypercall(
            Extension.Identifier(ExtensionOperation.Revoke, RootTask.HostSpace.Selector), 0, Range(s_source, 0), AllPermissions, 0, 1);
        Rows.Set(Row.RevokePage, Syscall.Time() - start, Count);

        Loops.Map(pages, s_host, Range(s_source, 0), Range(Target, AllPermissions), 0, Count);
        start = Syscall.Time();
        Loops.Map(pages, s_host, Range(s_source, 0), Range(Target, 0), 0, Count);
        Rows.Set(Row.UnmapPage, Syscall.Time() - start, Count);

        start = Syscall.Time();
        Loops.Hypercall(pages, s_host, Range(s_source, 4), Range(Target, AllPermissions), 0, 1);
        Rows.Set(Row.Delegate16Pages, Syscall.Time() - start, 1);
        _ = Syscall.Invoke(pages, s_host, Range(s_source, 4), Range(Target, 0), 0);
    }

    private static void Events(ulong round)
    {
        var start = Syscall.Time();
        Loops.Undefined(Count);
        Rows.Set(Row.Undefined, Syscall.Time() - start, Count);

        start = Syscall.Time();
        Loops.Touch((s_faulting + (round * Count)) << 12, Count);
        Rows.Set(Row.PageFault, Syscall.Time() - start, Count);

    }

    private static void ItemMessage()
    {
        // Each round sends the same page to the next place in the window.
        var start = Syscall.Time();
        Loops.Item(Identifier(Hypercall.ipc_call, IpcCallFlags.Items, s_itemPortal), 0, 1, s_itemHotspot, Count);
        Rows.Set(Row.ItemPage, Syscall.Time() - start, Count);

        // What was mapped must not count as children in the next round.
        _ = Extension.Revoke(RootTask.HostSpace.Selector, s_source, 0, (uint)HypercallRegister.PermissionMask, false);
    }

    /// <summary>RDI of a hypercall.</summary>
    internal static ulong Identifier(Hypercall hypercall, uint flags, ulong selector) =>
        (selector << HypercallRegister.SelectorShift) | (flags << HypercallRegister.FlagsShift) | (uint)hypercall;

    /// <summary>A base or page number above bits that a hypercall's register has below it.</summary>
    internal static ulong Range(ulong first, ulong low) => (first << HypercallRegister.BaseShift) | low;
}
