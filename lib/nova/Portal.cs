using System.Runtime.CompilerServices;
using Kilonova.Abi;

namespace Kilonova.Nova;

/// <summary>
/// A capability for a portal, an entry point into the domain of the local thread that answers it. NOVA interface specification of
/// 24 January 2024, section 2.4.
/// </summary>
public readonly struct Portal
{
    /// <summary>Names the capability at a selector.</summary>
    public Portal(ulong selector) => Selector = selector;

    /// <summary>The selector in the caller's object space.</summary>
    public ulong Selector { get; }

    /// <summary>Creates a portal with identifier 0 and MTD 0 that enters a local thread at an address.</summary>
    public static Status Create(ulong selector, ProtectionDomain owner, ExecutionContext ec, ulong instructionPointer) =>
        Hypercalls.CreatePt(selector, owner.Selector, ec.Selector, instructionPointer);

    /// <summary>Sets what the thread learns of the caller, and for event portals the state that is transferred.</summary>
    public Status Configure(ulong identifier, Mtd mtd) => Hypercalls.CtrlPt(Selector, identifier, (uint)mtd);

    /// <summary>Sends the first words of the caller's UTCB and waits for the reply.</summary>
    /// <param name="words">Number of words to send, 1 to 512.</param>
    /// <param name="replyWords">Number of words that came back.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Status Call(uint words, out uint replyWords)
    {
        var mtd = words - 1;
        var status = Hypercalls.IpcCall(0, Selector, ref mtd);
        replyWords = (mtd & RegularMtd.WordsMinusOneMask) + 1;
        return status;
    }

    /// <summary>As <see cref="Call"/>, but returns TIMEOUT when the thread is busy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Status TryCall(uint words, out uint replyWords)
    {
        var mtd = words - 1;
        var status = Hypercalls.IpcCall(IpcCallFlags.Timeout, Selector, ref mtd);
        replyWords = (mtd & RegularMtd.WordsMinusOneMask) + 1;
        return status;
    }

    /// <summary>Extension: a call that sends typed items (already in the UTCB) and opens windows for the reply's.</summary>
    /// <param name="words">Number of words to send, 1 to 512.</param>
    /// <param name="items">Number of items to send, 0 to 64; in, and out those that arrived.</param>
    /// <param name="objects">Window for objects.</param>
    /// <param name="memory">Window for memory.</param>
    /// <param name="ports">Window for ports.</param>
    /// <param name="replyWords">Number of words that came back.</param>
    public unsafe Status Call(uint words, ref uint items, Window objects, Window memory, Window ports, out uint replyWords)
    {
        var flags = IpcCallFlags.Window | (items != 0 ? IpcCallFlags.Items : 0);
        SyscallRegisters registers;
        registers.Rdi = Hypercalls.Identifier(Hypercall.ipc_call, flags, Selector);
        registers.Rsi = words - 1;
        registers.Rdx = items;
        registers.Rax = objects.Raw;
        registers.R8 = memory.Raw;
        registers.R9 = ports.Raw;
        var status = (Status)Syscall.Invoke(&registers);
        items = (uint)registers.Rdx;
        replyWords = ((uint)registers.Rsi & RegularMtd.WordsMinusOneMask) + 1;
        return status;
    }
}
