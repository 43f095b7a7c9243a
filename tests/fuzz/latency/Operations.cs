using Kilonova.Abi;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Latency;

/// <summary>Long operations, and what has to be there before each.</summary>
internal static unsafe class Operations
{
    private const uint AllRights = 0x1f;
    private const uint ReadWrite = (uint)(MemoryPermissions.R | MemoryPermissions.W);
    private const int ObjectOrder = 12;
    private const int PageOrder = 14;
    private const int ScatteredOrder = 9;
    private const ulong Many = 1000;
    private const ulong Sleepers = 200;
    private const ulong Servers = 200;
    private const ulong Threads = 16;
    private const ulong Objects = 0x100000;
    private const ulong Pages = 0xa_0000_0000 >> 12;
    private const ulong Place = 0x10000;
    private const ulong Computing = 200_000;

    private static ObjectSpace s_objects;
    private static HostSpace s_host;
    private static ulong s_source;
    private static ulong s_frames;
    private static ulong s_scattered;
    private static ulong s_domain;
    private static ulong s_local;
    private static ulong s_thread;
    private static Portal s_sink;
    private static Portal s_items;
    private static Portal s_first;
    private static ulong s_window;
    private static Semaphore s_waited;
    private static Semaphore s_counter;
    private static ulong s_deadline;
    private static ulong s_next;
    private static bool s_hasSleepers;
    private static Table s_servers;

    private struct Table
    {
        internal fixed ulong Words[(int)Servers];
    }

    /// <summary>When the operation begins by itself; 0 if it does not.</summary>
    internal static ulong Start { get; set; }

    internal static void Prepare()
    {
        _ = Lab.NewDomain(out s_objects, out s_host, out _);
        s_domain = RootTask.TakeSelectors(5);
        s_local = Lab.Local(Lab.BootCpu)->Selector;
        s_source = 0x40000;
        for (var i = 0ul; i < 1ul << ObjectOrder; i++)
            RootTask.Require(Hypercalls.CreateSm(s_source + i, Lab.Domain.Selector, 0), "object"u8);

        s_frames = Lab.PhysicalPage(Lab.Memory(1ul << PageOrder, 1ul << PageOrder));
        s_scattered = (ulong)Lab.Memory(1ul << ScatteredOrder, 1ul << ScatteredOrder) >> 12;
        var frame = Lab.PhysicalPage(Lab.Memory(1));
        for (var i = 0ul; i < 1ul << ScatteredOrder; i++)
            RootTask.Require(RootTask.NovaHostSpace.Delegate(RootTask.HostSpace, frame, s_scattered + i, 0, MemoryPermissions.R), "page"u8);

        s_sink = Lab.Server(Lab.BootCpu, &Answer);
        var block = Lab.Local(Lab.BootCpu);
        s_items = Lab.PortalTo(block, &Answer);
        s_window = Lab.EmptyPage() + 0x100 & ~0x3ful;
        RootTask.Require(new ExecutionContext(block->Selector).SetWindow(default, new Window(s_window, 6), default), "window"u8);
        s_thread = Lab.Selector();
        for (var i = 0ul; i < Servers; i++)
            s_servers.Words[i] = Lab.PortalTo(Lab.Local(Lab.BootCpu), &CallNext, i).Selector;

        s_first = new Portal(s_servers.Words[0]);
        s_waited = Lab.Semaphore(0);
        s_counter = Lab.Semaphore(0);
    }

    private static void Succeeds(Status status) => Check.Succeeds(status, "operation"u8);

    internal static void Compute()
    {
        var end = (Start != 0 ? Start : Platform.Time) + Computing;
        while (Platform.Time < end)
        {
        }
    }

    internal static void DelegateObjects() =>
        Succeeds(RootTask.ObjectSpace.Delegate(s_objects, s_source, Objects, ObjectOrder, AllRights));

    internal static void RemoveObjects() => Succeeds(s_objects.Remove(Objects, ObjectOrder));

    internal static void EmptyObjects() => RemoveObjects();

    internal static void FillObjects() => DelegateObjects();

    internal static void DelegatePages() =>
        Succeeds(RootTask.NovaHostSpace.Delegate(s_host, s_frames, Pages, PageOrder, (MemoryPermissions)ReadWrite));

    internal static void RemovePages() => Succeeds(s_host.Remove(Pages, PageOrder));

    internal static void EmptyPages() => RemovePages();

    internal static void FillPages() => DelegatePages();

    internal static void RevokeWritable() =>
        Succeeds(Extension.Revoke(s_host.Selector, Pages, PageOrder, (uint)MemoryPermissions.W, true));

    internal static void DelegateScattered() =>
        Succeeds(RootTask.HostSpace.Delegate(s_host, s_scattered, Pages, ScatteredOrder, MemoryPermissions.R));

    internal static void EmptyScattered() => Succeeds(s_host.Remove(Pages, ScatteredOrder));

    internal static void SpreadObject()
    {
        for (var i = 0ul; i < Many; i++)
            Succeeds(RootTask.ObjectSpace.Delegate(s_objects, s_source, Place + i, 0, AllRights));
    }

    internal static void RevokeObject() => Succeeds(Extension.Revoke(RootTask.ObjectSpace.Selector, s_source, 0, AllRights, false));

