// The machine: a PC with serial console, ACPI, PCI, and the disks and networks that its arguments name. docs/vmm/README.md tells how machines are composed.
using System;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Vmm.Acpi;
using Kilonova.Vmm.Boot;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Exits;
using Kilonova.Vmm.Models;
using Kilonova.Vmm.Policy;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Linux;

/// <summary>Everything that the guest has. Made once; a reset machine is a new life of the component.</summary>
internal sealed class Machine
{
    private const ulong LowMemoryEnd = 0xc000_0000;
    private const ulong HighMemory = 0x1_0000_0000;
    private const uint PciWindow = 0xc000_0000;
    private const uint PciWindowLast = 0xdfff_ffff;
    private const int DescriptorTable = 0x500;
    private const int DescriptorTableLimit = 0x1f;
    private const int MaxPhysicalBits = 46;

    // Where an ICH9 has them.
    private const int LegacySlot = 31;
    private const int AhciFunction = 2;

    private const int FirstNicSlot = 3;

    private readonly MachineClock _clock = new();
    private readonly GuestMemory _memory = new();
    private readonly PortBus _ports = new(new MachineLock());
    private readonly MmioBus _mmio = new(new MachineLock());
    private readonly ApicBus _apics = new();
    private readonly VirtualizationKind _kind;
    private readonly HostCpuid _cpuid = new();
    private readonly MachineControl _control = new();
    private readonly MachineWallClock _wall;
    private readonly VirtualCpuContext[] _contexts;
    private readonly Kicks[] _kicks;
    private readonly LocalApic[] _local;
    private readonly TimestampCounter[] _timestamps;
    private readonly TimerQueue _timers;

    internal Machine()
    {
        var cpus = Component.Information.VirtualCpus;
        _kind = (Component.Information.Features & PlatformFeatures.SVM) != 0 ? VirtualizationKind.Svm : VirtualizationKind.Vmx;
        Processors = new VirtualProcessor[cpus];
        Console = new SerialConsole();
        _wall = new MachineWallClock(_clock);
        _contexts = new VirtualCpuContext[cpus];
        _kicks = new Kicks[cpus];
        _local = new LocalApic[cpus];
        _timestamps = new TimestampCounter[cpus];
        _timers = AlarmThread.Of(Component.Information.Cpu, _clock).NewQueue();
        AddMemory();
        for (var i = 0u; i < cpus; i++)
            AddLocalApic(i);

        AddModels();
        for (var i = 0u; i < cpus; i++)
            AddProcessor(i);
    }

    /// <summary>The virtual CPUs, by number.</summary>
    internal static VirtualProcessor[] Processors { get; private set; } = null!;

    /// <summary>What the guest asks of the machine as a whole.</summary>
    internal MachineControl Control => _control;

    /// <summary>The guest's console.</summary>
    internal static SerialConsole Console { get; private set; } = null!;

    private Pic8259Pair? Pic { get; set; }

    /// <summary>Where a guest-physical address of memory lies in the guest's dataspace.</summary>
    internal static ulong OffsetOf(ulong address) => address < LowMemoryEnd ? address : address - HighMemory + LowMemoryEnd;

    /// <summary>Loads what the guest boots.</summary>
    internal LoadStatus Load()
    {
        var boot = Processors[0].Cpu;
        var settings = new AcpiSettings
        {
            Cpus = Processors.Length,
            PowerManagementPort = AcpiPowerManagement.DefaultPort,
            HasPci = true,
            ConfigurationAddress = PciHost.DefaultConfigurationAddress,
            PciWindow = PciWindow,
            PciWindowLast = PciWindowLast,
            HasKeyboard = true,
            HasSerial = true,
        };
        if (!_memory.Write(AcpiTables.DefaultAddress, AcpiTables.Build(settings, AcpiTables.DefaultAddress)))
            return LoadStatus.NoMemory;

        var image = new LinuxImage
        {
            Kernel = GuestImages.Kernel,
            InitialDisk = GuestImages.Disk,
            CommandLine = GuestImages.CommandLine,
            Rsdp = AcpiTables.DefaultAddress,
        };
        var status = LinuxLoader.Load(_memory, boot.State, image);
        if (status == LoadStatus.BadImage)
            status = MultibootLoader.Load(_memory, boot.State, GuestImages.Kernel, GuestImages.Disk, GuestImages.CommandLine);

        boot.Apic.EnableVirtualWire();
        Processors[0].DescriptorTable = (DescriptorTable, DescriptorTableLimit);
        return status;
    }

