// What a driver of network controllers answers by calls; the packets go through rings. docs/net.md.
using System;

namespace Kilonova.Contracts;

/// <summary>The service "net". A session looks around, opens one controller, and then shares its rings and its data memory.</summary>
[Protocol(0x6e65_7473, version: 1)]
public interface INetworks
{
    /// <summary>Describes a controller.</summary>
    /// <param name="nic">Its number, from 0 on.</param>
    /// <param name="address">Its address; the first byte on the wire is the lowest.</param>
    /// <param name="speed">Speed of the link in Mbit/s; 0 while it is down.</param>
    /// <returns>NotFound behind the last.</returns>
    [Operation(1)]
    ContractStatus Describe(uint nic, out ulong address, out uint speed);

    /// <summary>Binds the session to a controller, once.</summary>
    /// <param name="nic">The controller.</param>
    /// <param name="all">Whether packets to whomever are wanted, and not only those to the controller and to all.</param>
    /// <returns>Denied: the manifest does not let this client. Busy: another session has it; try again.</returns>
    [Operation(2)]
    ContractStatus Open(uint nic, bool all);

    /// <summary>Reads what a controller has counted, as of the last second.</summary>
    [Operation(3)]
    ContractStatus ReadStatistics(
        uint nic, out ulong receivedPackets, out ulong receivedBytes, out ulong sentPackets, out ulong sentBytes, out ulong missed,
        out ulong damaged);
}
