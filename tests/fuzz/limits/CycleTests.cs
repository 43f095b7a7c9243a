using System;
using Kilonova.Abi;
using Kilonova.Fuzz;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;

namespace Kilonova.Limits;

/// <summary>Objects of each kind are created and destroyed many times: the kernel's memory is all there again afterwards.</summary>
internal static unsafe class CycleTests
{
    private const int Cycles = 4000;
    private const int Kinds = 9;
    private const ulong ThreadPage = 0x4_0000_0000 >> 12;

    private static ulong s_selector;
    private static ProtectionDomain s_domain;
    private static ulong s_local;
    private static ulong s_global;

    internal static void Run()
    {
        s_selector = Lab.Selector();
        s_domain = Lab.NewDomain(out _, out _, out _);
        s_local = Lab.Selector();
        s_global = Lab.Idle(Lab.BootCpu);
        RootTask.Require(ExecutionContext.CreateLocal(s_local, s_domain, ThreadPage - 1, Lab.BootCpu, 0x1000, 0), "thread"u8);
        Suite.Run("Creating_and_destroying_leaks_nothing"u8, &Cycle);
    }

    // Times 5 ms that a grace period may take on a loaded machine.
    private const int Patience = 2000;

    private static void Cycle()
    {
        // Tables that stay are made in the first cycles.
        for (var kind = 0; kind < Kinds; kind++)
            Repeat(kind, 300);

        var before = Accounts.Used();
        for (var kind = 0; kind < Kinds; kind++)
        {
            Repeat(kind, CyclesWanted());
            Accounts.ExpectUsed(before);
        }

        Walker.Walk();
    }

    private static int CyclesWanted()
    {
        var text = RootTask.CommandLine;
        var at = text.IndexOf("cycles="u8);
        if (at < 0)
            return Cycles;

        var value = 0;
        for (var i = at + 7; i < text.Length && text[i] is >= (byte)'0' and <= (byte)'9'; i++)
            value = value * 10 + (text[i] - '0');

        return value;
    }

    private static void Repeat(int kind, int count)
    {
        for (var i = 0; i < count; i++)
        {
            // What waits for its grace period is not there to be had yet: memory, or the place of a thread's UTCB (BAD_PAR).
            var status = Create(kind, (ulong)i);
            for (var tries = 0; status is Status.MEM_OBJ or Status.BAD_PAR && tries < Patience; tries++)
            {
                Lab.Sleep(5);
                status = Create(kind, (ulong)i);
            }

            Check.Succeeds(status, "create"u8);
            Check.Succeeds(RootTask.ObjectSpace.Remove(s_selector, 0), "remove"u8);
        }
    }

    private static Status Create(int kind, ulong i) => kind switch
    {
        0 => ProtectionDomain.Create(s_selector, Lab.Domain),
        1 => ObjectSpaceOfNewDomain(),
        2 => PioSpace.Create(s_selector, s_domain),
        3 => MsrSpace.Create(s_selector, s_domain),
        4 => ExecutionContext.CreateLocal(s_selector, s_domain, ThreadPage + (i & 0xff), Lab.BootCpu, 0x1000, 0, true),
        5 => ExecutionContext.CreateGlobal(s_selector, s_domain, ThreadPage + (i & 0xff), Lab.CpuCount - 1, 0x1000, 0),
        6 => SchedulingContext.Create(s_selector, Lab.Domain, new ExecutionContext(s_global), SchedulingDescriptor.Slice(1, 1)),
        7 => Portal.Create(s_selector, Lab.Domain, new ExecutionContext(s_local), 0x1000),
        _ => Semaphore.Create(s_selector, Lab.Domain, 1),
    };

    // The domain holds the space; the capability for the domain goes at once, that for the space with the cycle.
    private static Status ObjectSpaceOfNewDomain()
    {
        Status status = ProtectionDomain.Create(s_selector, Lab.Domain);
        if (status != Status.SUCCESS)
            return status;

        var space = s_local + 0x10000;
        status = ObjectSpace.Create(space, new ProtectionDomain(s_selector));
        if (status == Status.SUCCESS)
            return RootTask.ObjectSpace.Remove(space, 0);

        _ = RootTask.ObjectSpace.Remove(s_selector, 0);
        return status;
    }
}
