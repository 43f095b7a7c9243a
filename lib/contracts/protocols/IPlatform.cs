// The platform driver hands out devices. docs/devices.md.
using System;

namespace Kilonova.Contracts;

/// <summary>
/// The service "platform": the devices that the manifest gives to the client, numbered from 0 on. A device has one client at a time; when
/// the session ends it is stopped and reset.
/// </summary>
[Protocol(0x706c_6174, version: 1)]
public interface IPlatform
{
    /// <summary>Describes a device of the client's.</summary>
    /// <param name="device">Its number.</param>
    /// <param name="identifier">Vendor in bits 31-16, device in 15-0.</param>
    /// <param name="classCode">Class, subclass, programming interface in bits 23-16, 15-8, 7-0.</param>
    /// <param name="address">Bus in bits 15-8, device in 7-3, function in 2-0.</param>
    /// <returns>NotFound behind the last.</returns>
    [Operation(1)]
    ContractStatus Describe(uint device, out uint identifier, out uint classCode, out uint address);

    /// <summary>Takes a device: it is reset, answers at its addresses, and may master the bus.</summary>
    /// <param name="device">Its number.</param>
    /// <param name="isReset">Whether the whole function was reset; if not, the driver resets what is behind its registers.</param>
    /// <returns>Busy: another session has it. Denied: no IOMMU fences it, and the client's manifest line does not allow that.</returns>
    [Operation(2)]
    ContractStatus Claim(uint device, out bool isReset);

    /// <summary>Maps one of the device's register ranges into the client.</summary>
    /// <param name="device">A claimed device.</param>
    /// <param name="bar">Number of the base address register.</param>
    /// <param name="address">Address of the first register in the client.</param>
    /// <param name="size">Bytes.</param>
    /// <returns>NotFound: no such range. Denied: ports, or a page that another device's registers share. Busy: not claimed.</returns>
    [Operation(3)]
    ContractStatus MapRegisters(uint device, uint bar, out ulong address, out ulong size);

    /// <summary>
    /// Makes the device signal by message. Its semaphore is the client's until the session ends.
    /// </summary>
    /// <param name="device">A claimed device.</param>
    /// <param name="vector">Which of its messages; 0 for a device with one.</param>
    /// <param name="cpu">CPU whose threads wait for it.</param>
    /// <param name="interrupt">The semaphore, to go down on.</param>
    /// <returns>NotFound: the device has no such message. Exhausted: the machine has none left.</returns>
    [Operation(4)]
    ContractStatus EnableMessage(uint device, uint vector, uint cpu, [Delegated] out ObjectRange interrupt);
}
