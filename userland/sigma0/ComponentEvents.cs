using Kilonova.Abi;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

/// <summary>
/// Events of components, on the handler thread of the CPU: STARTUP of first threads, and exceptions, whose report is written while the
/// component's memory is as it was. What follows from a crash is the manager's.
/// </summary>
internal struct ComponentEvents : IEventHandler
{
    private const Mtd StartState = Mtd.GPR0_7 | Mtd.RIP;

    public static Mtd Handle(ulong identifier, ref ArchitecturalState state)
    {
        var identity = new Identity(identifier);
        var slot = Program.Manager.Slots[identity.Component];
        if (identity.Event >= RootTask.Information.HostArchitecturalEvents)
        {
            state.RIP = slot.Entry;
            state.RDI = ComponentLayout.StartPage;
            return StartState;
        }

        // The life of a component ends only after its threads: it is this life's memory that is looked at.
        if (slot.TryBeginCrash())
        {
            slot.CompleteCrash(WriteReport(slot, identity, state));
            Program.Manager.Wake();
        }

        return Mtd.POISON;
    }

    private static int WriteReport(ComponentSlot slot, Identity identity, in ArchitecturalState state)
    {
        ulong low = 0;
        ulong high = 0;
        ulong delta = 0;
        if (slot.Memory.TryFind(state.RSP, MachinePages.Shift, out var region))
        {
            low = region.Page << MachinePages.Shift;
            high = low + (region.Pages << MachinePages.Shift);
            delta = MachinePages.AddressOf(region.Physical) - low;
        }

        return ChildCrash.Write(
            MachinePages.Bytes(slot.CrashPage, 1), identity.Event, identity.Cpu, state,
            BootModules.Contents(slot.Module), BootModules.Contents(slot.Symbols), low, high, delta);
    }
}
