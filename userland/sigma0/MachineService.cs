using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

/// <summary>The service "machine", for one session: hands each call to the manager.</summary>
internal readonly struct MachineService : IMachine
{
    private readonly ServiceThread _thread;
    private readonly ulong _session;

    internal MachineService(ServiceThread thread, ulong session)
    {
        _thread = thread;
        _session = session;
    }

    public ContractStatus DescribeConfiguration(uint index, out ulong page, out uint segment, out uint firstBus, out uint lastBus)
    {
        page = 0;
        segment = firstBus = lastBus = 0;
        var ranges = Program.Manager.Configuration;
        if (index >= (uint)ranges.Length)
            return ContractStatus.NotFound;

        (page, segment, firstBus, lastBus) = ranges[index];
        return ContractStatus.Ok;
    }

    public ContractStatus MapRegisters(ulong physical, uint pages) => Execute(RequestKind.MapRegisters, physical, pages);

    public ContractStatus GrantRegisters(ulong session, ulong physical, uint pages) =>
        Execute(RequestKind.GrantRegisters, physical, pages, session);

    public ContractStatus RevokeRegisters(ulong session, ulong physical, uint pages) =>
        Execute(RequestKind.RevokeRegisters, physical, pages, session);

    public ContractStatus TakeMessage(ulong selector) => Execute(RequestKind.TakeMessage, selector);

    public ContractStatus ConfineDevice(ulong session, uint device, out bool isConfined)
    {
        var status = Execute(RequestKind.ConfineDevice, device, 0, session);
        isConfined = _thread.Request.Result != 0;
        return status;
    }

    private ContractStatus Execute(RequestKind kind, ulong a = 0, ulong b = 0, ulong c = 0)
    {
        _thread.Request.Session = _session;
        _thread.Request.A = a;
        _thread.Request.B = b;
        _thread.Request.C = c;
        return _thread.Request.Execute(kind);
    }
}

/// <summary>Its portals.</summary>
internal struct MachinePortal : IPortalHandler
{
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived)
    {
        var service = new MachineService(Program.Manager.ThreadOf(Server.Cpu), identifier);
        return MachineDispatcher.Dispatch(ref service, message, arrived);
    }
}
