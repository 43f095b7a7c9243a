// A portal between two UTCBs in one process: copies words, and treats typed items as the kernel does (Kilonova.Abi.TypedItem).
using System;
using System.Collections.Generic;
using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Contracts.Tests;

/// <summary>What the server's end of the portal runs.</summary>
internal delegate Reply Handler(Span<ulong> message, int words, int items);

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
    public (int Words, int Items) LastCall { get; private set; }

    /// <summary>The last reply.</summary>
    public Reply LastReply { get; private set; }

    /// <summary>Puts something else in place of a reply: what a server without a dispatcher might send.</summary>
    public Func<Reply, Reply>? Forge { get; set; }

    public Transport Portal => new(this);

    private ContractStatus Call(int words, int items, ReadOnlySpan<ulong> clientWindows, out int replyWords, out int replyItems)
    {
        (replyWords, replyItems) = (0, 0);
        if (words is < 1 or > Utcb.Words || items < 0 || words + (2 * items) > Utcb.Words)
            return ContractStatuses.FromKernel(Status.BAD_PAR);
        if (Fails != Status.SUCCESS)
            return ContractStatuses.FromKernel(Fails);
        LastCall = (words, items);
        Transfer(ClientUtcb, ServerUtcb, words, items, ServerWindows, Origins);
        Reply reply = handler(ServerUtcb, words, items);
        reply = Forge?.Invoke(reply) ?? reply;
        LastReply = reply;
        Transfer(ServerUtcb, ClientUtcb, reply.Words, reply.Items, clientWindows, []);
        (replyWords, replyItems) = (reply.Words, reply.Items);
        return ContractStatus.Ok;
    }

    private static void Transfer(
        ulong[] from, ulong[] to, int words, int items, ReadOnlySpan<ulong> windows, Dictionary<ulong, ulong> origins)
    {
        from.AsSpan(0, words).CopyTo(to);
        for (int i = 0; i < items; i++)
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

        public ContractStatus Call(int words, out int replyWords) => kernel.Call(words, 0, [0, 0, 0], out replyWords, out _);

        public ContractStatus CallWithItems(
            int words, int items, Window objects, Window memory, Window ports, out int replyWords, out int replyItems) =>
            kernel.Call(words, items, [objects.Raw, memory.Raw, ports.Raw], out replyWords, out replyItems);
    }
}
