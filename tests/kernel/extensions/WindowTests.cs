using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;

namespace Kilonova.KernelTests.Extensions;

/// <summary>Hypercall 0xf as such, and windows: lasting, for one message, closed (docs/abi.md, Extensions).</summary>
internal static unsafe class WindowTests
{
    private const uint AllBits = 0x1f;

    internal static void Run()
    {
        Suite.Run("Operation_0_is_BAD_HYP_whatever_the_registers_hold"u8, &ProbeIsBadHyp);
        Suite.Run("Operations_beyond_the_table_are_BAD_HYP"u8, &UnknownOperations);
        Suite.Run("The_information_page_announces_the_extensions"u8, &Announced);
        Suite.Run("A_lasting_window_needs_a_thread_with_CTRL"u8, &NeedsControl);
        if (Lab.CpuCount > 1)
            Suite.Run("A_lasting_window_of_another_cpus_thread_is_BAD_CPU"u8, &OtherCpu);

        Suite.Run("A_malformed_window_is_BAD_PAR_and_changes_nothing"u8, &Malformed);
        Suite.Run("A_lasting_window_receives_until_it_is_closed"u8, &Lasting);
        Suite.Run("A_window_of_ipc_reply_is_for_one_message"u8, &OneShotOfReply);
        Suite.Run("A_window_of_ipc_call_is_for_one_message"u8, &OneShotOfCall);
        Suite.Run("A_receiver_without_window_finds_what_the_base_says"u8, &WithoutWindow);
        Suite.Run("A_caller_without_window_finds_what_the_base_says"u8, &CallerWithoutWindow);
    }

    private static Item SemaphoreItem() => Item.Delegate(ItemKind.Object, Lab.Semaphore(0).Selector, 0, AllBits);

    private static void ProbeIsBadHyp()
    {
        for (var value = 0ul; value < 1ul << 56; value = value * 5 + 1)
        {
            SyscallRegisters registers;
            registers.Rdi = Extension.Identifier(ExtensionOperation.Probe, value);
            registers.Rsi = registers.Rdx = registers.Rax = registers.R8 = registers.R9 = value;
            Check.Is((Status)Syscall.Invoke(&registers), Status.BAD_HYP, "probe"u8);
            Check.Equal(registers.Rsi, value, "RSI"u8);
            Check.Equal(registers.Rdx, value, "RDX"u8);
            Check.Equal(registers.Rax, value, "RAX"u8);
            Check.Equal(registers.R8, value, "R8"u8);
            Check.Equal(registers.R9, value, "R9"u8);
        }
    }

    private static void UnknownOperations()
    {
        // Where there is no IOMMU, device contexts are none either.
        var hasDevices = (RootTask.Hip->Features & PlatformFeatures.DeviceContexts) != 0;
        for (var operation = (uint)ExtensionOperation.Device + (hasDevices ? 1u : 0); operation < 16; operation++)
        {
            var identifier = Hypercalls.Identifier(Hypercall.extension, operation, Lab.Domain.Selector);
            Check.Is((Status)Syscall.Invoke(identifier, Lab.Domain.Selector, 0, 0, 0), Status.BAD_HYP, "operation"u8);
        }
    }

    private static void Announced()
    {
        const PlatformFeatures Expected = PlatformFeatures.TypedItems | PlatformFeatures.Translate | PlatformFeatures.Revoke
            | PlatformFeatures.Lookup | PlatformFeatures.Kill | PlatformFeatures.Quota;
        Check.Equal((ulong)(RootTask.Hip->Features & Expected), (ulong)Expected, "features"u8);
        var hasIommu = (RootTask.Hip->Features & PlatformFeatures.IOMMU) != 0;
        Check.True((RootTask.Hip->Features & PlatformFeatures.DeviceContexts) != 0 == hasIommu, "device contexts come with an IOMMU"u8);
    }

    private static Status Set(ulong selector, Window objects = default, Window memory = default, Window ports = default) =>
        new ExecutionContext(selector).SetWindow(objects, memory, ports);