    /// <summary>Starts timers and virtual CPUs.</summary>
    internal void Start()
    {
        const uint SliceMilliseconds = 10;
        var priority = Component.Information.Priority;
        AlarmThread.StartAll(SchedulingDescriptor.Slice(priority + 1, SliceMilliseconds));
        GuestDisk.StartAll(SchedulingDescriptor.Slice(priority + 1, SliceMilliseconds));
        GuestCounters.Start(_kind, SchedulingDescriptor.Slice(priority, SliceMilliseconds));
        GuestNic.StartAll(SchedulingDescriptor.Slice(priority + 1, SliceMilliseconds));
        foreach (var context in _contexts)
            _ = context.Start(SchedulingDescriptor.Slice(priority, SliceMilliseconds));
    }

    /// <summary>Says where a guest came to its end.</summary>
    internal static void Report(ReadOnlySpan<byte> what, ulong number, in ArchitecturalState state)
    {
        Log.Write($"{what}: virtual CPU {number}, CS {state.CS.Selector:x} RIP {state.RIP:x} RSP {state.RSP:x} RFLAGS {state.RFLAGS:x}");
        Log.Write($"CR0 {state.CR0:x} CR2 {state.CR2:x} CR3 {state.CR3:x} CR4 {state.CR4:x} EFER {state.IA32_EFER:x}");
        Log.Write($"qualifications {state.Qualification1:x} {state.Qualification2:x} {state.Qualification3:x}");
        Report("CS"u8, state.CS);
        Report("SS"u8, state.SS);
        Log.Write(
            $"interruptibility {state.Interruptibility:x} activity {state.Activity:x} to deliver {state.InterruptionInfo:x} delivered {state.VectoringInfo:x}");
    }

    private static void Report(ReadOnlySpan<byte> name, in SegmentState segment) =>
        Log.Write($"{name} {segment.Selector:x} rights {segment.AccessRights:x} limit {segment.Limit:x} base {segment.Base:x}");

    /// <summary>Writes to the log how often which event led out of the guest, all virtual CPUs together.</summary>
    internal void ReportExits()
    {
        var all = 0ul;
        for (var number = 0; number < Processors[0].Exits.Length; number++)
        {
            var count = 0ul;
            foreach (var processor in Processors)
                count += processor.Exits[number];

            all += count;
            if (count != 0)
                Log.Write($"{ExitNames.Of((uint)number, _kind)}: {count} exits");
        }

        Log.Write($"{all} exits");
    }

    private void AddMemory()
    {
        var length = GuestImages.MemoryLength;
        var low = Math.Min(length, LowMemoryEnd);
        Require(_memory.Add(0, new GuestBacking(0, low)), "memory"u8);
        Component.Require(GuestImages.Map(0, 0, low), "guest memory"u8);
        if (length == low)
            return;

        Require(_memory.Add(HighMemory, new GuestBacking(low, length - low)), "memory"u8);
        Component.Require(GuestImages.Map(low, HighMemory, length - low), "guest memory"u8);
    }

    private void AddLocalApic(uint number)
    {
        var cpu = ComponentThreads.CpuOf(number);
        var context = new VirtualCpuContext(number, cpu);
        ExitPortals.Bind(context, _kind);
        _contexts[number] = context;
        _kicks[number] = new Kicks();
        _timestamps[number] = new TimestampCounter(_clock, new Frequency(Component.Information.StcFrequency), _clock.Start);
        _local[number] = new LocalApic(
            number, _apics, AlarmThread.Of(cpu, _clock).NewQueue(), _timestamps[number], _kicks[number], isBootstrap: number == 0) { Memory = _memory };
    }

