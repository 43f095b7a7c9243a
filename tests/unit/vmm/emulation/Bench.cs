// A virtual CPU with a megabyte of memory, a device at 0xd0000000 and one behind ports, in any mode.
using System;
using Kilonova.Abi;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

internal sealed class Bench
{
    public const uint Device = 0xd000_0000;
    public const uint Code = 0x1000;
    public const uint Tables = 0x8_0000;

    private const uint CodeRights = SegmentAccessRights.Present | SegmentAccessRights.CodeOrData | 0xb;
    private const uint DataRights = SegmentAccessRights.Present | SegmentAccessRights.CodeOrData | 3;

    public Bench(int bitness)
    {
        Assert.True(Memory.Add(0, new ArrayBacking(Bytes)));
        Assert.True(Mmio.Map(Device, 0x1000, Registers));
        Assert.True(Ports.Map(0x80, 16, PortRegisters));
        Emulator = new Emulator(Memory, Mmio, Ports, new PageWalker(Memory));
        Cpu.Reset();
        Cpu.Rip = Code;
        Cpu.Cr0 = bitness == 16 ? 0 : Cr0.ProtectionEnable;
        Cpu.Cr4 = Cr4.OsFxsr;
        uint big = bitness == 32 ? SegmentAccessRights.Big | SegmentAccessRights.Granularity : 0;
        uint limit = bitness == 16 ? 0xffff : uint.MaxValue;
        for (int i = 0; i <= (int)SegmentRegister.Gs; i++)
            Cpu.Segments[i] = new Segment(0x10, 0, limit, DataRights | big);
        Segment(SegmentRegister.Cs) = new Segment(8, 0, limit, CodeRights | (bitness == 64 ? SegmentAccessRights.Long : big));
        Cpu.Gpr[4] = 0x9000;
        if (bitness == 64)
        {
            Cpu.Efer = Efer.LongModeEnable | Efer.LongModeActive;
            Cpu.Cr4 |= Cr4.PhysicalAddressExtension;
        }
    }

    public byte[] Bytes { get; } = new byte[0x10_0000];

    public GuestMemory Memory { get; } = new();

    public MmioBus Mmio { get; } = new(new HostLock());

    public PortBus Ports { get; } = new(new HostLock());

    public RecordingDevice Registers { get; } = new();

    public RecordingDevice PortRegisters { get; } = new();

    public CpuState Cpu { get; } = new();

    public Emulator Emulator { get; }

    public ref Segment Segment(SegmentRegister register) => ref Cpu.Segments[(int)register];

    public EmulationStatus Run(params byte[] instruction) => Run(default, instruction);

    public EmulationStatus Run(AccessHint hint, params byte[] instruction)
    {
        instruction.CopyTo(Bytes, (int)(Cpu.Segments[(int)SegmentRegister.Cs].Base + Cpu.Rip));
        return Emulator.Execute(Cpu, hint);
    }

    public void Done(params byte[] instruction)
    {
        ulong next = Cpu.Rip + (ulong)instruction.Length;
        Assert.Equal(EmulationStatus.Done, Run(instruction));
        Assert.Equal(next, Cpu.Rip);
    }

    public void Faults(byte vector, uint? errorCode, params byte[] instruction)
    {
        ulong rip = Cpu.Rip;
        Assert.Equal(EmulationStatus.Fault, Run(instruction));
        Assert.Equal(vector, Emulator.FaultVector);
        Assert.Equal(errorCode is not null, Emulator.FaultHasErrorCode);
        Assert.Equal(errorCode ?? 0, Emulator.FaultErrorCode);
        Assert.Equal(rip, Cpu.Rip);
    }

    public void Put(ulong address, int size, ulong value) => Assert.True(Memory.TryStore(address, size, value));

    public ulong Get(ulong address, int size)
    {
        Assert.True(Memory.TryLoad(address, size, out ulong value));
        return value;
    }
}
