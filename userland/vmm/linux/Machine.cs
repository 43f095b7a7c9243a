// The machine: a PC with serial console, ACPI, PCI, and the disks and networks that its arguments name. docs/vmm/README.md tells how machines are composed.
using Kilonova.Runtime;
using Kilonova.Vmm.Acpi;
using Kilonova.Vmm.Boot;
using Kilonova.Vmm.Models;
using Kilonova.Vmm.Monitors;

namespace Kilonova.Vmm.Linux;

/// <summary>A PC without firmware, which begins at its kernel's entry.</summary>
internal sealed class Machine : PcMachine
{
    internal Machine()
        : base(PciHost.DefaultConfigurationAddress, hasFirmware: false)
    {
    }

    public override LoadStatus Load()
    {
        var settings = SettingsWithPci(GuestLayout.PciWindowLast);
        if (!Memory.Write(AcpiTables.DefaultAddress, AcpiTables.Build(settings, AcpiTables.DefaultAddress)))
            return LoadStatus.NoMemory;

        var boot = VirtualCpus.Processors[0].Cpu;
        boot.Apic.EnableVirtualWire();
        return LinuxLoader.Load(Memory, boot.State, new LinuxImage
        {
            Kernel = GuestImages.Kernel,
            InitialDisk = GuestImages.Disk,
            CommandLine = GuestImages.CommandLine,
            Rsdp = AcpiTables.DefaultAddress,
        });
    }
}
