// The chips that every PC has on its board, whatever is plugged into it.
using Kilonova.Runtime;
using Kilonova.Vmm.Acpi;
using Kilonova.Vmm.Boot;
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Monitors;

/// <summary>
/// Interrupt controllers, timer, clock, keyboard, a serial port, power and reset. Made once; a reset machine is a new life of the component.
/// </summary>
internal abstract class PcBoard : IGuestMachine
{
    private readonly VirtualCpus _cpus;
    private readonly MachineWallClock _wall;
    private readonly TimerQueue _timers;

    private protected PcBoard()
    {
        _wall = new MachineWallClock(Clock);
        _timers = AlarmThread.Of(Component.Information.Cpu, Clock).NewQueue();
        GuestLayout.Add(Memory);
        _cpus = new VirtualCpus(new MachineParts
        {
            Memory = Memory,
            Ports = Ports,
            Mmio = Mmio,
            Apics = Apics,
            Clock = Clock,
            Wall = _wall,
            Control = Control,
        });
        var pic = new Pic8259Pair(new InterruptLine(new LocalInterruptSink(_cpus.Boot), 0), new MachineLock());
        var ioApic = new IoApic(Apics, new MachineLock());
        Apics.Attach(ioApic);
        Router = new InterruptRouter(pic, ioApic, new MachineLock());
        GuestLayout.Require(ioApic.Map(Mmio) && pic.Map(Ports) && MapChips(), "two chips at one place"u8);
        _cpus.Complete(pic);
    }

    public MachineControl Control { get; } = new();

    /// <summary>Guest time.</summary>
    private protected MachineClock Clock { get; } = new();

    /// <summary>Guest memory.</summary>
    private protected GuestMemory Memory { get; } = new();

    /// <summary>Ports.</summary>
    private protected PortBus Ports { get; } = new(new MachineLock());

    /// <summary>Registers in memory.</summary>
    private protected MmioBus Mmio { get; } = new(new MachineLock());

    /// <summary>Where messages that interrupt go.</summary>
    private protected ApicBus Apics { get; } = new();

    /// <summary>Where wires that interrupt go.</summary>
    private protected InterruptRouter Router { get; }

    /// <summary>Register 0xcf9, which a PCI host bridge hides in one of its own.</summary>
    private protected ResetControl ResetControl { get; private set; } = null!;

    private AcpiPowerManagement Power { get; set; } = null!;

    public abstract LoadStatus Load();

    public void Start()
    {
        AlarmThread.StartAll(Life.Urgent);
        GuestDevices.StartAll(Life.Urgent);
        GuestCounters.Start(_cpus, Life.Patient);
        _cpus.Start();
    }

    public void PressButton() => Power.PressPowerButton();

    public void Report()
    {
        _cpus.ReportExits();
        GuestDevices.ReportAll();
    }

    /// <summary>What ACPI's tables tell of the board.</summary>
    private protected AcpiSettings Settings => new()
    {
        Cpus = VirtualCpus.Processors.Length,
        PowerManagementPort = AcpiPowerManagement.DefaultPort,
        HasKeyboard = true,
        HasSerial = true,
    };

    private bool MapChips()
    {
        var serial = new Uart16550(0x3f8, Router.Connect(4), Life.Console, new MachineLock());
        Life.Console.Port = serial;
        ResetControl = new ResetControl(Control);
        Power = new AcpiPowerManagement(_timers, Router.Connect(9), Control, new MachineLock());
        return serial.Map(Ports)
            && new Pit8254(_timers, Router.Connect(0), new MachineLock()).Map(Ports)
            && new RealTimeClock(_timers, _wall, Router.Connect(8), new MachineLock()).Map(Ports)
            && new KeyboardController(Router.Connect(1), Router.Connect(12), Control, new MachineLock()).Map(Ports)
            && Power.Map(Ports);
    }
}
