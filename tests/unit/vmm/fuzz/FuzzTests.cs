using System;
using System.Diagnostics;
using Kilonova.Abi;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Models;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>
/// A guest that does everything wrong. Whatever it does, models and emulator end no thread, take no lock twice, allocate nothing more
/// and come to an end. Each test runs for a bounded time from a seed that it names when it fails.
/// </summary>
public sealed class FuzzTests : IKick, IMachineControl, IWallClock, ISerialSink
{
    // Steps until everything has been used that is made at first use.
    private const int Warm = 5_000;

    // A collection that another test causes counts what is left of the piece from which this thread allocates, some 8 KiB, as allocated. One
    // object every hundred steps would be more than this.
    private const long Tolerated = 64 << 10;

    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(2);

    private readonly FakeClock _clock = new();
    private readonly PortBus _ports = new(new HostLock());
    private readonly MmioBus _mmio = new(new HostLock());
    private readonly GuestMemory _memory = new();
    private readonly byte[] _ram = new byte[0x10_0000];

    long IWallClock.SecondsAtStart => 0;

    void IKick.Kick()
    {
    }

    void IMachineControl.Request(MachineRequest request)
    {
    }

    void ISerialSink.Transmit(byte value)
    {
    }

    private sealed class Device : PciFunction
    {
        public Device()
            : base(1, 2, 0, 0, new HostLock())
        {
            DeclareMemory(0, 0x1000, new RecordingDevice { Silent = true });
            DeclarePorts(1, 0x20, new RecordingDevice { Silent = true });
            DeclareMemory(2, 0x1_0000, new RecordingDevice { Silent = true }, is64Bit: true);
            UseInterruptPin(10);
        }

        public void Toggle(bool level) => SetInterrupt(level);
    }

    [Fact]
    public void A_machine_survives_random_accesses_to_all_its_devices()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        var bus = new ApicBus();
        var ioApic = new IoApic(bus, new HostLock());
        bus.Attach(ioApic);
        var first = new LocalApic(0, bus, _clock.Queue(), new TimestampCounter(_clock, new Frequency(2_000_000_000)), this, true);
        var second = new LocalApic(1, bus, _clock.Queue(), new TimestampCounter(_clock, new Frequency(2_000_000_000)), this, false);
        var pic = new Pic8259Pair(new InterruptLine(new LocalInterruptSink(first), 0), new HostLock());
        var router = new InterruptRouter(pic, ioApic, new HostLock());
        TimerQueue timers = _clock.Queue();
        var pci = new PciHost(_ports, _mmio, bus, router, new HostLock());
        var device = new Device();
        Assert.True(pci.Map(_ports, _mmio) && pci.Plug(new PciAddress(1, 0), device) && ioApic.Map(_mmio) && pic.Map(_ports));
        Assert.True(new Pit8254(timers, router.Connect(0), new HostLock()).Map(_ports));
        Assert.True(new RealTimeClock(timers, this, router.Connect(8), new HostLock()).Map(_ports));
        Assert.True(new AcpiPowerManagement(timers, router.Connect(9), this, new HostLock()).Map(_ports));
        Assert.True(new ResetControl(this).Map(_ports, pci));
        var keyboard = new KeyboardController(router.Connect(1), router.Connect(12), this, new HostLock());
        var uart = new Uart16550(0x3f8, router.Connect(4), this, new HostLock());
        Assert.True(keyboard.Map(_ports) && uart.Map(_ports));
        var cpus = new[] { new VirtualCpu(first, pic), new VirtualCpu(second, null) };
        ushort[] ports =
        [
            0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x70, 0x71, 0x60, 0x64, 0x92, 0xb2, 0xcf8, 0xcf9, 0xcfc,
            0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff, 0x600, 0x602, 0x604, 0x608, 0x620, 0x622,
        ];
        ulong[] memory = [IoApic.Address, IoApic.Address + 0x10, IoApic.Address + 0x40, PciHost.DefaultConfigurationAddress + 0x8000];

