using System;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Ipc;

/// <summary>What a message carries, sections 4.3.1, 4.4.1, 5.2.1 and 5.2.2.</summary>
internal static unsafe class TransferTests
{
    private const ulong Sent = 0x5e5e_0000_0000_0000;
    private const ulong Replied = 0x4e4e_0000_0000_0000;
    private const ulong Stale = 0x0123_4567_89ab_cdef;

    // What the server saw, and what it shall answer. Written before a call and by the server during it.
    private static Words s_seen;
    private static uint s_seenMtd;
    private static uint s_replyMtd;

    private struct Words
    {
        internal fixed ulong Word[Utcb.Words];
    }

    internal static void Run()
    {
        Suite.Run("A_call_carries_1_to_512_words_and_leaves_the_rest_alone"u8, &EveryLength);
        Suite.Run("A_reply_carries_1_to_512_words_and_leaves_the_rest_alone"u8, &EveryReplyLength);
        Suite.Run("The_MTD_reaches_the_other_side_whole"u8, &MtdIsPassed);
        Suite.Run("Messages_cross_address_spaces"u8, &CrossDomain);
        Suite.Run("A_call_uses_the_callers_and_the_callees_own_UTCB"u8, &OwnUtcb);
        Suite.Run("A_global_thread_that_replies_waits_for_ever"u8, &GlobalReply);
    }

    // Keeps what has arrived, and answers with the words that the test wants.
    private static void Answer(ulong identifier, uint mtd)
    {
        var utcb = Server.Utcb;
        s_seenMtd = mtd;
        for (var i = 0; i < Utcb.Words; i++)
        {
            s_seen.Word[i] = utcb[i];
            utcb[i] = Replied + (ulong)i;
        }

        Syscall.IpcReply(s_replyMtd, ThreadBlock.EntryStack);
    }

    private static void Fill(ulong* utcb, ulong first)
    {
        for (var i = 0; i < Utcb.Words; i++)
            utcb[i] = first + (ulong)i;
    }

    private static void CheckWords(ulong* words, uint count, ulong first, ulong restFirst, ReadOnlySpan<byte> what)
    {
        for (var i = 0u; i < Utcb.Words; i++)
        {
            var expected = (i < count ? first : restFirst) + i;
            if (words[i] != expected)
            {
                Log.Write($"  {count} words, word {i}");
                Check.Equal(words[i], expected, what);
                return;
            }
        }
    }

    private static void Exchange(Portal portal, ThreadBlock* server, uint words, uint replyWords)
    {
        var mine = ThreadBlock.Current->Utcb;
        if (server != null)
            Fill(server->Utcb, Stale);

        Fill(mine, Sent);
        s_replyMtd = replyWords - 1;
        Check.Succeeds(portal.Call(words, out var arrived), "call"u8);
        Check.Equal(arrived, replyWords, "words of the reply"u8);
        fixed (ulong* seen = s_seen.Word)
        {
            if (server != null)
                CheckWords(seen, words, Sent, Stale, "callee's UTCB"u8);
        }

        CheckWords(mine, replyWords, Replied, Sent, "caller's UTCB"u8);
    }

    // A local thread's UTCB lies in this program's memory too, so its old contents can be set.
    private static void EveryLength()
    {
        var server = Lab.Local(Lab.BootCpu);
        var portal = Lab.PortalTo(server, &Answer);
        for (var words = 1u; words <= Utcb.Words; words++)
            Exchange(portal, server, words, 1);
    }

    private static void EveryReplyLength()
    {
        var server = Lab.Local(Lab.BootCpu);
        var portal = Lab.PortalTo(server, &Answer);
        for (var words = 1u; words <= Utcb.Words; words++)
            Exchange(portal, server, 1, words);

        Exchange(portal, server, Utcb.Words, Utcb.Words);
    }

    private static void MtdIsPassed()
    {
        var server = Lab.Local(Lab.BootCpu);
        var portal = Lab.PortalTo(server, &Answer);
        Fill(ThreadBlock.Current->Utcb, Sent);
        Fill(server->Utcb, Stale);
        s_replyMtd = 0xa5a5_a401;
        var mtd = 0xffff_fe02;
        Check.Succeeds(Hypercalls.IpcCall(0, portal.Selector, ref mtd), "call"u8);
        Check.Equal(s_seenMtd, 0xffff_fe02, "MTD that the callee saw"u8);
        Check.Equal(mtd, 0xa5a5_a401, "MTD of the reply"u8);
        fixed (ulong* seen = s_seen.Word)
            CheckWords(seen, 3, Sent, Stale, "bits 31 to 9 mean nothing"u8);

        CheckWords(ThreadBlock.Current->Utcb, 2, Replied, Sent, "nor in a reply"u8);
    }

    private static void CrossDomain()
    {
        var portal = Lab.ForeignServer(&Answer, out _, out _);
        Exchange(portal, null, 1, 1);
        Exchange(portal, null, Utcb.Words, Utcb.Words);
        fixed (ulong* seen = s_seen.Word)
            CheckWords(seen, Utcb.Words, Sent, Sent, "callee's UTCB"u8);

        Exchange(portal, null, 7, 9);
    }

    private static void OwnUtcb()
    {
        var first = Lab.Local(Lab.BootCpu);
        var second = Lab.Local(Lab.BootCpu);
        var portal = Lab.PortalTo(first, &Answer);
        Fill(second->Utcb, Stale);
        Fill(ThreadBlock.Current->Utcb, Sent);
        s_replyMtd = Utcb.Words - 1;
        Check.Succeeds(portal.Call(Utcb.Words, out _), "call"u8);
        CheckWords(second->Utcb, Utcb.Words, Stale, Stale, "a third thread's UTCB"u8);
    }

    private static Semaphore s_entered;

    private static void TellThenReply(nint argument)
    {
        _ = s_entered.Up();
        Syscall.IpcReply(0, ThreadBlock.EntryStack);
    }

    // No portal is bound to it, so no message will ever come. It takes no more time either.
    private static void GlobalReply()
    {
        s_entered = Lab.Semaphore(0);
        var time = Lab.Start(Lab.Global(Lab.BootCpu, &TellThenReply));
        Check.Succeeds(Lab.WaitFor(s_entered), "it runs"u8);
        Lab.Sleep(20);
        Check.Succeeds(time.ReadTime(out var before), "ctrl_sc"u8);
        Lab.Sleep(20);
        Check.Succeeds(time.ReadTime(out var after), "ctrl_sc"u8);
        Check.Equal(after, before, "it consumes no time"u8);
    }
}
