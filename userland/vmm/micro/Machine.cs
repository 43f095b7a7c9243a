// The machine: virtio devices on PCI, local APICs, an I/O APIC, and reduced-hardware ACPI. No interrupt controller, timer, clock or keyboard of a
// PC: Linux on kvm-clock with TSC deadlines needs none of them.
using Kilonova.Runtime;
using Kilonova.Vmm.Acpi;
using Kilonova.Vmm.Boot;
using Kilonova.Vmm.Models;
using Kilonova.Vmm.Monitors;

namespace Kilonova.Vmm.Micro;

/// <summary>Everything that the guest has. Made once; a reset machine is a new life of the component.</summary>
internal sealed class Machine : IGuestMachine
{
    // The Ethernet frames of the network contract.
    private const int TransmissionUnit = 1500;

    private readonly MachineClock _clock = new();
    private readonly GuestMemory _memory = new();
    private readonly PortBus _ports = new(new MachineLock());
    private readonly MmioBus _mmio = new(new MachineLock());
    private readonly ApicBus _apics = new();
    private readonly VirtualCpus _cpus;
    private readonly PciHost _pci;
    private int _slot;

    internal Machine()
    {
        GuestLayout.Add(_memory);
        _cpus = new VirtualCpus(new MachineParts
        {
            Memory = _memory,
            Ports = _ports,
            Mmio = _mmio,
            Apics = _apics,
            Clock = _clock,
            Wall = new MachineWallClock(_clock),
            Control = Control,
        });
        var ioApic = new IoApic(_apics, new MachineLock());
        _apics.Attach(ioApic);
        _pci = new PciHost(_ports, _mmio, _apics, ioApic, new MachineLock());
        GuestLayout.Require(
            ioApic.Map(_mmio) && new SleepControl(Control).Map(_ports) && _pci.Map(_ports, _mmio) && new ResetControl(Control).Map(_ports, _pci),
            "two models at one place"u8);
        Plug(new HostBridgeFunction(PciHost.DefaultConfigurationAddress, new MachineLock()));
        AddConsole();
        if (RandomSource.IsThere)
            Plug(new VirtioEntropy(_memory, new RandomSource(), _apics, new MachineLock(), hasWindow: false));

        AddDisks();
        AddNics();
        _cpus.Complete(null);
    }

    public MachineControl Control { get; } = new();

    public LoadStatus Load()
    {
        var boot = VirtualCpus.Processors[0].Cpu;
        var settings = new AcpiSettings
        {
            Cpus = VirtualCpus.Processors.Length,
            IsHardwareReduced = true,
            HasPci = true,
            ConfigurationAddress = PciHost.DefaultConfigurationAddress,
            PciWindow = GuestLayout.PciWindow,
            PciWindowLast = GuestLayout.PciWindowLast,
        };
        if (!_memory.Write(AcpiTables.DefaultAddress, AcpiTables.Build(settings, AcpiTables.DefaultAddress)))
            return LoadStatus.NoMemory;

        return LinuxLoader.Load(_memory, boot.State, new LinuxImage
        {
            Kernel = GuestImages.Kernel,
            InitialDisk = GuestImages.Disk,
            CommandLine = GuestImages.CommandLine,
            Rsdp = AcpiTables.DefaultAddress,
        });
    }

    public void Start()
    {
        AlarmThread.StartAll(Life.Urgent);
        GuestDevices.StartAll(Life.Urgent);
        GuestCounters.Start(_cpus, Life.Patient);
        _cpus.Start();
    }

    // Reduced hardware has no fixed power button, and no other is described to the guest.
    public void PressButton() => Log.Write("this machine has no power button"u8);

    public void Report()
    {
        _cpus.ReportExits();
        GuestDevices.ReportAll();
    }

    private void AddConsole()
    {
        var console = new VirtioConsole(_memory, Life.Console, _apics, new MachineLock(), hasWindow: false);
        Life.Console.Port = console;
        Plug(console);
    }

    private void AddDisks()
    {
        var arguments = Component.Arguments;
        while (DeviceWord.TryTake(ref arguments, "disk"u8, out var word))
        {
            var disk = GuestDisk.TryOpen(word, _memory);
            if (disk == null)
                Life.Fail();

            var name = disk!.Name.Length > VirtioBlock.NameLength ? disk.Name.Substring(0, VirtioBlock.NameLength) : disk.Name;
            Plug(new VirtioBlock(_memory, disk.Disk, name, VirtualCpus.Processors.Length, _apics, new MachineLock(), hasWindow: false));
        }
    }

    private void AddNics()
    {
        var arguments = Component.Arguments;
        var count = GuestNic.Count(arguments);
        while (DeviceWord.TryTake(ref arguments, "net"u8, out var word))
        {
            var nic = GuestNic.TryOpen(word, count, _memory, _clock);
            if (nic == null)
                Life.Fail();

            var model = new VirtioNetwork(_memory, nic!.Network, nic.Address, TransmissionUnit, _apics, new MachineLock(), hasWindow: false);
            nic.Attach(model);
            Plug(model);
        }
    }

    // Devices lie on the bus in the order in which they are added.
    private void Plug(PciFunction function) => GuestLayout.Require(_pci.Plug(new PciAddress(_slot++, 0), function), "two devices at one place"u8);
}
