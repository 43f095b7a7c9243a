// Calls of generated clients, through a portal and the calling thread's UTCB.
using System;
using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sessions;

/// <summary>A portal that clients call. Threads may share it: each has its own UTCB.</summary>
public readonly struct PortalTransport : ITransport
{
    private readonly Portal _portal;

    // Made once, not at every call.
    private readonly ulong _identifier;

    /// <summary>Calls through a portal.</summary>
    public PortalTransport(Portal portal)
    {
        _portal = portal;
        _identifier = Hypercalls.Identifier(Hypercall.ipc_call, 0, portal.Selector);
    }

    /// <inheritdoc/>
    public Span<ulong> Message
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Server.BeginCall();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public CallResult Call(MessageSize message) =>
        new(Syscall.IpcCall(_identifier, message.Mtd));

    /// <inheritdoc/>
    public CallResult Call(MessageSize message, Window objects, Window memory, Window ports)
    {
        uint items = message.Items;
        Status status = _portal.Call(message.Words, ref items, objects, memory, ports, out uint words);

        // Whoever opened no window is not told how many items came: none.
        bool opened = (objects.Raw | memory.Raw | ports.Raw) != 0;
        return new CallResult(status, new MessageSize(words, opened ? items : 0));
    }
}