    private void AddModels()
    {
        var ioApic = new IoApic(_apics, new MachineLock());
        _apics.Attach(ioApic);
        Pic = new Pic8259Pair(new InterruptLine(new LocalInterruptSink(_local[0]), 0), new MachineLock());
        var router = new InterruptRouter(Pic, ioApic, new MachineLock());
        var serial = new Uart16550(0x3f8, router.Connect(4), Console, new MachineLock());
        Console.Port = serial;
        var pit = new Pit8254(_timers, router.Connect(0), new MachineLock());
        var rtc = new RealTimeClock(_timers, _wall, router.Connect(8), new MachineLock());
        var keyboard = new KeyboardController(router.Connect(1), router.Connect(12), _control, new MachineLock());
        var power = new AcpiPowerManagement(_timers, router.Connect(9), _control, new MachineLock());
        var reset = new ResetControl(_control);
        var pci = new PciHost(_ports, _mmio, _apics, router, new MachineLock());
        Require(
            ioApic.Map(_mmio) && Pic.Map(_ports) && serial.Map(_ports) && pit.Map(_ports) && rtc.Map(_ports) && keyboard.Map(_ports)
            && power.Map(_ports) && pci.Map(_ports, _mmio) && reset.Map(_ports, pci)
            && pci.Plug(new PciAddress(0, 0), new HostBridgeFunction(PciHost.DefaultConfigurationAddress, new MachineLock()))
            && pci.Plug(new PciAddress(LegacySlot, 0), new IsaBridgeFunction(IsaBridgeFunction.Ich9, new MachineLock()))
            && AddDisks(pci) && AddNics(pci),
            "two models at one place"u8);
    }

    // A controller with as many ports as there are disks; a machine without disks has none.
    private bool AddDisks(PciHost pci)
    {
        var devices = new AtaDevice?[GuestDisk.MaxDisks];
        var count = 0;
        var arguments = Component.Arguments;
        while (DeviceWord.TryTake(ref arguments, "disk"u8, out var word))
        {
            var disk = GuestDisk.TryOpen(word, _memory);
            if (disk == null)
                Component.Exit(Program.AgainPlease);

            devices[count++] = new AtaDisk(disk!.Disk, new DiskIdentity { Model = "Kilonova disk", Serial = disk.Name, Firmware = "1" });
        }

        return count == 0 || pci.Plug(
            new PciAddress(LegacySlot, AhciFunction), new AhciController(_memory, devices, new MachineLock(), hasIndexPorts: false));
    }

    private bool AddNics(PciHost pci)
    {
        var arguments = Component.Arguments;
        var count = GuestNic.Count(arguments);
        for (var slot = FirstNicSlot; DeviceWord.TryTake(ref arguments, "net"u8, out var word); slot++)
        {
            var nic = GuestNic.TryMake(word, count, _memory, _clock, _apics);
            if (nic == null)
                Component.Exit(Program.AgainPlease);

            if (!pci.Plug(new PciAddress(slot, 0), nic!))
                return false;
        }

        return true;
    }

    private void AddProcessor(uint number)
    {
        var cpu = new VirtualCpu(_local[number], number == 0 ? Pic : null);
        var host = _cpuid.Read(0x8000_0008, 0).Eax & 0xff;
        var addressBits = (int)Math.Min(host, MaxPhysicalBits);
        var walker = new PageWalker(_memory, addressBits);
        var settings = new CpuidSettings
        {
            ApicId = number,
            Cpus = (uint)Processors.Length,
            TimestampHertz = Component.Information.StcFrequency,
            PhysicalAddressBits = addressBits,
            ParavirtualEnd = true,
            HugePages = (_cpuid.Read(0x8000_0001, 0).Edx & (1 << 26)) != 0,

            // On Intel's processors the kernel keeps CR4.LA57 to itself.
            WideAddresses = _kind == VirtualizationKind.Svm,
        };
        var policy = new CpuidPolicy(_cpuid, settings);
        var clock = new ParavirtualClock(_memory, _clock, _wall, _timestamps[number]);
        var processor = new VirtualProcessor(
            new ProcessorParts
            {
                Cpu = cpu,
                Emulator = new Emulator(_memory, _mmio, _ports, walker),
                Walker = walker,
                Cpuid = policy,
                Msrs = new MsrPolicy(_local[number], _timestamps[number], clock, policy.IsAmd),
                Ports = _ports,
                Machine = _control,
                Kind = _kind,
            },
            new CpuHost(number, _contexts[number]))
        {
            Spaces = (ComponentSelectors.GuestSpace, ComponentSelectors.GuestPorts, ComponentSelectors.GuestMsrs),
        };
        processor.UpdateLocalDevice();
        _kicks[number].Target = processor;
        Processors[number] = processor;
    }

    private static void Require(bool condition, ReadOnlySpan<byte> what)
    {
        if (!condition)
            Faults.Fail(what);
    }

    // A local APIC is made before the virtual CPU that it kicks.
    private sealed class Kicks : IKick
    {
        internal IKick? Target { get; set; }

        public void Kick() => Target?.Kick();
    }
}
