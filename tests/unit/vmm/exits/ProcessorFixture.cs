using System;
using System.Collections.Generic;
using System.Text;
using Kilonova.Abi;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Exits;
using Kilonova.Vmm.Models;
using Kilonova.Vmm.Policy;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>A virtual CPU as the kernel sees it, in a machine with a port device, a memory-mapped one, and 1 MiB of memory.</summary>
public abstract class ProcessorFixture : IVirtualCpuHost, IMachineControl, IPortDevice, IWallClock, ICpuid, IMmioDevice
{
    private protected const uint ValidInterrupt = InterruptionInfo.Valid;
    private protected const uint ProtectionFault = ValidInterrupt | InterruptionInfo.ErrorCode | (3 << 8) | 13;
    private protected const ulong Mmio = 0x1_0000_0000;

    private protected readonly FakeClock _clock = new();
    private protected readonly ApicBus _bus = new();
    private protected readonly GuestMemory _memory = new();
    private protected readonly MmioBus _mmio = new(new HostLock());
    private protected readonly List<string> _calls = [];
    private readonly Relay _relay = new();
    private readonly CpuidLeaf _vendor;
    private protected readonly VirtualProcessor _cpu;
    private protected readonly LocalApic _apic;
    private protected Action? _onSleep;

    // How often the emulator was asked.
    private protected int _emulated;
    private protected ArchitecturalState _state;

    private protected ProcessorFixture(VirtualizationKind kind, uint number)
    {
        bool isAmd = kind == VirtualizationKind.Svm;
        _vendor = isAmd
            ? new CpuidLeaf { Eax = 0xd, Ebx = 0x6874_7541, Ecx = 0x444d_4163, Edx = 0x6974_6e65 }
            : new CpuidLeaf { Eax = 0xd, Ebx = 0x756e_6547, Ecx = 0x6c65_746e, Edx = 0x4965_6e69 };
        var ports = new PortBus(new HostLock());
        Assert.True(ports.Map(0x10, 8, this) && _mmio.Map(Mmio, 0x1000, this) && _memory.Add(0, new ArrayBacking(new byte[0x10_0000])));
        var timestamp = new TimestampCounter(_clock, new Frequency(1_000_000_000), 5000);
        _apic = new LocalApic(number, _bus, _clock.Queue(), timestamp, _relay, number == 0);
        var walker = new PageWalker(_memory);
        var clock = new ParavirtualClock(_memory, _clock, this, timestamp);
        _cpu = new VirtualProcessor(
            new ProcessorParts
            {
                Cpu = new VirtualCpu(_apic, null),
                Emulator = new Emulator(_memory, _mmio, ports, walker),
                Walker = walker,
                Cpuid = new CpuidPolicy(this, new CpuidSettings { Cpus = 1, TimestampHertz = 1_000_000_000, PhysicalAddressBits = 40 }),
                Msrs = new MsrPolicy(_apic, timestamp, clock, isAmd),
                Ports = ports,
                Machine = this,
                Kind = kind,
            },
            this)
        { Spaces = (7, 8, 9), DescriptorTable = (0x500, 0x1f) };
        _cpu.UpdateLocalDevice();
        _relay.Target = _cpu;
        _state.RIP = 0x1000;
        _state.RFLAGS = Rflags.Fixed | Rflags.Interrupt;
        _apic.WriteMmio(0xf0, 4, 0x1ff);
    }

    void IVirtualCpuHost.Recall() => _calls.Add("recall");

    Mtd IVirtualCpuHost.Emulate(ref ArchitecturalState state)
    {
        _emulated++;
        return _cpu.EmulateMemory(ref state);
    }

    void IVirtualCpuHost.Wake() => _calls.Add("wake");

    void IVirtualCpuHost.Report(ReadOnlySpan<byte> reason, in ArchitecturalState state) =>
        _calls.Add($"{Encoding.ASCII.GetString(reason)} at {state.RIP:x}");

    void IVirtualCpuHost.TransferAll(bool all) => _calls.Add(all ? "all" : "lean");

    void IMachineControl.Request(MachineRequest request)
    {
        _calls.Add($"{request}");
        _onSleep = () => throw new OperationCanceledException();
    }

    uint IPortDevice.ReadPort(ushort port, int size) => 0x1234_5678;

    void IPortDevice.WritePort(ushort port, int size, uint value)
    {
        _calls.Add($"out {port:x} {size} {value:x}");
        if (port == 0x17)
            Interrupt(0x40);
    }

    ulong IMmioDevice.ReadMmio(ulong offset, int size) => 0x55;

    void IMmioDevice.WriteMmio(ulong offset, int size, ulong value) => _calls.Add($"mmio {offset:x} {size} {value:x}");

    long IWallClock.SecondsAtStart => 0;

    CpuidLeaf ICpuid.Read(uint leaf, uint subleaf) => leaf switch
    {
        0 => _vendor,
        1 => new CpuidLeaf { Ecx = uint.MaxValue, Edx = uint.MaxValue },
        7 => new CpuidLeaf { Ebx = uint.MaxValue, Ecx = uint.MaxValue },
        0x8000_0000 => new CpuidLeaf { Eax = 0x8000_0008 },
        _ => default,
    };

    void IVirtualCpuHost.Sleep()
    {
        _calls.Add("sleep");
        Assert.NotNull(_onSleep);
        _onSleep();
    }

    private protected void Interrupt(byte vector) => _bus.Deliver(new ApicMessage { Destination = _apic.Id, Mode = DeliveryMode.Fixed, Vector = vector });

    // 32-bit code in flat segments without paging.
    private protected void Flat()
    {
        const ushort Data = (ushort)(SegmentAccessRights.Present | SegmentAccessRights.CodeOrData | SegmentAccessRights.Big | 3);
        foreach (ref SegmentState segment in System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref _state.CS, 6))
            segment = new SegmentState { Selector = 8, AccessRights = Data, Limit = uint.MaxValue };
        _state.CS.AccessRights |= 0xb;
        _state.CR0 = 1;
    }

    private sealed class Relay : IKick
    {
        public IKick? Target { get; set; }

        public void Kick() => Target?.Kick();
    }
}
