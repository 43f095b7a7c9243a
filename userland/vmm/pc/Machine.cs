// The machine: a PC with PCI, disks, network cards, and the fw_cfg device by which firmware learns of them.
using Kilonova.Runtime;
using Kilonova.Vmm.Acpi;
using Kilonova.Vmm.Boot;
using Kilonova.Vmm.Models;
using Kilonova.Vmm.Monitors;

namespace Kilonova.Vmm.Pc;

/// <summary>A PC that begins at the first instruction of its firmware, the file that its line calls the kernel.</summary>
internal sealed class Machine : PcMachine
{
    // Where SeaBIOS puts a Q35's configuration space, and the last address below the I/O APIC to which it gives devices.
    private const ulong ConfigurationAddress = 0xb000_0000;
    private const uint WindowLast = 0xfebf_ffff;

    private const ulong TablesSize = 0x1_0000;
    private const ushort SerialPort = 0x3f8;
    private const uint WholeSegment = 0xffff;

    private readonly FirmwareConfiguration _configuration;

    internal Machine()
        : base(ConfigurationAddress, hasFirmware: true)
    {
        _configuration = new FirmwareConfiguration(Memory, GuestImages.MemoryLength, VirtualCpus.Processors.Length, new MachineLock());
        GuestLayout.Require(_configuration.Map(Ports), "two devices at one place"u8);
    }

    public override LoadStatus Load()
    {
        if (GuestImages.MemoryLength > ConfigurationAddress)
            return LoadStatus.NoMemory;

        var ram = GuestImages.MemoryLength - TablesSize;
        var tables = AcpiTables.Build(SettingsWithPci(WindowLast), ram);
        if (!Memory.Write(ram, tables))
            return LoadStatus.NoMemory;

        GuestLayout.Require(
            FirmwareItems.AddMachine(_configuration, ram, tables, TablesSize) && FirmwareItems.AddConsole(_configuration, SerialPort),
            "too many items"u8);
        var boot = VirtualCpus.Processors[0];
        boot.DescriptorTable = (0, WholeSegment);
        boot.Cpu.Apic.EnableVirtualWire();
        return FirmwareLoader.Load(Memory, boot.Cpu.State, GuestImages.Kernel);
    }
}
