using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Extensions;

/// <summary>
/// The other side of a call: a portal function that keeps with which registers and words it was entered, and answers as the test wants. It
/// works in the root domain and in others that share the image. Calls with all extension registers, by the first thread.
/// </summary>
internal static unsafe class Peer
{
    /// <summary>What the words of a UTCB hold before something arrives.</summary>
    internal const ulong Stale = 0x0bad_0000_0000_0000;

    // Written by the test before a call and by the server during it.
    private static Words s_words;
    private static Words s_answer;
    private static ulong s_answerWords;
    private static SyscallRegisters s_reply;
    private static SyscallRegisters s_arrived;
    private static uint s_entries;

    private struct Words
    {
        internal fixed ulong Word[Utcb.Words];
    }

    /// <summary>Registers at the entry; RAX cannot be seen.</summary>
    internal static ref SyscallRegisters Arrived => ref s_arrived;

    /// <summary>Registers of the answer, beside the number of its hypercall.</summary>
    internal static ref SyscallRegisters Reply => ref s_reply;

    /// <summary>How often it was entered.</summary>
    internal static uint Entries => s_entries;

    /// <summary>A word of the server's UTCB at the entry.</summary>
    internal static ulong Word(int index) => s_words.Word[index];

    /// <summary>An item as the server found it.</summary>
    internal static Item Item(int index)
    {
        Item item;
        item.Word0 = s_words.Word[Nova.Item.WordIndex(index)];
        item.Word1 = s_words.Word[Nova.Item.WordIndex(index) + 1];
        return item;
    }

    /// <summary>From now on the answer is one word, without items, with these flags.</summary>
    internal static void Answer(uint flags, Window objects = default, Window memory = default, Window ports = default)
    {
        s_answerWords = 0;
        s_reply = default;
        s_reply.Rdi = Hypercalls.Identifier(Hypercall.ipc_reply, flags, 0);
        s_reply.Rdx = Stale + 1;
        s_reply.Rax = objects.Raw;
        s_reply.R8 = memory.Raw;
        s_reply.R9 = ports.Raw;
    }

    /// <summary>From now on the answer brings an item.</summary>
    internal static void AnswerItem(Item item)
    {
        Answer(IpcReplyFlags.Items);
        s_reply.Rdx = 1;
        s_answerWords = 2;
        s_answer.Word[0] = item.Word0;
        s_answer.Word[1] = item.Word1;
    }

    /// <summary>A local thread of the root domain and its portal.</summary>
    internal static Portal Local(out ThreadBlock* block)
    {
        block = Lab.Local(Lab.BootCpu);
        Answer(0);
        return Lab.PortalTo(block, Function);
    }

    /// <summary>A local thread of another domain and its portal.</summary>
    internal static Portal Foreign(out ForeignThread thread, out ThreadBlock* block)
    {
        Answer(0);
        block = Lab.Foreign(Lab.BootCpu, out thread);
        return Lab.PortalTo(block, Function);
    }

    /// <summary>The same with kernel memory of its own, out of which it and what it receives is paid.</summary>
    internal static Portal Poor(ulong pages, out ForeignThread thread, out ThreadBlock* block)
    {
        thread.Domain = new ProtectionDomain(Lab.Selector());
        thread.Objects = new ObjectSpace(Lab.Selector());
        thread.Host = new HostSpace(Lab.Selector());
        thread.Ports = new PioSpace(Lab.Selector());
        Answer(0);
        RootTask.Require(ProtectionDomain.Create(thread.Domain.Selector, Lab.Domain), "create_pd"u8);

        // A space draws on the account that its domain has when it is created.
        RootTask.Require(Lab.Domain.MoveQuota(thread.Domain, pages, out _, out _), "quota"u8);
        RootTask.Require(ObjectSpace.Create(thread.Objects.Selector, thread.Domain), "object space"u8);
        RootTask.Require(HostSpace.Create(thread.Host.Selector, thread.Domain), "host space"u8);
        RootTask.Require(PioSpace.Create(thread.Ports.Selector, thread.Domain), "port space"u8);
        block = Lab.Foreign(Lab.BootCpu, thread);
        return Lab.PortalTo(block, Function);
    }

    /// <summary>Puts an item into this thread's UTCB.</summary>
    internal static void Put(int index, Item item)
    {
        var utcb = ThreadBlock.Current->Utcb;
        utcb[Nova.Item.WordIndex(index)] = item.Word0;
        utcb[Nova.Item.WordIndex(index) + 1] = item.Word1;
    }

    /// <summary>Calls with a word and the items that were put, without a window.</summary>
    internal static Status Send(Portal portal, ulong items, uint words = 1)
    {
        SyscallRegisters registers;
        return Call(portal, IpcCallFlags.Items, items, words, default, &registers);
    }

    /// <summary>Calls with one item; fails the test if the words do not arrive.</summary>
    /// <returns>The item as the server found it.</returns>
    internal static Item Send(Portal portal, Item item)
    {
        Put(0, item);
        Check.Succeeds(Send(portal, 1), "call"u8);
        return Item(0);
    }

    /// <summary>Calls with all registers. The window's registers hold something even if the flags do not mention it.</summary>
    internal static Status Call(
        Portal portal, uint flags, ulong items, uint words, Window objects, SyscallRegisters* registers, Window memory = default)
    {
        registers->Rdi = Hypercalls.Identifier(Hypercall.ipc_call, flags, portal.Selector);
        registers->Rsi = words - 1;
        registers->Rdx = items;
        registers->Rax = objects.Raw;
        registers->R8 = memory.Raw;
        registers->R9 = 0;
        return (Status)Syscall.Invoke(registers);
    }

    private static delegate*<ulong, uint, void> Function =>
        (delegate*<ulong, uint, void>)(delegate*<ulong, ulong, ulong, ulong, ulong, ulong, void>)&Serve;

    // A portal's registers are the arguments of a C# function: RDI, RSI, RDX, RCX, R8, R9.
    private static void Serve(ulong identifier, ulong mtd, ulong rdx, ulong rcx, ulong r8, ulong r9)
    {
        s_entries++;
        s_arrived.Rdi = identifier;
        s_arrived.Rsi = mtd;
        s_arrived.Rdx = rdx;
        s_arrived.R8 = r8;
        s_arrived.R9 = r9;
        var utcb = Server.Utcb;
        for (var i = 0; i < Utcb.Words; i++)
        {
            s_words.Word[i] = utcb[i];
            utcb[i] = Stale + (ulong)i;
        }

        for (var i = 0ul; i < s_answerWords; i++)
            utcb[Nova.Item.WordIndex(0) + (int)i] = s_answer.Word[i];

        var reply = s_reply;
        Syscall.IpcReply(&reply, ThreadBlock.EntryStack);
    }
}
