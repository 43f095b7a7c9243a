using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Net;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Switching;

/// <summary>A switch. Its arguments say what its ports are; it offers the net contract under its own name. docs/switch.md.</summary>
internal static class Program
{
    // Written once, before the service is offered.
    internal static SwitchThread Thread { get; private set; } = null!;

    private static void Main()
    {
        var wrong = SwitchPolicy.Read(Component.Arguments, Component.Name, out var ports);
        if (!wrong.IsEmpty)
        {
            Log.Write(LogLevel.Error, $"no port: {wrong}");
            Faults.Fail("wrong arguments"u8);
        }

        Thread = new SwitchThread(ports);
        Component.Require(ServiceThreads.Offer<NetworksPortal>(Component.Name, Thread.Bell), "offer"u8);
        Log.Write($"{ports.Length} ports");
        Thread.Run();
    }
}

/// <summary>Each client sees its own ports.</summary>
internal readonly struct OwnPorts : INetPorts
{
    public NetPort? Find(ulong session, uint nic) => Program.Thread.Find(session, nic);
}

/// <summary>The portals of the service.</summary>
internal struct NetworksPortal : IPortalHandler
{
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived)
    {
        var service = new NetworksService<OwnPorts>(identifier);
        return NetworksDispatcher.Dispatch(ref service, message, arrived);
    }
}
