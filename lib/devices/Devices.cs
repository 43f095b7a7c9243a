using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Registers;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Devices;

/// <summary>What the platform driver says of a device.</summary>
/// <param name="Number">By which the session names it.</param>
/// <param name="Vendor">Vendor.</param>
/// <param name="Device">Device.</param>
/// <param name="Class">Class, subclass, programming interface.</param>
/// <param name="Address">Bus, device and function.</param>
public readonly record struct DeviceDescription(uint Number, ushort Vendor, ushort Device, uint Class, ushort Address);

/// <summary>
/// The devices that the manifest gives this component, from the service "platform". When the platform driver is gone so are they: a driver
/// ends then, and its next life asks again.
/// </summary>
public sealed class DeviceSession
{
    private const int PageShift = 12;
    private const uint RelayPriority = 70;

    private readonly ClientSession _session = new("platform"u8);

    /// <summary>Opens the session, waiting for the platform driver.</summary>
    public DeviceSession() => Component.Require(_session.Open(), "platform"u8);

    /// <summary>Rung when the platform driver is gone.</summary>
    public Semaphore Bell => _session.Bell;

    private PlatformClient<PortalTransport> Platform => new(_session.Transport);

    /// <summary>Describes the component's device of a number; false behind the last.</summary>
    public bool TryDescribe(uint number, out DeviceDescription description)
    {
        var status = Platform.Describe(number, out var identifier, out var classCode, out var address);
        if (status != ContractStatus.NotFound)
            Component.Require(status, "platform"u8);

        description = new DeviceDescription(number, (ushort)(identifier >> 16), (ushort)identifier, classCode, (ushort)address);
        return status == ContractStatus.Ok;
    }

    /// <summary>
    /// Takes a device; Busy while another component has it, Denied where nothing fences it and the component's line does not allow that.
    /// </summary>
    public ContractStatus Claim(uint device, out bool isReset)
    {
        var status = Platform.Claim(device, out isReset);
        if (status is not (ContractStatus.Busy or ContractStatus.Denied))
            Component.Require(status, "claim"u8);

        return status;
    }

    /// <summary>Maps a register range of a claimed device.</summary>
    public ContractStatus MapRegisters(uint device, uint bar, out MappedRegisters registers)
    {
        var status = Platform.MapRegisters(device, bar, out var address, out var size);
        registers = status == ContractStatus.Ok ? new MappedRegisters(address, (int)Math.Min(size, int.MaxValue)) : default;
        return status;
    }

    /// <summary>Makes a claimed device signal on a bell.</summary>
    /// <returns>NotFound: it has no such message, and must be asked from time to time.</returns>
    public ContractStatus EnableMessage(uint device, uint vector, Semaphore bell)
    {
        var selector = Component.TakeSelectors(0);
        var status = Platform.EnableMessage(device, vector, Server.Cpu, new Window(selector, 0), out var interrupt);
        if (status != ContractStatus.Ok)
            return status;

        InterruptRelay.Start(new Semaphore(interrupt.Selector), bell, Server.Cpu, RelayPriority);
        return ContractStatus.Ok;
    }

    /// <summary>
    /// Tells the root task that all devices of this component's former lives are stopped: it has claimed them all, and reset them.
    /// </summary>
    public static void ReportQuiet() => _ = Component.Parent.Quiet();

    /// <summary>Allocates memory for descriptors, one piece, zeroed; ends the program when there is none.</summary>
    /// <param name="length">Bytes.</param>
    /// <param name="isLow">Below 4 GiB.</param>
    public static MappedDmaMemory Allocate(int length, bool isLow)
    {
        var pages = (uint)(((ulong)length + (1 << PageShift) - 1) >> PageShift);
        var kinds = DataspaceKinds.Contiguous | (isLow ? DataspaceKinds.Low : DataspaceKinds.None);
        Component.Require(Dataspace.Create(pages, 0, kinds, out var memory), "memory for a device"u8);
        Component.Require(Component.Parent.LocateDataspace(memory.Number, 0, 0, out var physical, out _), "its address"u8);
        return new MappedDmaMemory(memory.Page << PageShift, physical << PageShift, length);
    }
}
