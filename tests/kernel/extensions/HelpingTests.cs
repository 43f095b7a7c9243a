using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.KernelTests.Extensions;

/// <summary>
/// Calls that would wait for themselves: one of them is ABORTED, and nobody else suffers (docs/abi.md, ipc_call). The specification leaves
/// open what happens then.
/// </summary>
internal static unsafe class HelpingTests
{
    private const int Ring = 8;
    private const int Deepest = 255;
    private const int Deep = Deepest + 2;

    private static Portals s_portals;
    private static Semaphore s_entered;
    private static Semaphore s_gate;
    private static Semaphore s_done;
    private static ulong s_aborted;
    private static ulong s_succeeded;
    private static ulong s_count;

    private struct Portals
    {
        internal fixed ulong Selectors[Deep];
    }

    internal static void Run()
    {
        Suite.Run("A_server_that_calls_itself_gets_ABORTED"u8, &OneRing);
        Suite.Run("In_a_ring_of_servers_one_call_is_ABORTED"u8, &LargeRing);
        Suite.Run("Of_two_servers_that_wait_for_each_other_one_is_ABORTED"u8, &Embrace);
        Suite.Run("A_thread_that_handles_its_own_exceptions_dies_of_them"u8, &OwnHandler);
        Suite.Run("Calls_nest_255_deep_and_the_next_is_ABORTED"u8, &DeepCalls);
        Suite.Run("Help_along_a_chain_that_is_too_long_is_ABORTED"u8, &LongChain);
    }

    private static void Prepare(ulong count, delegate*<ulong, uint, void> function)
    {
        s_aborted = 0;
        s_succeeded = 0;
        s_count = count;
        s_entered = Lab.Semaphore(0);
        s_gate = Lab.Semaphore(0);
        s_done = Lab.Semaphore(0);
        for (var i = 0ul; i < count; i++)
            s_portals.Selectors[i] = Lab.PortalTo(Lab.Local(Lab.BootCpu, false), function, i).Selector;
    }

    private static void Note(Status status)
    {
        if (status == Status.SUCCESS)
            _ = Interlocked.Increment(ref s_succeeded);
        else if (status == Status.ABORTED)
            _ = Interlocked.Increment(ref s_aborted);
        else
            Check.Is(status, Status.ABORTED, "status of a call in a ring"u8);
    }

    private static Portal Next(ulong identifier) => new(s_portals.Selectors[(identifier + 1) % s_count]);

    private static void CallNext(ulong identifier, uint mtd)
    {
        Note(Next(identifier).Call(1, out _));
        Server.Reply(1);
    }

    private static void OneRing()
    {
        Prepare(1, &CallNext);
        for (var i = 1ul; i <= 3; i++)
        {
            Check.Succeeds(new Portal(s_portals.Selectors[0]).Call(1, out _), "call"u8);
            Check.Equal(s_aborted, i, "its call of itself"u8);
        }
    }

    private static void LargeRing()
    {
        Prepare(Ring, &CallNext);
        for (var i = 1ul; i <= 3; i++)
        {
            Check.Succeeds(new Portal(s_portals.Selectors[i]).Call(1, out _), "call"u8);
            Check.Equal(s_aborted, i, "one call is aborted"u8);
            Check.Equal(s_succeeded, i * (Ring - 1), "all others succeed"u8);
        }
    }

    private static void EnterThenCallNext(ulong identifier, uint mtd)
    {
        _ = s_entered.Up();
        _ = s_gate.Down();
        Note(Next(identifier).Call(1, out _));
        Server.Reply(1);
    }

    private static void CallServer(nint argument)
    {
        Note(new Portal(s_portals.Selectors[argument]).Call(1, out _));
        _ = s_done.Up();
    }