    private static void NeedsControl()
    {
        var block = Lab.Local(Lab.BootCpu);
        Check.Is(Set(Lab.Selector()), Status.BAD_CAP, "null capability"u8);
        Check.Is(Set(Lab.SelectorCount), Status.BAD_CAP, "selector SELNUM"u8);
        Check.Is(Set(Lab.Domain.Selector), Status.BAD_CAP, "domain"u8);
        Check.Is(Set(Lab.Semaphore(0).Selector), Status.BAD_CAP, "semaphore"u8);
        Check.Is(Set(Lab.Weakened(block->Selector, (uint)(EcPermissions.All & ~EcPermissions.CTRL))), Status.BAD_CAP, "without CTRL"u8);
        Check.Succeeds(Set(Lab.Weakened(block->Selector, (uint)EcPermissions.CTRL)), "with nothing but CTRL"u8);
    }

    private static void OtherCpu()
    {
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            var expected = cpu == Lab.BootCpu ? Status.SUCCESS : Status.BAD_CPU;
            Check.Is(Set(Lab.Local(cpu)->Selector, new Window(0x100, 0)), expected, "window"u8);
        }
    }

    private static void Malformed()
    {
        var portal = Peer.Local(out var block);
        var target = Lab.Selector();
        Check.Succeeds(Set(block->Selector, new Window(target, 0)), "window"u8);
        Window misaligned = new(1, 1);
        Window high = new(0x17, 4);
        for (var bit = 5; bit < 12; bit++)
            Check.Is(Set(block->Selector, new Window(0, 1u << bit)), Status.BAD_PAR, "reserved bits"u8);

        Check.Is(Set(block->Selector, misaligned), Status.BAD_PAR, "objects"u8);
        Check.Is(Set(block->Selector, default, misaligned), Status.BAD_PAR, "memory"u8);
        Check.Is(Set(block->Selector, default, default, misaligned), Status.BAD_PAR, "ports"u8);
        Check.Is(Set(block->Selector, high), Status.BAD_PAR, "objects, order 4"u8);
        var item = Peer.Send(portal, SemaphoreItem());
        Check.Equal((ulong)item.Status, (ulong)ItemStatus.Delivered, "the window from before"u8);
        Check.Equal(item.Base, target, "the window from before"u8);
    }

    private static void Lasting()
    {
        var portal = Peer.Local(out var block);
        var target = Lab.Selector();
        Check.Succeeds(Set(block->Selector, new Window(target, 0)), "a thread that has not run yet"u8);
        for (var i = 0; i < 3; i++)
        {
            var sent = Lab.Semaphore((ulong)i);
            var item = Peer.Send(portal, Item.Delegate(ItemKind.Object, sent.Selector, 0, AllBits));
            Check.Equal(Peer.Arrived.Rdx, 1, "number of items"u8);
            Check.Equal((ulong)item.Status, (ulong)ItemStatus.Delivered, "status"u8);
            Check.Equal(item.Base, target, "base"u8);
            Check.Succeeds(new Semaphore(target).Up(), "up"u8);
            Check.Succeeds(sent.Down(1), "it is the one that was sent"u8);
        }

        Check.Succeeds(portal.Call(1, out _), "call without items"u8);
        Check.Equal(Peer.Arrived.Rdx, 0, "number of items of a message without"u8);
        Check.Succeeds(Set(block->Selector), "close"u8);
        _ = Peer.Send(portal, SemaphoreItem());
        Check.Equal(Peer.Arrived.Rdx, Peer.Stale + 1, "RDX after the window was closed"u8);
    }

    private static void OneShotOfReply()
    {
        var portal = Peer.Local(out _);
        var target = Lab.Selector();
        Peer.Answer(IpcReplyFlags.Window, new Window(target, 0));
        Check.Succeeds(portal.Call(1, out _), "call that opens the window"u8);
        Peer.Answer(0);
        var item = Peer.Send(portal, SemaphoreItem());
        Check.Equal(Peer.Arrived.Rdx, 1, "number of items"u8);
        Check.Equal((ulong)item.Status, (ulong)ItemStatus.Delivered, "status"u8);
        Check.Equal(item.Base, target, "base"u8);
        _ = Peer.Send(portal, SemaphoreItem());
        Check.Equal(Peer.Arrived.Rdx, Peer.Stale + 1, "RDX of the next message"u8);
    }

    private static void OneShotOfCall()
    {
        var portal = Peer.Local(out _);
        var target = Lab.Selector();
        var utcb = ThreadBlock.Current->Utcb;
        Peer.AnswerItem(SemaphoreItem());
        SyscallRegisters registers;
        Check.Succeeds(Peer.Call(portal, IpcCallFlags.Window, Peer.Stale, 1, new Window(target, 0), &registers), "call"u8);
        Check.Equal(registers.Rdx, 1, "number of items"u8);
        var status = (utcb[Item.WordIndex(0)] >> TypedItem.OperationShift) & TypedItem.OperationMask;
        Check.Equal(status, (ulong)ItemStatus.Delivered, "status"u8);
        Check.Equal(utcb[Item.WordIndex(0)] >> TypedItem.BaseShift, target, "base"u8);
        Check.Succeeds(new Semaphore(target).Up(), "up"u8);

        utcb[Item.WordIndex(0)] = Peer.Stale;
        Check.Succeeds(Peer.Call(portal, 0, Peer.Stale, 1, new Window(target, 0), &registers), "next call"u8);
        Check.Equal(registers.Rdx, Peer.Stale, "RDX of the next call"u8);
        Check.Equal(utcb[Item.WordIndex(0)], Peer.Stale, "UTCB after the next call"u8);

        Peer.Answer(0);
        Check.Succeeds(Peer.Call(portal, IpcCallFlags.Window, Peer.Stale, 1, new Window(target, 0), &registers), "call"u8);
        Check.Equal(registers.Rdx, 0, "number of items of a reply without"u8);
    }

    private static void WithoutWindow()
    {
        var portal = Peer.Local(out _);
        Check.Succeeds(portal.Call(1, out _), "call after which the registers are known"u8);
        var reply = Peer.Reply;
        Peer.Put(0, SemaphoreItem());
        Check.Succeeds(Peer.Send(portal, 1, 3), "call with an item"u8);
        Check.Equal(Peer.Arrived.Rsi, 2, "RSI"u8);
        Check.Equal(Peer.Arrived.Rdx, reply.Rdx, "RDX"u8);
        Check.Equal(Peer.Arrived.R8, reply.R8, "R8"u8);
        Check.Equal(Peer.Arrived.R9, reply.R9, "R9"u8);
        for (var i = 3; i < Utcb.Words; i++)
            Check.Equal(Peer.Word(i), Peer.Stale + (ulong)i, "word of the UTCB behind the message"u8);
    }

    private static void CallerWithoutWindow()
    {
        var portal = Peer.Local(out _);
        Peer.AnswerItem(SemaphoreItem());
        var utcb = ThreadBlock.Current->Utcb;
        for (var i = 0; i < Utcb.Words; i++)
            utcb[i] = (ulong)i;

        SyscallRegisters registers;
        Check.Succeeds(Peer.Call(portal, 0, 0x1234, 1, new Window(0x5678, 0), &registers, new Window(0x9abc, 0)), "call"u8);
        Check.Equal(registers.Rsi, 0, "RSI"u8);
        Check.Equal(registers.Rdx, 0x1234, "RDX"u8);
        Check.Equal(registers.Rax, 0x5678 << 12, "RAX"u8);
        Check.Equal(registers.R8, 0x9abc << 12, "R8"u8);
        for (var i = 1; i < Utcb.Words; i++)
            Check.Equal(utcb[i], (ulong)i, "word of the UTCB behind the reply"u8);
    }
}
