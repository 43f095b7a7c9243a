using System;
using System.Runtime.CompilerServices;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>What a portal runs, for safe code: a struct without fields is its name.</summary>
public interface IPortalHandler
{
    /// <summary>Handles one call and leaves the reply in the message words.</summary>
    /// <param name="identifier">The portal's identifier: which session calls.</param>
    /// <param name="message">All words of the handler thread's UTCB.</param>
    /// <param name="arrived">What arrived.</param>
    /// <returns>What to reply.</returns>
    static abstract MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived);
}

#if FREESTANDING
/// <summary>The functions that portals enter on behalf of a handler.</summary>
public static unsafe class PortalEntry<THandler>
    where THandler : struct, IPortalHandler
{
    /// <summary>For portals of threads without a window: nothing but words arrives.</summary>
    public static ulong Address => Server.AddressOf(&Enter);

    /// <summary>For portals of threads with a lasting window: only these learn how many items arrived.</summary>
    public static ulong AddressWithItems => (ulong)(delegate*<ulong, uint, ulong, void>)&EnterWithItems;

    private static void Enter(ulong identifier, uint mtd) => Handle(identifier, MessageSize.OfArrived(mtd));

    // The kernel's RDX is the third argument.
    private static void EnterWithItems(ulong identifier, uint mtd, ulong items) =>
        Handle(identifier, MessageSize.OfArrived(mtd, (uint)items));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Handle(ulong identifier, MessageSize arrived)
    {
        ThreadBlock.Current->Answers++;
        var reply = THandler.Handle(identifier, Server.Message, arrived);
        if (reply.HasOnlyWords)
            Syscall.IpcReply(reply.Mtd, ThreadBlock.EntryStack);
        else
            Server.Reply(reply);
    }
}
#endif
