// A PC with a PCI bus, and on it the disks and network cards that the component's arguments name.
using Kilonova.Runtime;
using Kilonova.Vmm.Acpi;
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Monitors;

/// <summary>A board with the bridges of a Q35, disks at an ICH9's AHCI controller, and cards with an 82576.</summary>
internal abstract class PcMachine : PcBoard
{
    // Where an ICH9 has them.
    private const int LegacySlot = 31;
    private const int AhciFunction = 2;

    private const int FirstNicSlot = 3;

    private readonly PciHost _pci;
    private readonly ulong _configuration;

    /// <summary>Plugs what the arguments name.</summary>
    /// <param name="configuration">Where configuration space is in memory.</param>
    /// <param name="hasFirmware">Firmware is to know by the host bridge what machine it is on.</param>
    private protected PcMachine(ulong configuration, bool hasFirmware)
    {
        _configuration = configuration;
        _pci = new PciHost(Ports, Mmio, Apics, Router, new MachineLock());
        GuestLayout.Require(
            _pci.Map(Ports, Mmio, configuration) && ResetControl.Map(Ports, _pci)
            && _pci.Plug(new PciAddress(0, 0), new HostBridgeFunction(configuration, new MachineLock(), hasFirmware))
            && _pci.Plug(new PciAddress(LegacySlot, 0), new IsaBridgeFunction(IsaBridgeFunction.Ich9, new MachineLock()))
            && AddDisks() && AddNics(),
            "two devices at one place"u8);
    }

    /// <summary>What ACPI's tables tell of the machine.</summary>
    /// <param name="windowLast">Last address of the window for devices.</param>
    private protected AcpiSettings SettingsWithPci(uint windowLast) => Settings with
    {
        HasPci = true,
        ConfigurationAddress = _configuration,
        PciWindow = GuestLayout.PciWindow,
        PciWindowLast = windowLast,
    };

    // A controller with as many ports as there are disks; a machine without disks has none.
    private bool AddDisks()
    {
        var devices = new AtaDevice?[GuestDisk.MaxDisks];
        var count = 0;
        var arguments = Component.Arguments;
        while (DeviceWord.TryTake(ref arguments, "disk"u8, out var word))
        {
            var disk = GuestDisk.TryOpen(word, Memory);
            if (disk == null)
                Life.Fail();

            devices[count++] = new AtaDisk(disk!.Disk, new DiskIdentity { Model = "Kilonova disk", Serial = disk.Name, Firmware = "1" });
        }

        return count == 0 || _pci.Plug(
            new PciAddress(LegacySlot, AhciFunction), new AhciController(Memory, devices, new MachineLock(), hasIndexPorts: false));
    }

    private bool AddNics()
    {
        var arguments = Component.Arguments;
        var count = GuestNic.Count(arguments);
        for (var slot = FirstNicSlot; DeviceWord.TryTake(ref arguments, "net"u8, out var word); slot++)
        {
            var nic = GuestNic.TryOpen(word, count, Memory, Clock);
            if (nic == null)
                Life.Fail();

            var model = new Igb(Memory, nic!.Network, nic.Address, nic.Timers, Apics, new MachineLock(), hasPorts: false);
            nic.Attach(model);
            if (!_pci.Plug(new PciAddress(slot, 0), model))
                return false;
        }

        return true;
    }
}
