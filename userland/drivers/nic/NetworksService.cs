using System;
using Kilonova.Contracts;
using Kilonova.Net;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Nic;

/// <summary>The controllers, all of them for each session: whoever the manifest lets use the service may open one that nobody has.</summary>
internal readonly struct Controllers : INetPorts
{
    public NetPort? Find(ulong session, uint nic) => Program.Thread.Find(nic);
}

/// <summary>The portals of the service "net".</summary>
internal struct NetworksPortal : IPortalHandler
{
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived)
    {
        var service = new NetworksService<Controllers>(identifier);
        return NetworksDispatcher.Dispatch(ref service, message, arrived);
    }
}
