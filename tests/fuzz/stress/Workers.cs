using System.Runtime.Intrinsics.X86;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Fuzz;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Stress;

/// <summary>Threads of different priorities on each CPU that do one operation after the other, and the servers that they call.</summary>
internal static unsafe class Workers
{
    private const uint PerCpu = 3;
    private const uint Servers = 4;
    private const uint MostCpus = 64;
    private const int Kinds = 16;
    private const uint LowestPriority = 10;
    private const uint Microseconds = 400;
    private const uint Period = 2000;
    private const ulong Patience = 120_000;
    private const ulong Key = 0x5a17_0c4a_5a17_0c4a;

    private static Table s_portals;
    private static Table s_sinks;
    private static Table s_threads;
    private static Table s_counts;
    private static Semaphore s_go;
    private static Semaphore s_done;
    private static ulong s_seed;
    private static uint s_count;
    private static uint s_stop;
    private static long s_recalls;

    private struct Table
    {
        internal fixed ulong Words[(int)(MostCpus * Servers)];
    }

    /// <summary>Operations of all workers so far.</summary>
    internal static ulong Operations
    {
        get
        {
            var sum = 0ul;
            for (var i = 0; i < Kinds; i++)
                sum += s_counts.Words[i];

            return sum;
        }
    }

    internal static void Prepare()
    {
        s_go = Lab.Semaphore(0);
        s_done = Lab.Semaphore(0);
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            var events = Lab.Events(cpu) + RootTask.Hip->HostArchitecturalEvents + MicrohypervisorEvent.Recall;
            _ = RootTask.ObjectSpace.Remove(events, 0);
            RootTask.Require(EventPortals.Bind(Lab.Domain, Lab.Local(cpu)->Selector, events, 0, Mtd.RIP, &OnRecall), "portal"u8);
            for (var i = 0u; i < Servers; i++)
                s_portals.Words[cpu * Servers + i] = Lab.Server(cpu, &Serve).Selector;

            var sink = Lab.Local(cpu);
            var window = RootTask.TakeSelectors(3);
            s_sinks.Words[cpu] = Lab.PortalTo(sink, &Sink).Selector;
            s_sinks.Words[cpu + MostCpus] = window;
            s_sinks.Words[cpu + 2 * MostCpus] = (Lab.EmptyPage() + 15) & ~7ul;
            Touch(window, s_sinks.Words[cpu + 2 * MostCpus]);
            for (var i = 0u; i < PerCpu; i++)
            {
                var block = Lab.Global(cpu, &Live, (nint)s_count);
                s_threads.Words[s_count++] = block->Selector;
                RootTask.Require(
                    Threads.Start(
                        block,
                        Lab.Selector(),
                        i == 0
                            ? SchedulingDescriptor.Reserved(LowestPriority + 5, Microseconds, Period)
                            : SchedulingDescriptor.Slice(LowestPriority + i, 1)),
                    "worker"u8);
            }

            // The window belongs to the sink's CPU: a thread there opens it.
            _ = Lab.Run(cpu, &OpenWindow, (nint)sink->Selector);
            Check.Succeeds(s_done.Down(Lab.After(Patience)), "window"u8);
        }
    }

    /// <summary>Lets all work for a while, and waits until the last has ended its operation.</summary>
    internal static void Run(ulong seed, ulong milliseconds)
    {
        s_seed = seed;
        Volatile.Write(ref s_stop, 0);
        for (var i = 0u; i < s_count; i++)
            Check.Succeeds(s_go.Up(), "go"u8);

        Lab.Sleep(milliseconds);
        Volatile.Write(ref s_stop, 1);
        for (var i = 0u; i < s_count; i++)
            RootTask.Require(s_done.Down(Lab.After(Patience)), "a worker has come to its end"u8);

        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
            Check.Succeeds(RootTask.ObjectSpace.Remove(s_sinks.Words[cpu + MostCpus], 3), "remove"u8);
    }

    /// <summary>How often each kind of operation was done: none may be missing.</summary>
    internal static void Report()
    {
        for (var i = 0; i < Kinds; i++)
        {
            Log.Write($"operation {i}: {s_counts.Words[i]}");
            Check.True(s_counts.Words[i] != 0, "every kind of operation was done"u8);
        }

        Log.Write($"recalls delivered: {s_recalls}");
        Check.True(s_recalls != 0, "threads were recalled"u8);
    }

    private static void OnRecall(ulong identifier, uint mtd)
    {
        _ = Interlocked.Increment(ref s_recalls);
        Server.Resume(Mtd.None);
    }

    // Tables of the root domain's spaces stay once they are made: now.
    private static void Touch(ulong selector, ulong page)
    {
        RootTask.Require(Semaphore.Create(selector, Lab.Domain, 0), "window"u8);
        RootTask.Require(RootTask.ObjectSpace.Remove(selector, 0), "window"u8);
        var some = (ulong)ThreadBlock.Current >> 12;
        RootTask.Require(RootTask.HostSpace.Delegate(RootTask.HostSpace, some, page, 0, MemoryPermissions.R), "window"u8);
        RootTask.Require(RootTask.HostSpace.Remove(page, 0), "window"u8);
    }

    private static void OpenWindow(nint argument)
    {
        var cpu = ThreadBlock.Current->Cpu;
        Window objects = new(s_sinks.Words[cpu + MostCpus], 3);
        Window memory = new(s_sinks.Words[cpu + 2 * MostCpus], 3);
        Check.Succeeds(new ExecutionContext((ulong)argument).SetWindow(objects, memory, default), "window"u8);
        _ = s_done.Up();
    }

    private static void Live(nint argument)
    {
        while (true)
        {
            _ = s_go.Down();
            Dice dice = new(s_seed + (ulong)argument);
            while (Volatile.Read(ref s_stop) == 0)
            {
                var kind = (int)dice.Below(Kinds);
                Do(kind, ref dice);
                _ = Interlocked.Increment(ref *(long*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref s_counts.Words[kind]));
            }

            _ = s_done.Up();
        }
    }

    private static void Do(int kind, ref Dice dice)
    {
        var cpu = ThreadBlock.Current->Cpu;
        switch (kind)
        {
            case 0:
            case 1:
                CallServer(cpu, ref dice);
                break;
            case 2:
                Shared.Up(ref dice);
                break;
            case 3:
                Shared.Down(ref dice);
                break;
            case 4:
                Recall(ref dice);
                break;
            case 5:
            case 6:
                Arena.Delegate(ref dice);
                break;
            case 7:
                Arena.Revoke(ref dice);
                break;
            case 8:
                Arena.Look(ref dice);
                break;
            case 9:
                Shared.Create(ref dice);
                break;
            case 10:
                Shared.Remove(ref dice);
                break;
            case 11:
                Shared.Use(ref dice);
                break;
            case 12:
                Shared.Copy(ref dice);
                break;
            case 13:
                Victim.Call(cpu, ref dice);
                break;
            case 14:
                if (dice.OneIn(8))
                    Victim.Kill(ref dice);
                else
                    Victim.Open(ref dice);
                break;
            default:
                Send(cpu, ref dice);
                break;
        }
    }

    // A weak or strong recall of any worker. A strong one of a thread of this CPU is there already.
    private static void Recall(ref Dice dice) =>
        Check.Succeeds(new ExecutionContext(s_threads.Words[dice.Below(s_count)]).Recall(dice.OneIn(3)), "recall"u8);

    // Servers call each other, now and then in a ring: then one of the calls is aborted, and the answers say how many.
    private static void CallServer(uint cpu, ref Dice dice)
    {
        var utcb = ThreadBlock.Current->Utcb;
        var cookie = dice.Next();
        utcb[0] = dice.Below(4);
        utcb[1] = dice.Next();
        utcb[2] = cookie;
        var portal = new Portal(s_portals.Words[cpu * Servers + dice.Below(Servers)]);
        var mayFail = dice.OneIn(4);
        var status = mayFail ? portal.TryCall(3, out _) : portal.Call(3, out _);
        if (status == Status.SUCCESS)
            Check.Equal(utcb[2], cookie ^ Key, "answer"u8);
        else
            Check.True(status == Status.ABORTED || (mayFail && status == Status.TIMEOUT), "status of a call"u8);
    }

    private static void Serve(ulong identifier, uint mtd)
    {
        var utcb = Server.Utcb;
        var depth = utcb[0];
        var seed = utcb[1];
        var cookie = utcb[2];
        Dice dice = new(seed);
        if (dice.OneIn(8))
            _ = new Semaphore(RootSelectors.Never).Down(Platform.Time + dice.Below(Lab.Milliseconds(1) / 4));

        for (var spin = dice.Below(2000); spin != 0; spin--)
            X86Base.Pause();

        if (depth != 0)
        {
            utcb[0] = depth - 1;
            utcb[1] = dice.Next();
            utcb[2] = ~cookie;
            var portal = new Portal(s_portals.Words[Server.Cpu * Servers + dice.Below(Servers)]);
            var status = dice.OneIn(4) ? portal.TryCall(3, out _) : portal.Call(3, out _);
            if (status == Status.SUCCESS)
                Check.Equal(utcb[2], ~cookie ^ Key, "answer to a server"u8);
            else
                Check.True(status is Status.ABORTED or Status.TIMEOUT, "status of a server's call"u8);
        }

        utcb[2] = cookie ^ Key;
        Server.Reply(3);
    }

    // Items into a window that is never emptied: what lies there is replaced. The sender's origins are being revoked meanwhile.
    private static void Send(uint cpu, ref Dice dice)
    {
        var utcb = ThreadBlock.Current->Utcb;
        var cookie = dice.Next();
        var count = (uint)dice.Below(4);
        utcb[0] = cookie;
        for (var i = 0; i < count; i++)
        {
            var item = Arena.SomeItem(ref dice);
            item.Word1 |= dice.Below(8) << TypedItem.HotspotShift;
            utcb[Item.WordIndex(i)] = item.Word0;
            utcb[Item.WordIndex(i) + 1] = item.Word1;
        }

        SyscallRegisters registers;
        registers.Rdi = Hypercalls.Identifier(Hypercall.ipc_call, IpcCallFlags.Items, s_sinks.Words[cpu]);
        registers.Rsi = 0;
        registers.Rdx = count;
        registers.Rax = registers.R8 = registers.R9 = 0;
        Check.Succeeds((Status)Syscall.Invoke(&registers), "call with items"u8);
        Check.Equal(utcb[0], cookie ^ Key, "answer to items"u8);
    }

    private static void Sink(ulong identifier, uint mtd)
    {
        Server.Utcb[0] ^= Key;
        Server.Reply(1);
    }
}