    internal static void SpreadPage()
    {
        for (var i = 0ul; i < Many; i++)
            Succeeds(RootTask.HostSpace.Delegate(s_host, s_scattered, Place + i, 0, MemoryPermissions.R));
    }

    internal static void RevokePage() => Succeeds(Extension.Revoke(RootTask.HostSpace.Selector, s_scattered, 0, AllRights, false));

    internal static void MakeDomain()
    {
        var domain = new ProtectionDomain(s_domain);
        Succeeds(ProtectionDomain.Create(s_domain, Lab.Domain));
        Succeeds(ObjectSpace.Create(s_domain + 1, domain));
        Succeeds(HostSpace.Create(s_domain + 2, domain));
        Succeeds(PioSpace.Create(s_domain + 3, domain));
        for (var i = 0ul; i < Threads; i++)
            Succeeds(ExecutionContext.CreateLocal(s_domain + 4 + i, domain, 0x1000 + i, Lab.BootCpu, 0, 0, true));

        for (var i = 0ul; i < Many; i++)
        {
            Succeeds(RootTask.ObjectSpace.Delegate(new ObjectSpace(s_domain + 1), s_source + i, i * 3, 0, AllRights));
            Succeeds(RootTask.HostSpace.Delegate(new HostSpace(s_domain + 2), s_scattered, 0x2000 + i * 2, 0, MemoryPermissions.R));
        }
    }

    internal static void KillDomain()
    {
        Succeeds(new ProtectionDomain(s_domain).Kill());
        DropDomain();
    }

    internal static void DropDomain() => Succeeds(RootTask.ObjectSpace.Remove(s_domain, 5));

    private static void Answer(ulong identifier, uint mtd) => Server.Reply(1);

    private static void Wait(nint argument)
    {
        while (true)
        {
            var seen = System.Threading.Volatile.Read(ref s_next);
            _ = s_counter.Up();
            _ = new Semaphore(s_waited.Selector).Down(System.Threading.Volatile.Read(ref s_deadline));
            while (System.Threading.Volatile.Read(ref s_next) == seen)
                _ = new Semaphore(RootSelectors.Never).Down(Platform.Time + Lab.Milliseconds(1));
        }
    }

    // Threads of the lowest priority all wait for one semaphore.
    internal static void MakeWaiters()
    {
        s_deadline = 0;
        Gather();
    }

    private static void Gather()
    {
        s_next++;
        if (!s_hasSleepers)
        {
            s_hasSleepers = true;
            for (var i = 0ul; i < Sleepers; i++)
                _ = Lab.Run(Lab.BootCpu, &Wait, 0, 1);
        }

        if (Extension.Lookup(RootTask.ObjectSpace.Selector, s_waited.Selector, out var mapping) == Status.SUCCESS && mapping.Permissions == 0)
            Succeeds(Semaphore.Create(s_waited.Selector, Lab.Domain, 0));

        for (var i = 0ul; i < Sleepers; i++)
            Succeeds(Lab.WaitFor(s_counter));

        Lab.Sleep(2);
    }

    internal static void DropSemaphore() => Succeeds(RootTask.ObjectSpace.Remove(s_waited.Selector, 0));

    internal static void MakeTimeouts()
    {
        s_deadline = Platform.Time + Lab.Milliseconds(40);
        Gather();
        Start = s_deadline;
    }

    internal static void MakePortals()
    {
        for (var i = 0ul; i < Many; i++)
            Succeeds(Portal.Create(Place + i, Lab.Domain, new ExecutionContext(s_local), 0x1000));
    }

    internal static void DropPortals() => Succeeds(RootTask.ObjectSpace.Remove(Place, 10));

    internal static void CycleThreads()
    {
        for (var i = 0ul; i < 10; i++)
        {
            Succeeds(ExecutionContext.CreateLocal(s_thread, Lab.Domain, Pages + 0x100000 + s_next++, Lab.BootCpu, 0, RootSelectors.NoEvents, true));
            Succeeds(RootTask.ObjectSpace.Remove(s_thread, 0));
        }
    }

    internal static void CallLong()
    {
        for (var i = 0; i < 20; i++)
            Succeeds(s_sink.Call(512, out _));
    }

    internal static void EmptyWindow() => Succeeds(RootTask.HostSpace.Remove(s_window, 6));

    internal static void CallItems()
    {
        var utcb = ThreadBlock.Current->Utcb;
        for (var i = 0; i < TypedItem.MaxCount; i++)
        {
            var item = Item.Delegate(ItemKind.Memory, s_scattered + (ulong)i, 0, (uint)MemoryPermissions.R, (ulong)i);
            utcb[Item.WordIndex(i)] = item.Word0;
            utcb[Item.WordIndex(i) + 1] = item.Word1;
        }

        SyscallRegisters registers;
        registers.Rdi = Hypercalls.Identifier(Hypercall.ipc_call, IpcCallFlags.Items, s_items.Selector);
        registers.Rsi = 0;
        registers.Rdx = TypedItem.MaxCount;
        registers.Rax = registers.R8 = registers.R9 = 0;
        Succeeds((Status)Syscall.Invoke(&registers));
    }

    private static void CallNext(ulong identifier, uint mtd)
    {
        if (identifier + 1 < Servers)
            Succeeds(new Portal(s_servers.Words[identifier + 1]).Call(1, out _));
        else
            Compute();

        Server.Reply(1);
    }

    internal static void CallDeep() => Succeeds(s_first.Call(1, out _));
}
