// The virtual CPUs of a machine: their local APICs, what answers to their exits, and their threads.
using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Exits;
using Kilonova.Vmm.Models;
using Kilonova.Vmm.Policy;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Monitors;

/// <summary>What the virtual CPUs see of their machine.</summary>
internal sealed class MachineParts
{
    /// <summary>Guest memory.</summary>
    internal GuestMemory Memory { get; init; } = null!;

    /// <summary>Ports.</summary>
    internal PortBus Ports { get; init; } = null!;

    /// <summary>Registers in memory.</summary>
    internal MmioBus Mmio { get; init; } = null!;

    /// <summary>Where interrupts between virtual CPUs go.</summary>
    internal ApicBus Apics { get; init; } = null!;

    /// <summary>Guest time.</summary>
    internal MachineClock Clock { get; init; } = null!;

    /// <summary>The time of day.</summary>
    internal MachineWallClock Wall { get; init; } = null!;

    /// <summary>What the guest asks of the machine as a whole.</summary>
    internal MachineControl Control { get; init; } = null!;
}

/// <summary>As many as the component's line says, on its CPUs in turn.</summary>
internal sealed class VirtualCpus
{
    private const int MaxPhysicalBits = 46;

    // Where the loaders put it.
    private const int DescriptorTable = 0x500;
    private const int DescriptorTableLimit = 0x1f;

    private readonly MachineParts _parts;
    private readonly VirtualizationKind _kind;
    private readonly HostCpuid _cpuid = new();
    private readonly VirtualCpuContext[] _contexts;
    private readonly Kicks[] _kicks;
    private readonly LocalApic[] _local;
    private readonly TimestampCounter[] _timestamps;

    // Selectors of the virtual CPUs that were started.
    private readonly ulong[] _started;

    /// <summary>Makes the local APICs. <see cref="Complete"/> makes the rest, when there is what the APICs are wired to.</summary>
    internal VirtualCpus(MachineParts parts)
    {
        var cpus = Component.Information.VirtualCpus;
        _parts = parts;
        _kind = (Component.Information.Features & PlatformFeatures.SVM) != 0 ? VirtualizationKind.Svm : VirtualizationKind.Vmx;
        Processors = new VirtualProcessor[cpus];
        _contexts = new VirtualCpuContext[cpus];
        _kicks = new Kicks[cpus];
        _local = new LocalApic[cpus];
        _timestamps = new TimestampCounter[cpus];
        _started = new ulong[cpus];
        for (var i = 0u; i < cpus; i++)
            AddLocalApic(i);
    }

    /// <summary>The virtual CPUs, by number.</summary>
    internal static VirtualProcessor[] Processors { get; private set; } = null!;

    /// <summary>The extension that runs them.</summary>
    internal VirtualizationKind Kind => _kind;

    /// <summary>The local APIC of the one that boots.</summary>
    internal LocalApic Boot => _local[0];

    /// <summary>Makes the virtual CPUs.</summary>
    /// <param name="pic">What the first one's external interrupts come from; null for a machine without.</param>
    internal void Complete(Pic8259Pair? pic)
    {
        for (var i = 0u; i < Processors.Length; i++)
            AddProcessor(i, i == 0 ? pic : null);

        Processors[0].DescriptorTable = (DescriptorTable, DescriptorTableLimit);
    }

    /// <summary>Lets them run.</summary>
    internal void Start()
    {
        var descriptor = SchedulingDescriptor.Slice(Component.Information.Priority, Life.SliceMilliseconds);
        for (var i = 0; i < _contexts.Length; i++)
            _started[i] = _contexts[i].Start(descriptor);
    }

    /// <summary>Lets all stand still, or go on.</summary>
    internal static void Pause(bool paused)
    {
        foreach (var processor in Processors)
            processor.IsPaused = paused;
    }

    /// <summary>Ticks of the system time counter that a virtual CPU has used, with what answered to its exits.</summary>
    internal ulong TimeOf(int number) => Component.Parent.ReadTime(_started[number], out var ticks) == ContractStatus.Ok ? ticks : 0;

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

    private static void Report(ReadOnlySpan<byte> name, in SegmentState segment) =>
        Log.Write($"{name} {segment.Selector:x} rights {segment.AccessRights:x} limit {segment.Limit:x} base {segment.Base:x}");

    private void AddLocalApic(uint number)
    {
        var cpu = ComponentThreads.CpuOf(number);
        var context = new VirtualCpuContext(number, cpu);
        ExitPortals.Bind(context, _kind);
        _contexts[number] = context;
        _kicks[number] = new Kicks();
        _timestamps[number] = new TimestampCounter(_parts.Clock, new Frequency(Component.Information.StcFrequency), _parts.Clock.Start);
        _local[number] = new LocalApic(
            number,
            _parts.Apics,
            AlarmThread.Of(cpu, _parts.Clock).NewQueue(),
            _timestamps[number],
            _kicks[number],
            isBootstrap: number == 0)
        {
            Memory = _parts.Memory,
        };
    }

    private void AddProcessor(uint number, Pic8259Pair? pic)
    {
        var cpu = new VirtualCpu(_local[number], pic);
        var host = _cpuid.Read(0x8000_0008, 0).Eax & 0xff;
        var addressBits = (int)Math.Min(host, MaxPhysicalBits);
        var walker = new PageWalker(_parts.Memory, addressBits);
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
        var clock = new ParavirtualClock(_parts.Memory, _parts.Clock, _parts.Wall, _timestamps[number]);
        var processor = new VirtualProcessor(
            new ProcessorParts
            {
                Cpu = cpu,
                Emulator = new Emulator(_parts.Memory, _parts.Mmio, _parts.Ports, walker),
                Walker = walker,
                Cpuid = policy,
                Msrs = new MsrPolicy(_local[number], _timestamps[number], clock, policy.IsAmd),
                Ports = _parts.Ports,
                Machine = _parts.Control,
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

    // A local APIC is made before the virtual CPU that it kicks.
    private sealed class Kicks : IKick
    {
        internal IKick? Target { get; set; }

        public void Kick() => Target?.Kick();
    }
}