        long before = 0;
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; watch.Elapsed < s_budget; i++)
        {
            if (i == Warm)
                before = GC.GetAllocatedBytesForCurrentThread();
            int size = 1 << random.Next(3);
            uint value = (uint)random.NextInt64() >> random.Next(32);
            VirtualCpu cpu = cpus[random.Next(2)];
            try
            {
                switch (random.Next(11))
                {
                    case 0 or 1:
                        _ports.Write(ports[random.Next(ports.Length)], size, value);
                        break;
                    case 2 or 3:
                        _ports.Read(ports[random.Next(ports.Length)], size);
                        break;
                    case 4:
                        _mmio.Write(memory[random.Next(4)] + (ulong)random.Next(0x40), 1 << random.Next(4), value);
                        break;
                    case 5:
                        _mmio.Read(memory[random.Next(4)] + (ulong)random.Next(0x40), 1 << random.Next(4));
                        break;
                    case 6:
                        if (random.Next(100) == 0)
                            cpu.Apic.TrySetBase(0xfee0_0000 | ((ulong)random.Next(4) << 10));
                        cpu.Apic.WriteMmio((ulong)random.Next(0x40) << 4, 4, value);
                        cpu.Apic.ReadMmio((ulong)random.Next(0x400), size);
                        cpu.Apic.TryWriteMsr(0x800 + (uint)random.Next(0x40), value);
                        cpu.Apic.SetDeadline(value);
                        break;
                    case 7:
                        cpu.State.Rflags = value;
                        EntryPlan plan = cpu.PlanEntry(random.Next(8) == 0, random.Next(8) == 0);
                        if (plan.Enter && random.Next(4) == 0)
                            cpu.Halt();
                        break;
                    case 8:
                        _clock.Advance((ulong)random.Next(100_000));
                        break;
                    case 9:
                        router.SetLine(random.Next(24), random.Next(2) == 0);
                        device.Toggle(random.Next(2) == 0);
                        bus.Send(0xfee0_0000 | (value & 0xf_ffff), (uint)random.Next(0x1_0000));
                        break;
                    default:
                        keyboard.TryType((byte)value);
                        keyboard.TryMove(random.Next(-300, 300), random.Next(-300, 300), (byte)value);
                        uart.TryReceive((byte)value);
                        break;
                }
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}, step {i}.", e);
            }
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(before != 0, "The machine was too slow for this test.");
        Assert.True(allocated < Tolerated, $"Seed {seed} allocated {allocated} bytes.");
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    public void The_emulator_survives_random_bytes_in_random_states(int bitness)
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        Assert.True(_memory.Add(0, new ArrayBacking(_ram)));
        Assert.True(_mmio.Map(0x20_0000, 0x1000, new RecordingDevice { Silent = true }));
        var emulator = new Emulator(_memory, _mmio, _ports, new PageWalker(_memory)) { RepeatLimit = 16 };
        var cpu = new CpuState();
        long before = 0;
        int done = 0;
        int steps = 0;
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; watch.Elapsed < s_budget; i++)
        {
            if (i == Warm)
                before = GC.GetAllocatedBytesForCurrentThread();
            steps++;
            Scramble(random, cpu, bitness);
            AccessHint hint = random.Next(4) == 0 ? AccessHint.Memory((ulong)random.Next(0x20_1000), random.Next(2) == 0) : default;
            ulong rip = cpu.Rip;
            EmulationStatus status = emulator.Execute(cpu, hint);
            if (status == EmulationStatus.Done)
                done++;
            if (status is EmulationStatus.Retry or EmulationStatus.Unsupported && cpu.Rip != rip)
                throw new InvalidOperationException($"Seed {seed}, step {i}: nothing done, but the instruction pointer moved.");
        }

        Assert.True(done > 100, $"Seed {seed}: only {done} instructions were executed.");
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        // The host's runtime makes a few objects when code runs for the first time; anything per instruction would be far more.
        Assert.True(allocated < Tolerated && steps > 2 * Warm, $"Seed {seed} allocated {allocated} bytes in {steps} steps.");
    }

    private void Scramble(Random random, CpuState cpu, int bitness)
    {
        cpu.Reset();
        for (int i = 0; i < 16; i++)
        {
            cpu.Gpr[i] = random.Next(3) switch
            {
                0 => (ulong)random.Next(0x20_1000),
                1 => (ulong)random.Next(64),
                _ => (ulong)random.NextInt64(),
            };
        }

        cpu.Rflags = (uint)random.Next(0x4_0000) & ~(uint)(bitness == 64 ? Rflags.Virtual8086 : 0);
        cpu.Cr4 = Cr4.OsFxsr | (uint)random.Next(2) << 4;
        cpu.Cr0 = bitness == 16 ? 0 : Cr0.ProtectionEnable;
        uint rights = SegmentAccessRights.Present | SegmentAccessRights.CodeOrData | (bitness == 32 ? SegmentAccessRights.Big : 0);
        for (int i = 0; i <= (int)SegmentRegister.Gs; i++)
        {
            uint limit = random.Next(4) == 0 ? (uint)random.Next() : uint.MaxValue;
            cpu.Segments[i] = new Segment(8, 0, limit, rights | (uint)random.Next(8) | ((uint)random.Next(2) * 3 << 5));
        }

        uint code = rights | 0xb | (bitness == 64 ? SegmentAccessRights.Long : 0);
        cpu.Segments[(int)SegmentRegister.Cs] = new Segment(8, 0, uint.MaxValue, code);
        if (bitness == 64)
        {
            cpu.Efer = Efer.LongModeEnable | Efer.LongModeActive;
            cpu.Cr4 |= Cr4.PhysicalAddressExtension;
        }

        if (bitness != 16 && random.Next(3) == 0)
        {
            // Page tables of random bytes, or of entries that are likely to lead on.
            cpu.Cr0 |= Cr0.Paging;
            cpu.Cr3 = (ulong)random.Next(0x100) << 12;
        }

        cpu.Rip = (ulong)random.Next(0xff00);
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        if (random.Next(2) == 0)
            bytes[0] = (byte)(random.Next(2) == 0 ? 0x0f : random.Next(0x100) & 0x3b);
        bytes.CopyTo(_ram.AsSpan((int)cpu.Rip));
        for (int i = 0; i < 4; i++)
            _memory.TryStore((ulong)random.Next(0xf_f000) & ~7ul, 8, ((ulong)random.Next(0x101) << 12) | (uint)random.Next(0x200));
    }
}
