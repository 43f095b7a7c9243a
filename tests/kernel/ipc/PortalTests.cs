using System.Runtime;
using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Ipc;

/// <summary>How a portal is entered and left, and what a call refuses, sections 5.2.1, 5.2.2, 5.4.4 and 8.8.</summary>
internal static unsafe class PortalTests
{
    private const ulong SomeIdentifier = 0xfedc_ba98_7654_3210;

    // What the last call left here; written by servers.
    private static ulong s_identifier;
    private static uint s_entries;
    private static ulong s_stack;
    private static Semaphore s_gate;
    private static Portal s_inner;

    internal static void Run()
    {
        Suite.Run("A_portal_is_entered_with_the_registers_of_the_convention"u8, &EntryRegisters);
        Suite.Run("A_call_keeps_the_callers_other_registers"u8, &CallerRegisters);
        Suite.Run("The_stack_pointer_is_the_callees_own_affair"u8, &StackPointer);
        Suite.Run("The_identifier_is_that_of_the_portal_called"u8, &Identifiers);
        Suite.Run("A_new_portal_has_identifier_0"u8, &InitialIdentifier);
        Suite.Run("Ctrl_pt_holds_from_the_next_call_on"u8, &IdentifierChanges);
        Suite.Run("A_call_needs_a_portal_with_permission_CALL"u8, &NeedsPermission);
        Suite.Run("A_call_needs_a_portal"u8, &NeedsPortal);
        if (Lab.CpuCount > 1)
            Suite.Run("A_portal_of_another_cpu_is_BAD_CPU"u8, &OtherCpu);

        Suite.Run("A_call_of_a_thread_that_dies_is_ABORTED"u8, &CalleeDies);
        Suite.Run("Servers_call_servers"u8, &NestedCalls);
        Suite.Run("A_server_keeps_its_vector_registers"u8, &VectorRegisters);
    }

