using Kilonova.Abi;
using Kilonova.Fuzz;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;

namespace Kilonova.Limits;

/// <summary>
/// All kernel memory of the machine is used up by the root domain: whatever needs some says so and changes nothing, whatever needs none
/// works, and everything comes back.
/// </summary>
internal static unsafe class MachineTests
{
    private const uint AllRights = 0x1f;
    private const ulong First = 0x100000;
    private const int Order = 20;
    private const int Kinds = 7;
    private const ulong ThreadPage = 0x8_0000_0000 >> 12;
    private const ulong FarPage = 0x9_0000_0000 >> 12;

    private static ulong s_next;
    private static ulong s_local;
    private static ulong s_global;
    private static ProtectionDomain s_domain;
    private static ObjectSpace s_objects;
    private static HostSpace s_host;

    internal static void Run()
    {
        s_domain = Lab.NewDomain(out s_objects, out s_host, out _);
        s_local = Lab.Selector();
        s_global = Lab.Idle(Lab.BootCpu);
        RootTask.Require(ExecutionContext.CreateLocal(s_local, s_domain, ThreadPage - 1, Lab.BootCpu, 0x1000, 0), "thread"u8);
        Suite.Run("When_the_machines_memory_is_used_up_everything_says_so"u8, &UsedUp);
    }

    private static void Answer(ulong identifier, uint mtd) => Server.Reply(1);

    private static void UsedUp()
    {
        var portal = Lab.Server(Lab.BootCpu, &Answer);
        var semaphore = Lab.Semaphore(0);
        var page = (ulong)Lab.Memory(1) >> 12;

        // Tables of spaces that are made in the first round stay with their spaces; so do page tables above one that turns out to be too much.
        Fill();
        Empty();
        _ = Accounts.Used();
        Walker.Begin();
        ulong before = 0;
        for (var round = 0; round < 3; round++)
        {
            Fill();
            Log.Write($"{s_next - First} objects");
            for (var kind = 0; kind < Kinds; kind++)
            {
                var status = Create(kind);
                Check.True(status is Status.MEM_OBJ or Status.MEM_CAP, "creation"u8);
                Check.True(IsEmpty(RootTask.ObjectSpace.Selector, s_next), "the slot stays empty"u8);
            }

            Check.Is(
                RootTask.ObjectSpace.Delegate(s_objects, s_domain.Selector, First << 2, 0, AllRights), Status.MEM_CAP, "object delegation"u8);
            Check.True(IsEmpty(s_objects.Selector, First << 2), "no object"u8);
            Check.Is(RootTask.HostSpace.Delegate(s_host, page, FarPage, 0, MemoryPermissions.R), Status.MEM_CAP, "memory delegation"u8);
            Check.True(IsEmpty(s_host.Selector, FarPage), "no memory"u8);

            Check.Succeeds(portal.Call(20, out _), "call"u8);
            Check.Succeeds(semaphore.Up(), "up"u8);
            Check.Succeeds(semaphore.Down(), "down"u8);
            Check.Is(semaphore.Down(Lab.After(2)), Status.TIMEOUT, "timeout"u8);
            Check.Succeeds(new ExecutionContext(s_local).Recall(true), "recall"u8);
            Check.Succeeds(RootTask.Time.ReadTime(out _), "ctrl_sc"u8);
            Check.Succeeds(portal.Configure(1, Mtd.None), "ctrl_pt"u8);
            Check.Succeeds(Extension.Revoke(RootTask.HostSpace.Selector, page, 0, AllRights, false), "revoke"u8);
            Empty();
            if (round == 0)
                before = Accounts.Used();
            else
                Accounts.ExpectUsed(before);
        }

        Walker.Walk();
    }

    private static bool IsEmpty(ulong space, ulong selector)
    {
        Check.Succeeds(Extension.Lookup(space, selector, out var mapping), "lookup"u8);
        return mapping.Permissions == 0;
    }

    // Large and small objects in turns, until nothing fits any more, however small.
    private static void Fill()
    {
        s_next = First;
        var failures = 0;
        for (var kind = 0; failures < Kinds; kind = (kind + 1) % Kinds)
        {
            var status = Create(kind);
            if (status == Status.SUCCESS)
            {
                failures = 0;
                s_next++;
                continue;
            }

            if (status is not (Status.MEM_OBJ or Status.MEM_CAP))
            {
                Check.Is(status, Status.MEM_OBJ, "creation"u8);
                return;
            }

            failures++;
        }
    }

    private static void Empty()
    {
        Check.True(s_next < First + (1ul << Order), "the selectors suffice"u8);
        Check.Succeeds(RootTask.ObjectSpace.Remove(First, Order), "remove everything"u8);
    }

    private static Status Create(int kind) => kind switch
    {
        0 => ProtectionDomain.Create(s_next, Lab.Domain),
        1 => PioSpace.Create(s_next, s_domain),
        2 => MsrSpace.Create(s_next, s_domain),
        3 => ExecutionContext.CreateLocal(s_next, s_domain, ThreadPage + (s_next - First), Lab.BootCpu, 0x1000, 0, true),
        4 => SchedulingContext.Create(s_next, Lab.Domain, new ExecutionContext(s_global), SchedulingDescriptor.Slice(1, 1)),
        5 => Portal.Create(s_next, Lab.Domain, new ExecutionContext(s_local), 0x1000),
        _ => Semaphore.Create(s_next, Lab.Domain, 1),
    };
}
