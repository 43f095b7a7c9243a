// A portal between two UTCBs in one process: copies words, and treats typed items as the kernel does (Kilonova.Abi.TypedItem).
using System;
using System.Collections.Generic;
using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Contracts.Tests;

/// <summary>What the server's end of the portal runs.</summary>
internal delegate MessageSize Handler(Span<ulong> message, MessageSize arrived);

internal sealed class FakeKernel(Handler handler)
{
    public ulong[] ClientUtcb { get; } = new ulong[Utcb.Words];

    public ulong[] ServerUtcb { get; } = new ulong[Utcb.Words];

    /// <summary>The server's windows by kind: base and order, as the kernel takes them.</summary>
    public ulong[] ServerWindows { get; } = new ulong[3];

    /// <summary>Selectors of the client that descend from selectors of the server.</summary>
    public Dictionary<ulong, ulong> Origins { get; } = [];

    /// <summary>What the hypercall itself comes to.</summary>
    public Status Fails { get; set; } = Status.SUCCESS;

    /// <summary>Words and items of the last call.</summary>
    public (uint Words, uint Items) LastCall { get; private set; }

    /// <summary>The last reply.</summary>
    public MessageSize LastReply { get; private set; }

    /// <summary>Puts something else in place of a reply: what a server without a dispatcher might send.</summary>
    public Func<MessageSize, MessageSize>? Forge { get; set; }

    public Transport Portal => new(this);

    private CallResult Call(MessageSize message, ReadOnlySpan<ulong> clientWindows)
    {
        if (message.Words + (2 * message.Items) > Utcb.Words)
            return new CallResult((ulong)Status.BAD_PAR);
        if (Fails != Status.SUCCESS)
            return new CallResult((ulong)Fails);
        LastCall = (message.Words, message.Items);
        Transfer(ClientUtcb, ServerUtcb, message, ServerWindows, Origins);
        MessageSize reply = handler(ServerUtcb, message);
        reply = Forge?.Invoke(reply) ?? reply;
        LastReply = reply;
        Transfer(ServerUtcb, ClientUtcb, reply, clientWindows, []);
        return new CallResult(Status.SUCCESS, reply);
    }

    private static void Transfer(
        ulong[] from, ulong[] to, MessageSize size, ReadOnlySpan<ulong> windows, Dictionary<ulong, ulong> origins)
    {
        from.AsSpan(0, (int)size.Words).CopyTo(to);
        for (int i = 0; i < size.Items; i++)
        {
            int at = Utcb.Words - (2 * (i + 1));
            (to[at], to[at + 1]) = Arrived(from[at], from[at + 1], windows, origins);
        }
    }

    private static (ulong Word, ulong Permissions) Arrived(
        ulong word, ulong second, ReadOnlySpan<ulong> windows, Dictionary<ulong, ulong> origins)
    {
        ulong kind = (word >> TypedItem.KindShift) & TypedItem.KindMask;
        ulong order = word & TypedItem.OrderMask;
        ulong first = word >> TypedItem.BaseShift;
        if (kind > (ulong)ItemKind.Port || (first & ((1UL << (int)order) - 1)) != 0)
            return (Item(0, ItemStatus.Malformed, kind, 0), 0);
        if (((word >> TypedItem.OperationShift) & TypedItem.OperationMask) == (ulong)ItemOperation.Translate)
        {
            return origins.TryGetValue(first, out ulong own)
                ? (Item(own, ItemStatus.Translated, kind, order), second & TypedItem.PermissionMask)
                : (Item(0, ItemStatus.Empty, kind, 0), 0);
        }

        ulong window = windows[(int)kind];
        if (window == ReceiveWindow.Closed)
            return (Item(0, ItemStatus.DidNotFit, kind, 0), 0);
        ulong target = kind == (ulong)ItemKind.Port ? first : window >> ReceiveWindow.BaseShift;
        return (Item(target, ItemStatus.Delivered, kind, order), second & TypedItem.PermissionMask);
    }

    private static ulong Item(ulong first, ItemStatus status, ulong kind, ulong order) =>
        (first << TypedItem.BaseShift) | ((ulong)status << TypedItem.OperationShift) | (kind << TypedItem.KindShift) | order;

    internal readonly struct Transport(FakeKernel kernel) : ITransport
    {
        public Span<ulong> Message => kernel.ClientUtcb;

        // Bits of the MTD that mean nothing are set now and then.
        public CallResult Call(MessageSize message) =>
            new(kernel.Call(message, [0, 0, 0]).Raw | (message.Words % 2 == 0 ? 0xffff_fe00UL << 32 : 0));

        public CallResult Call(MessageSize message, Window objects, Window memory, Window ports) =>
            kernel.Call(message, [objects.Raw, memory.Raw, ports.Raw]);
    }
}
