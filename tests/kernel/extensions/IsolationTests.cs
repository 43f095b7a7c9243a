using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.KernelTests.Extensions;

/// <summary>What one domain leaves behind and another must not find, and what long operations survive.</summary>
internal static unsafe class IsolationTests
{
    private const uint UserData = 0x23;
    private const int Children = 200;
    private const uint Up = (uint)SmPermissions.CTRL_UP;
    private const uint Down = (uint)SmPermissions.CTRL_DN;

    private static Semaphore s_done;
    private static ulong s_origin;
    private static Status s_status;
    private static uint s_stop;

    internal static void Run()
    {
        Suite.Run("Segment_selectors_of_one_domain_are_not_seen_by_the_next"u8, &Segments);
        Suite.Run("A_revocation_that_reduces_ends_although_others_run_between_its_steps"u8, &ReducingRevocation);
    }

    private static void ReadSegments(ulong identifier, uint mtd)
    {
        ThreadBlock.Current->Utcb[0] = Probe.ReadSegments();
        Server.Reply(1);
    }

    // A call that may not take the short way: on that, caller and callee may tell each other what they like.
    private static void Segments()
    {
        var portal = Lab.ForeignServer(&ReadSegments, out _, out _);
        Probe.LoadSegments(UserData);
        Check.Equal(Probe.ReadSegments(), UserData, "selectors of the caller"u8);
        Check.Is(portal.TryCall(1, out _), Status.SUCCESS, "call"u8);
        Check.Equal(ThreadBlock.Current->Utcb[0], 0, "selectors that the callee finds"u8);
        Probe.LoadSegments(0);
    }

    private static void Revoke(nint argument)
    {
        s_status = Extension.Revoke(RootTask.ObjectSpace.Selector, s_origin, 0, Down, false);
        _ = s_done.Up();
    }

    // Wakes up and sleeps again, for ever: whoever runs beneath it loses the CPU at some of its preemption points.
    private static void Disturb(nint argument)
    {
        var never = new Semaphore(RootSelectors.Never);
        while (System.Threading.Volatile.Read(ref s_stop) == 0)
            _ = never.Down(Lab.After(1));

        _ = s_done.Up();
    }

    // More survivors than a step visits.
    private static void ReducingRevocation()
    {
        s_origin = Lab.Semaphore(0).Selector;
        s_done = Lab.Semaphore(0);
        s_stop = 0;
        var first = Lab.Weakened(s_origin, Up | Down);
        for (var i = 1; i < Children; i++)
            _ = Lab.Weakened(s_origin, Up | Down);

        _ = Lab.Run(Lab.BootCpu, &Disturb, 0, Lab.Priority + 10);
        _ = Lab.Run(Lab.BootCpu, &Revoke);
        Check.Is(s_done.Down(Lab.After(20_000)), Status.SUCCESS, "the end of the revocation"u8);
        s_stop = 1;
        Check.Is(s_status, Status.SUCCESS, "revoke"u8);
        Check.Is(s_done.Down(Lab.After(1_000)), Status.SUCCESS, "the other thread's end"u8);
        Check.Is(Extension.Lookup(RootTask.ObjectSpace.Selector, first, out var mapping), Status.SUCCESS, "lookup"u8);
        Check.Equal(mapping.Permissions, Up, "what is left"u8);
    }
}
