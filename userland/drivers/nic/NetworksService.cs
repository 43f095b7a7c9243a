using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Nic;

/// <summary>The service "net", for one session. Whoever the manifest lets use it may open a controller that nobody has.</summary>
internal readonly struct NetworksService : INetworks
{
    private readonly ulong _session;

    internal NetworksService(ulong session) => _session = session;

    public ContractStatus Describe(uint nic, out ulong address, out uint speed)
    {
        var port = Program.Thread.Find(nic);
        address = port?.Controller.Address ?? 0;
        speed = port?.Speed ?? 0;
        return port == null ? ContractStatus.NotFound : ContractStatus.Ok;
    }

    public ContractStatus Open(uint nic, bool all)
    {
        var port = Program.Thread.Find(nic);
        return port == null ? ContractStatus.NotFound : port.TryWant(_session, all) ? ContractStatus.Ok : ContractStatus.Busy;
    }

    public ContractStatus ReadStatistics(
        uint nic, out ulong receivedPackets, out ulong receivedBytes, out ulong sentPackets, out ulong sentBytes, out ulong missed,
        out ulong damaged)
    {
        receivedPackets = receivedBytes = sentPackets = sentBytes = missed = damaged = 0;
        var port = Program.Thread.Find(nic);
        if (port == null)
            return ContractStatus.NotFound;

        var statistics = port.Controller.Statistics;
        (receivedPackets, receivedBytes) = (statistics.ReceivedPackets, statistics.ReceivedBytes);
        (sentPackets, sentBytes) = (statistics.SentPackets, statistics.SentBytes);
        (missed, damaged) = (statistics.Missed, statistics.Damaged);
        return ContractStatus.Ok;
    }
}

/// <summary>Its portals.</summary>
internal struct NetworksPortal : IPortalHandler
{
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived)
    {
        var service = new NetworksService(identifier);
        return NetworksDispatcher.Dispatch(ref service, message, arrived);
    }
}
