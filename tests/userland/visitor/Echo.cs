using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Visitor;

/// <summary>The smallest service.</summary>
[Protocol(0x6563_686f, 1)]
internal interface IEcho
{
    /// <summary>Twice the number; 13 crashes the server.</summary>
    [Operation(1)]
    ContractStatus Twice(ulong number, out ulong twice);
}

/// <summary>Its server.</summary>
internal readonly struct EchoServer : IEcho
{
    private const ulong Unlucky = 13;

    public ContractStatus Twice(ulong number, out ulong twice)
    {
        if (number == Unlucky)
            throw new InvalidOperationException("unlucky");

        twice = 2 * number;
        return ContractStatus.Ok;
    }
}

/// <summary>Its portals.</summary>
internal struct EchoPortal : IPortalHandler
{
    private static EchoServer s_server;

    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived) =>
        EchoDispatcher.Dispatch(ref s_server, message, arrived);

    internal static void Serve(ReadOnlySpan<byte> name) =>
        Component.Require(ServiceThreads.Offer<EchoPortal>(name, default), "offer"u8);

    internal static EchoClient<PortalTransport> Client(ulong selector) => new(new PortalTransport(new Portal(selector + Server.Cpu)));
}