    [RuntimeImport("*", "portal_record_address")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern ulong RecordAddress();

    [RuntimeImport("*", "portal_registers_address")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern RegisterSet* RecordedRegisters();

    private static void Answer(ulong identifier, uint mtd)
    {
        s_identifier = identifier;
        s_entries++;
        Server.Reply(1);
    }

    private static ulong RecordingPortal(out ThreadBlock* block)
    {
        block = Lab.Local(Lab.BootCpu);
        var portal = Lab.Selector();
        Check.Succeeds(Hypercalls.CreatePt(portal, Lab.Domain.Selector, block->Selector, RecordAddress()), "create_pt"u8);
        Check.Succeeds(Hypercalls.CtrlPt(portal, SomeIdentifier, 0), "ctrl_pt"u8);
        return portal;
    }

    private static void EntryRegisters()
    {
        var portal = RecordingPortal(out var block);
        for (var round = 0; round < 3; round++)
        {
            var mtd = 5u;
            Check.Succeeds(Hypercalls.IpcCall(0, portal, ref mtd), "call"u8);
            var registers = RecordedRegisters();
            Check.Equal(registers->General[Register.Rdi], SomeIdentifier, "RDI is the identifier"u8);
            Check.Equal(registers->General[Register.Rsi], 5, "RSI is the MTD"u8);
            Check.Equal(registers->General[Register.Rsp], ThreadBlock.EntryStackOf((ulong)block), "RSP"u8);
            Check.Equal(mtd, 5, "MTD of the reply"u8);

            // The first entry comes from nowhere; later ones return from ipc_reply.
            if (round > 0)
            {
                Check.Equal(registers->General[Register.Rcx], RecordAddress(), "RCX is the portal's address"u8);
                Check.Equal(registers->General[Register.R11], HypercallRegister.Rflags, "R11"u8);
                Check.Equal(registers->Flags & 0xcd5, 0, "status flags and DF are clear"u8);
            }
        }
    }

    private static void CallerRegisters()
    {
        var portal = RecordingPortal(out _);
        RegisterSet registers;
        for (var i = 0; i < 16; i++)
            registers.General[i] = 0x1111_1111_1111_1111ul * (ulong)i;

        registers.Flags = 0x202;
        registers.General[Register.Rdi] = Hypercalls.Identifier(Hypercall.ipc_call, 0, portal);
        registers.General[Register.Rsi] = 3;
        Probe.Syscall(&registers);
        Check.Equal(registers.General[Register.Rdi] & 0xff, (ulong)Status.SUCCESS, "status"u8);
        Check.Equal(registers.General[Register.Rsi], 3, "RSI is the MTD of the reply"u8);
        Check.Equal(registers.General[Register.Rcx], registers.NextInstruction, "RCX"u8);
        Check.Equal(registers.General[Register.R11], HypercallRegister.Rflags, "R11"u8);
        for (var i = 0; i < 16; i++)
        {
            if (i is not (Register.Rdi or Register.Rsi or Register.Rcx or Register.R11 or Register.Rsp))
                Check.Equal(registers.General[i], 0x1111_1111_1111_1111ul * (ulong)i, "register"u8);
        }
    }

    // Replies with the stack pointer 4096 bytes lower than the last time.
    private static void Descend(ulong identifier, uint mtd)
    {
        byte local;
        s_stack = (ulong)(&local);
        Syscall.IpcReply(0, ThreadBlock.EntryStack - ++s_entries * 0x400);
    }

    private static void StackPointer()
    {
        var portal = Lab.Server(Lab.BootCpu, &Descend);
        s_entries = 0;
        Check.Succeeds(portal.Call(1, out _), "first call"u8);
        var last = s_stack;
        for (var i = 0; i < 4; i++)
        {
            Check.Succeeds(portal.Call(1, out _), "call"u8);
            Check.Equal(last - s_stack, 0x400, "lower by what the server said"u8);
            last = s_stack;
        }
    }

    private static void Identifiers()
    {
        var block = Lab.Local(Lab.BootCpu);
        var first = Lab.PortalTo(block, &Answer, 0x1111);
        var second = Lab.PortalTo(block, &Answer, ulong.MaxValue);
        Check.Succeeds(first.Call(1, out _), "first"u8);
        Check.Equal(s_identifier, 0x1111, "first"u8);
        Check.Succeeds(second.Call(1, out _), "second"u8);
        Check.Equal(s_identifier, ulong.MaxValue, "second"u8);
        var copy = new Portal(Lab.Weakened(first.Selector, (uint)PtPermissions.CALL));
        Check.Succeeds(copy.Call(1, out _), "a copy of the first"u8);
        Check.Equal(s_identifier, 0x1111, "belongs to the portal, not to the capability"u8);
    }

    private static void InitialIdentifier()
    {
        var portal = Lab.Selector();
        Check.Succeeds(
            Hypercalls.CreatePt(portal, Lab.Domain.Selector, Lab.Local(Lab.BootCpu)->Selector, Server.AddressOf(&Answer)), "create_pt"u8);
        s_identifier = 77;
        Check.Succeeds(new Portal(portal).Call(1, out _), "call"u8);
        Check.Equal(s_identifier, 0, "identifier"u8);
    }

    private static void IdentifierChanges()
    {
        var portal = Lab.Server(Lab.BootCpu, &Answer);
        for (var identifier = 1ul; identifier != 0; identifier <<= 9)
        {
            Check.Succeeds(portal.Configure(identifier, (Mtd)uint.MaxValue), "ctrl_pt"u8);
            Check.Succeeds(portal.Call(1, out _), "call"u8);
            Check.Equal(s_identifier, identifier, "identifier"u8);
        }
    }

    private static void NeedsPermission()
    {
        var portal = Lab.Server(Lab.BootCpu, &Answer);
        var weak = new Portal(Lab.Weakened(portal.Selector, (uint)(PtPermissions.All & ~PtPermissions.CALL)));
        s_entries = 0;
        Check.Is(weak.Call(1, out _), Status.BAD_CAP, "without CALL"u8);
        Check.Is(weak.TryCall(1, out _), Status.BAD_CAP, "without CALL, with T"u8);
        Check.Equal(s_entries, 0, "the server has not run"u8);
        var call = new Portal(Lab.Weakened(portal.Selector, (uint)PtPermissions.CALL));
        Check.Succeeds(call.Call(1, out _), "with nothing but CALL"u8);
    }

    private static void NeedsPortal()
    {
        Check.Is(new Portal(Lab.Selector()).Call(1, out _), Status.BAD_CAP, "null capability"u8);
        Check.Is(new Portal(Lab.Domain.Selector).Call(1, out _), Status.BAD_CAP, "domain"u8);
        Check.Is(new Portal(RootTask.Thread.Selector).Call(1, out _), Status.BAD_CAP, "thread"u8);
        Check.Is(new Portal(Lab.Semaphore(1).Selector).Call(1, out _), Status.BAD_CAP, "semaphore"u8);
        Check.Is(new Portal(Lab.SelectorCount).Call(1, out _), Status.BAD_CAP, "selector SELNUM"u8);
        Check.Is(new Portal(ulong.MaxValue >> 8).Call(1, out _), Status.BAD_CAP, "largest selector"u8);
    }

    private static void OtherCpu()
    {
        s_entries = 0;
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            var expected = cpu == Lab.BootCpu ? Status.SUCCESS : Status.BAD_CPU;
            var portal = Lab.Server(cpu, &Answer);
            Check.Is(portal.Call(1, out _), expected, "call"u8);
            Check.Is(portal.TryCall(1, out _), expected, "call with T"u8);
        }

        Check.Equal(s_entries, 2, "only this CPU's server has run"u8);
    }

    private static void Die(ulong identifier, uint mtd) => _ = Probe.Undefined();

    // Its exceptions lead nowhere, so the first one kills it.
    private static void CalleeDies()
    {
        RootTask.Require(
            Threads.CreateLocal(Lab.Selector(), Lab.BootCpu, RootSelectors.NoEvents, "victim"u8, out var block), "local thread"u8);
        var portal = Lab.PortalTo(block, &Die);
        Check.Is(portal.Call(1, out _), Status.ABORTED, "it dies in the call"u8);
        Check.Is(portal.Call(1, out _), Status.ABORTED, "it is dead"u8);
        Check.Is(portal.TryCall(1, out _), Status.ABORTED, "it is dead, with T"u8);
    }

    private static void Double(ulong identifier, uint mtd)
    {
        Server.Utcb[0] *= 2;
        Server.Reply(1);
    }

    private static void DoubleAndAddOne(ulong identifier, uint mtd)
    {
        var status = s_inner.Call(1, out _);
        Server.Utcb[0] = status == Status.SUCCESS ? Server.Utcb[0] + 1 : 0;
        Server.Reply(1);
    }

    private static void NestedCalls()
    {
        s_inner = Lab.Server(Lab.BootCpu, &Double);
        var outer = Lab.Server(Lab.BootCpu, &DoubleAndAddOne);
        var utcb = ThreadBlock.Current->Utcb;
        for (var i = 1ul; i < 20; i++)
        {
            utcb[0] = i;
            Check.Succeeds(outer.Call(1, out _), "call"u8);
            Check.Equal(utcb[0], 2 * i + 1, "answer"u8);
        }
    }

    private static void Scribble(ulong identifier, uint mtd)
    {
        s_entries = Probe.FpuHolds(0x5555_0000) == 1 || identifier == 0 ? 1u : 0u;
        Probe.WriteFpu(0x5555_0000);
        Server.Reply(1);
    }

    // The first call fills the server's registers, the second looks whether they are still there; the caller's are never touched.
    private static void VectorRegisters()
    {
        var block = Lab.Local(Lab.BootCpu);
        var first = Lab.PortalTo(block, &Scribble, 0);
        var second = Lab.PortalTo(block, &Scribble, 1);
        Probe.WriteFpu(0x7777_0000);
        var firstMtd = 0u;
        var status = Hypercalls.IpcCall(0, first.Selector, ref firstMtd);
        var kept = Probe.FpuHolds(0x7777_0000);
        Check.Succeeds(status, "first call"u8);
        Check.Equal(kept, 1, "the caller's registers after the first call"u8);
        Probe.WriteFpu(0x8888_0000);
        status = Hypercalls.IpcCall(0, second.Selector, ref firstMtd);
        kept = Probe.FpuHolds(0x8888_0000);
        Check.Succeeds(status, "second call"u8);
        Check.Equal(kept, 1, "the caller's registers after the second call"u8);
        Check.Equal(s_entries, 1, "the server's registers"u8);
    }
}