    private static void Embrace()
    {
        for (var round = 0u; round < 4; round++)
        {
            Prepare(2, &EnterThenCallNext);
            _ = Lab.Run(Lab.BootCpu, &CallServer, 0, 10 + round % 2);
            _ = Lab.Run(Lab.BootCpu, &CallServer, 1, 10 + round / 2);
            Check.Succeeds(Lab.WaitFor(s_entered), "one server is busy"u8);
            Check.Succeeds(Lab.WaitFor(s_entered), "the other too"u8);

            // Each goes through the gate once for its caller, and the one that is called by the other once more.
            for (var i = 0; i < 3; i++)
                Check.Succeeds(s_gate.Up(), "gate"u8);

            Check.Succeeds(Lab.WaitFor(s_done), "one caller goes on"u8);
            Check.Succeeds(Lab.WaitFor(s_done), "the other too"u8);
            Check.True(s_aborted >= 1, "a call is aborted"u8);
            Check.True(s_succeeded >= 2, "the callers are answered"u8);
        }
    }

    private static void RaiseUndefined(ulong identifier, uint mtd)
    {
        _ = Probe.Undefined();
        Server.Reply(1);
    }

    private static void OwnHandler()
    {
        var events = RootTask.TakeSelectors(SelectorAllocator.MaxOrder);
        RootTask.Require(Threads.CreateLocal(Lab.Selector(), Lab.BootCpu, events, "handler"u8, out var handler), "thread"u8);
        RootTask.Require(
            EventPortals.Bind(Lab.Domain, handler->Selector, events + HostEvent.UD, 0, Mtd.RIP, &RaiseUndefined), "portal"u8);
        RootTask.Require(Threads.CreateLocal(Lab.Selector(), Lab.BootCpu, events, "victim"u8, out var victim), "thread"u8);
        var direct = Lab.PortalTo(handler, &RaiseUndefined);
        Check.Is(Lab.PortalTo(victim, &RaiseUndefined).Call(1, out _), Status.ABORTED, "whoever raised the first one"u8);
        Check.Is(direct.Call(1, out _), Status.ABORTED, "the handler is dead too"u8);
    }

    private static void CallDown(ulong identifier, uint mtd)
    {
        if (identifier + 1 < s_count)
        {
            Note(Next(identifier).Call(1, out _));
        }
        else
        {
            _ = s_entered.Up();
            _ = s_gate.Down();
        }

        Server.Reply(1);
    }

    // The last server that is reached is refused the next; it and all others answer, and all can be done again.
    private static void DeepCalls()
    {
        Prepare(Deep, &CallDown);
        for (var i = 1ul; i <= 2; i++)
        {
            Check.Succeeds(new Portal(s_portals.Selectors[0]).Call(1, out _), "the first of the calls"u8);
            Check.Equal(s_succeeded, i * (Deepest - 1), "calls between servers"u8);
            Check.Equal(s_aborted, i, "and one of them is refused"u8);
        }

        Check.Succeeds(s_gate.Up(), "gate"u8);
        Check.Succeeds(new Portal(s_portals.Selectors[Deep - Deepest]).Call(1, out _), "calls that just reach the last server"u8);
        Check.Equal(s_aborted, 2, "and are not refused"u8);
    }

    private static void CallFirst(ulong identifier, uint mtd)
    {
        Note(new Portal(s_portals.Selectors[0]).Call(1, out _));
        Server.Reply(1);
    }

    // The server at the end waits; who calls the first one meanwhile would have to walk the whole chain, each time it gets time.
    private static void LongChain()
    {
        Prepare(Deepest, &CallDown);
        var caller = Lab.Server(Lab.BootCpu, &CallFirst);
        _ = Lab.Run(Lab.BootCpu, &CallServer, 0);
        Check.Succeeds(Lab.WaitFor(s_entered), "the last server is reached"u8);
        Check.Succeeds(caller.Call(1, out _), "a server that calls the first one"u8);
        Check.Equal(s_aborted, 1, "too long a way to help"u8);
        _ = Lab.Run(Lab.BootCpu, &CallServer, Deepest - 10);
        Lab.Sleep(5);
        Check.Succeeds(s_gate.Up(), "the last server goes on"u8);
        Check.Succeeds(Lab.WaitFor(s_entered), "and serves the next one, for a caller with a short way"u8);
        Check.Succeeds(s_gate.Up(), "gate"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "one caller is done"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "the other too"u8);
        Check.Equal(s_aborted, 1, "no other call was aborted"u8);
    }
}
