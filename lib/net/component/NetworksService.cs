using Kilonova.Contracts;

namespace Kilonova.Net;

/// <summary>Which ports a session sees.</summary>
public interface INetPorts
{
    /// <summary>The port of a number; null when the session sees none of that number. For any thread.</summary>
    NetPort? Find(ulong session, uint nic);
}

/// <summary>The calls of the net contract, for one session.</summary>
public readonly struct NetworksService<TPorts> : INetworks
    where TPorts : struct, INetPorts
{
    private readonly ulong _session;

    /// <summary>Answers the calls of a session.</summary>
    public NetworksService(ulong session) => _session = session;

    /// <inheritdoc/>
    public ContractStatus Describe(uint nic, out ulong address, out uint speed)
    {
        var port = default(TPorts).Find(_session, nic);
        address = port?.Address ?? 0;
        speed = port?.Speed ?? 0;
        return port == null ? ContractStatus.NotFound : ContractStatus.Ok;
    }

    /// <inheritdoc/>
    public ContractStatus Open(uint nic, bool all)
    {
        var port = default(TPorts).Find(_session, nic);
        return port == null ? ContractStatus.NotFound : port.TryWant(_session, all) ? ContractStatus.Ok : ContractStatus.Busy;
    }

    /// <inheritdoc/>
    public ContractStatus ReadStatistics(
        uint nic, out ulong receivedPackets, out ulong receivedBytes, out ulong sentPackets, out ulong sentBytes, out ulong missed,
        out ulong damaged)
    {
        var port = default(TPorts).Find(_session, nic);
        (receivedPackets, receivedBytes, sentPackets, sentBytes, missed, damaged) = port?.Statistics ?? default;
        return port == null ? ContractStatus.NotFound : ContractStatus.Ok;
    }
}
