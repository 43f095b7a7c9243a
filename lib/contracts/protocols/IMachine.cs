// What the root task offers to the platform driver, whom the manifest lets use "machine". docs/devices.md.
using System;

namespace Kilonova.Contracts;

/// <summary>
/// The service "machine": device registers and messages for drivers, by word of the platform driver. Registers appear at
/// <c>ComponentLayout.Devices</c> plus their physical address, uncached. The root task refuses what is memory, and the kernel what is its
/// own.
/// </summary>
[Protocol(0x6d61_6368, version: 1)]
public interface IMachine
{
    /// <summary>Says where firmware has put the configuration space of PCI Express.</summary>
    /// <param name="index">Which range, from 0 on.</param>
    /// <param name="page">Physical page of the configuration space of bus 0, whether or not the range has one.</param>
    /// <param name="segment">PCI segment.</param>
    /// <param name="firstBus">First bus.</param>
    /// <param name="lastBus">Last bus.</param>
    /// <returns>NotFound behind the last range.</returns>
    [Operation(1)]
    ContractStatus DescribeConfiguration(uint index, out ulong page, out uint segment, out uint firstBus, out uint lastBus);

    /// <summary>Maps registers into the caller.</summary>
    /// <param name="physical">First physical page.</param>
    /// <param name="pages">Number of pages.</param>
    /// <returns>Denied: this is memory. Exhausted: the caller's kernel memory does not suffice.</returns>
    [Operation(2)]
    ContractStatus MapRegisters(ulong physical, uint pages);

    /// <summary>Maps registers into the client of a session of the caller's.</summary>
    /// <returns>NotFound: no such session of this server's. Else as <see cref="MapRegisters"/>, for the client.</returns>
    [Operation(3)]
    ContractStatus GrantRegisters(ulong session, ulong physical, uint pages);

    /// <summary>Takes registers away from the client of a session again.</summary>
    [Operation(4)]
    ContractStatus RevokeRegisters(ulong session, ulong physical, uint pages);

    /// <summary>Gives the semaphore of a message that nobody has, with the right to route it, for as long as the caller lives.</summary>
    /// <param name="selector">An empty selector.</param>
    /// <returns>Exhausted: the machine has no more.</returns>
    [Operation(5)]
    ContractStatus TakeMessage(ulong selector);

    /// <summary>
    /// Confines a device to what the client of a session of the caller's has attached and located; from then on the client's
    /// <see cref="IParent.LocateDataspace"/> tells addresses that the client's devices see, and no physical ones.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="device">PCI segment in bits 31-16, bus, device and function below.</param>
    /// <param name="isConfined">Whether it is; otherwise nothing fences the device, and the client's manifest line allows that.</param>
    /// <returns>
    /// Denied: nothing fences the device, and the client's line has no <c>addresses: yes</c>, or it has devices that are. NotFound: no
    /// such session. Exhausted: the client's kernel memory does not suffice.
    /// </returns>
    [Operation(6)]
    ContractStatus ConfineDevice(ulong session, uint device, out bool isConfined);
}
