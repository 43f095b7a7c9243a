using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Platform;

/// <summary>The service "platform", for one session.</summary>
internal readonly struct PlatformService : IPlatform
{
    private readonly ulong _session;

    internal PlatformService(ulong session) => _session = session;

    public ContractStatus Describe(uint device, out uint identifier, out uint classCode, out uint address) =>
        Program.Devices.Describe(_session, device, out identifier, out classCode, out address);

    public ContractStatus Claim(uint device, out bool isReset) => Program.Devices.Claim(_session, device, out isReset);

    public ContractStatus MapRegisters(uint device, uint bar, out ulong address, out ulong size) =>
        Program.Devices.MapRegisters(_session, device, bar, out address, out size);

    public ContractStatus EnableMessage(uint device, uint vector, uint cpu, out ObjectRange interrupt)
    {
        var status = Program.Devices.EnableMessage(_session, device, vector, cpu, out var selector);
        interrupt = new ObjectRange(selector, 0, (uint)SmPermissions.CTRL_DN);
        return status;
    }
}

/// <summary>Its portals.</summary>
internal struct PlatformPortal : IPortalHandler
{
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived)
    {
        var service = new PlatformService(identifier);
        return PlatformDispatcher.Dispatch(ref service, message, arrived);
    }
}
