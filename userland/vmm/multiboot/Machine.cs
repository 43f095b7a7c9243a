// The machine: the board of a PC. What there is to be found is said by the Multiboot information and, to kernels that look, by ACPI's tables.
using Kilonova.Runtime;
using Kilonova.Vmm.Acpi;
using Kilonova.Vmm.Boot;
using Kilonova.Vmm.Monitors;

namespace Kilonova.Vmm.Multiboot;

/// <summary>A board that begins at its kernel's entry.</summary>
internal sealed class Machine : PcBoard
{
    internal Machine() => GuestLayout.Require(ResetControl.Map(Ports), "two chips at one place"u8);

    public override LoadStatus Load()
    {
        if (!Memory.Write(AcpiTables.DefaultAddress, AcpiTables.Build(Settings, AcpiTables.DefaultAddress)))
            return LoadStatus.NoMemory;

        var boot = VirtualCpus.Processors[0].Cpu;
        boot.Apic.EnableVirtualWire();
        return MultibootLoader.Load(Memory, boot.State, GuestImages.Kernel, GuestImages.Disk, GuestImages.CommandLine);
    }
}
