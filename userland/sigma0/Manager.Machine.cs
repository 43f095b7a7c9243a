using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Formats.Acpi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

// What the platform driver asks for: registers for itself and for the drivers that are its clients, and messages.
internal sealed partial class Manager
{
    // The component and its life that has a message: 0 for nobody.
    private readonly (int Component, ulong Life)[] _messages = new (int, ulong)[RootTask.Information.MessageInterrupts];

    /// <summary>Where configuration space lies; constant from before any component runs.</summary>
    internal ConfigurationRange[] Configuration { get; } = ReadConfiguration();

    private static ConfigurationRange[] ReadConfiguration()
    {
        var table = FirmwareTables.Find(AcpiSignature.Mcfg);
        if (table.IsEmpty || Mcfg.Check(table) != AcpiStatus.Ok)
            return [];

        var ranges = new ConfigurationRange[Mcfg.Count(table)];
        for (var i = 0u; i < (uint)ranges.Length; i++)
        {
            ranges[i] = new ConfigurationRange(
                Mcfg.Address(table, i) >> MachinePages.Shift, Mcfg.Segment(table, i), Mcfg.FirstBus(table, i), Mcfg.LastBus(table, i));
        }

        return ranges;
    }

    private ContractStatus ServeMachine(Request request)
    {
        var own = _services.FindSession(request.Session);
        if (own == null || Slots[own.Client].State != ComponentState.Running)
            return ContractStatus.Aborted;

        var caller = Slots[own.Client];
        switch (request.Kind)
        {
            case RequestKind.MapRegisters:
                return MapRegisters(caller, request.A, request.B);
            case RequestKind.TakeMessage:
                return TakeMessage(caller, request.A);
            default:
                var session = _services.FindSession(request.C);
                if (session == null || session.Server != caller.Number)
                    return ContractStatus.NotFound;

                if (request.Kind == RequestKind.ConfineDevice)
                    return Confine(Slots[session.Client], (uint)request.A, request);

                if (request.Kind == RequestKind.GrantRegisters)
                    return MapRegisters(Slots[session.Client], request.A, request.B);

                if (!MachineMap.IsDevice(request.A, request.B))
                    return ContractStatus.Denied;

                Slots[session.Client].Child.Unmap((ComponentLayout.Devices >> MachinePages.Shift) + request.A, request.B);
                return ContractStatus.Ok;
        }
    }

    private static ContractStatus MapRegisters(ComponentSlot slot, ulong physical, ulong pages)
    {
        if (!MachineMap.IsDevice(physical, pages))
            return ContractStatus.Denied;

        var page = (ComponentLayout.Devices >> MachinePages.Shift) + physical;
        return slot.Child.Map(page, physical, pages, ReadWrite, Cacheability.UC) == Status.SUCCESS
            ? ContractStatus.Ok
            : ContractStatus.Exhausted;
    }

    // A message whose owner has ended is free: its device was stopped before another driver gets it.
    private ContractStatus TakeMessage(ComponentSlot slot, ulong selector)
    {
        for (var i = 0; i < _messages.Length; i++)
        {
            var (component, life) = _messages[i];
            if (life != 0 && Slots[component].Life == life && Slots[component].State == ComponentState.Running)
                continue;

            if (slot.Child.GrantInterrupt(RootTask.Information.PinInterrupts + (ulong)i, selector) != Status.SUCCESS)
                return ContractStatus.Exhausted;

            _messages[i] = (slot.Number, slot.Life);
            return ContractStatus.Ok;
        }

        return ContractStatus.Exhausted;
    }
}

/// <summary>Configuration space of some buses.</summary>
/// <param name="Page">Physical page of that of bus 0.</param>
/// <param name="Segment">PCI segment.</param>
/// <param name="FirstBus">First bus.</param>
/// <param name="LastBus">Last bus.</param>
internal readonly record struct ConfigurationRange(ulong Page, uint Segment, uint FirstBus, uint LastBus);
