using Kilonova.Vmm.Models;
using Kilonova.Vmm.Policy;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class VirtualCpuTests : IKick, IWallClock
{
    private readonly FakeClock _clock = new();
    private readonly ApicBus _bus = new();
    private readonly Pic8259Pair _pic;
    private readonly VirtualCpu _boot;
    private readonly VirtualCpu _other;
    private int _kicks;

    public VirtualCpuTests()
    {
        LocalApic boot = Apic(0);
        _pic = new Pic8259Pair(new InterruptLine(new LocalInterruptSink(boot), 0), new HostLock());
        _boot = new VirtualCpu(boot, _pic);
        _other = new VirtualCpu(Apic(1), null);
        boot.WriteMmio(0xf0, 4, 0x1ff);
    }

    long IWallClock.SecondsAtStart => 1_700_000_000;

    void IKick.Kick() => _kicks++;

    private LocalApic Apic(uint id) =>
        new(id, _bus, _clock.Queue(), new TimestampCounter(_clock, new Frequency(3_000_000_000)), this, id == 0);

    private EntryPlan Plan(VirtualCpu cpu, bool eventPending = false, bool blocked = false) => cpu.PlanEntry(eventPending, blocked);

    [Fact]
    public void The_bootstrap_processor_runs_from_the_reset_vector_and_the_others_wait()
    {
        Assert.True(Plan(_boot).Enter);
        Assert.Equal(0xfff0ul, _boot.State.Rip);
        Assert.Equal(0xffff_0000ul, _boot.State.Segments[(int)SegmentRegister.Cs].Base);
        Assert.False(Plan(_other).Enter);
    }

    [Fact]
    public void Init_and_start_up_bring_a_processor_to_its_page()
    {
        _bus.Deliver(new ApicMessage { Destination = 1, Mode = DeliveryMode.StartUp, Vector = 0x12 });
        _bus.Deliver(new ApicMessage { Destination = 1, Mode = DeliveryMode.Init });
        _bus.Deliver(new ApicMessage { Destination = 1, Mode = DeliveryMode.StartUp, Vector = 0x9a });
        Assert.Equal(3, _kicks);
        EntryPlan plan = Plan(_other);
        Assert.True(plan.Enter && plan.StateChanged);
        Assert.Equal(0x9_a000ul, _other.State.Segments[(int)SegmentRegister.Cs].Base);
        Assert.Equal(0x9a00, _other.State.Segments[(int)SegmentRegister.Cs].Selector);
        Assert.Equal(0ul, _other.State.Rip);
        _bus.Deliver(new ApicMessage { Destination = 1, Mode = DeliveryMode.StartUp, Vector = 0x55 });
        Assert.False(Plan(_other).StateChanged);
    }

    [Fact]
    public void A_halted_processor_sleeps_until_an_interrupt_that_it_accepts()
    {
        _boot.State.Rflags |= Rflags.Interrupt;
        _boot.Halt();
        Assert.False(Plan(_boot).Enter);
        _bus.Send(0xfee0_0000, 0x41);
        EntryPlan plan = Plan(_boot);
        Assert.True(plan.Enter);
        Assert.Equal((Injection.Interrupt, 0x41), (plan.Injection, plan.Vector));
        Assert.Equal(CpuActivity.Running, _boot.Activity);

        _boot.State.Rflags &= ~Rflags.Interrupt;
        _boot.Halt();
        _bus.Send(0xfee0_0000, 0x91);
        Assert.False(Plan(_boot).Enter);
        _bus.Deliver(new ApicMessage { Destination = 0, Mode = DeliveryMode.NonMaskable });
        plan = Plan(_boot);
        Assert.Equal(Injection.NonMaskable, plan.Injection);
    }

    [Fact]
    public void Interrupts_wait_for_their_window()
    {
        _bus.Send(0xfee0_0000, 0x41);
        EntryPlan plan = Plan(_boot);
        Assert.True(plan.Enter && plan.WantsInterruptWindow && plan.Injection == Injection.None);
        _boot.State.Rflags |= Rflags.Interrupt;
        _boot.State.InterruptShadow = true;
        Assert.True(Plan(_boot).WantsInterruptWindow);
        _boot.State.InterruptShadow = false;
        Assert.True(Plan(_boot, eventPending: true).WantsInterruptWindow);
        Assert.Equal(0x41, Plan(_boot).Vector);
    }

    [Fact]
    public void An_nmi_goes_first_and_waits_for_the_previous_one()
    {
        _boot.State.Rflags |= Rflags.Interrupt;
        _bus.Send(0xfee0_0000, 0x41);
        _bus.Deliver(new ApicMessage { Destination = 0, Mode = DeliveryMode.NonMaskable });
        EntryPlan plan = Plan(_boot, blocked: true);
        Assert.True(plan.WantsNonMaskableWindow);
        Assert.Equal(Injection.Interrupt, plan.Injection);
        _bus.Send(0xfee0_0000, 0x91);
        plan = Plan(_boot);
        Assert.Equal(Injection.NonMaskable, plan.Injection);
        Assert.True(plan.WantsInterruptWindow);
    }

    [Fact]
    public void The_8259_pair_is_acknowledged_when_its_interrupt_is_injected()
    {
        var bus = new PortBus(new HostLock());
        Assert.True(_pic.Map(bus));
        foreach ((ushort port, uint value) in new (ushort, uint)[] { (0x20, 0x11), (0x21, 0x08), (0x21, 4), (0x21, 1), (0x21, 0) })
            bus.Write(port, 1, value);
        _boot.Apic.EnableVirtualWire();
        _boot.State.Rflags |= Rflags.Interrupt;
        _pic.SetLine(0, true);
        Assert.Equal(1, _kicks);
        EntryPlan plan = Plan(_boot);
        Assert.Equal((Injection.Interrupt, 8), (plan.Injection, plan.Vector));
        Assert.Equal(Injection.None, Plan(_boot).Injection);
    }

    [Fact]
    public void Registers_of_the_processor_model_answer_or_fault()
    {
        var memory = new GuestMemory();
        memory.Add(0, new ArrayBacking(new byte[0x2000]));
        var timestamp = new TimestampCounter(_clock, new Frequency(3_000_000_000));
        var clock = new ParavirtualClock(memory, _clock, this, timestamp);
        var msrs = new MsrPolicy(_boot.Apic, timestamp, clock, isAmd: false);
        Assert.True(msrs.TryRead(0x1b, out ulong value) && value == 0xfee0_0900);
        Assert.False(msrs.TryWrite(0x1b, 0x400));
        Assert.True(msrs.TryWrite(0x10, 1000));
        _clock.Advance(1000);
        Assert.True(msrs.TryRead(0x10, out value) && value == 4000);
        Assert.True(msrs.TryRead(0x3b, out value) && value == 1000);
        Assert.False(msrs.TryWrite(0x277, 2));
        Assert.False(msrs.TryWrite(0x2ff, 3));
        Assert.True(msrs.TryWrite(0x200, 0x1234_5006) && msrs.TryRead(0x200, out value) && value == 0x1234_5006);
        Assert.True(msrs.TryWrite(0x26f, 7) && msrs.TryRead(0x26f, out value) && value == 7);
        Assert.False(msrs.TryRead(0x270, out _));
        Assert.False(msrs.TryRead(0xc001_0015, out _));
        Assert.False(msrs.TryRead(0x808, out _));
        Assert.False(msrs.TryRead(0xdead, out _));
        Assert.False(msrs.TryWrite(0x4b56_4d01, 0x1_0000_0001));
    }

    [Theory]
    [InlineData(1_000_000_000ul)]
    [InlineData(2_500_000_000ul)]
    [InlineData(3_187_654_321ul)]
    [InlineData(800_000_000ul)]
    public void The_paravirtual_clock_yields_the_machines_time(ulong hertz)
    {
        var memory = new GuestMemory();
        memory.Add(0, new ArrayBacking(new byte[0x2000]));
        var timestamp = new TimestampCounter(_clock, new Frequency(hertz)) { Adjust = 77 };
        var clock = new ParavirtualClock(memory, _clock, this, timestamp);
        _clock.Advance(123_456_789);
        Assert.True(clock.TrySetSystemTime(0x1001));
        Assert.True(clock.TrySetWallClock(0x100));
        Assert.True(memory.TryLoad(0x104, 4, out ulong seconds) && seconds == 1_700_000_000);
        Assert.True(memory.TryLoad(0x1000, 4, out ulong version) && version == 2);
        memory.TryLoad(0x1008, 8, out ulong then);
        memory.TryLoad(0x1010, 8, out ulong time);
        memory.TryLoad(0x1018, 4, out ulong multiplier);
        memory.TryLoad(0x101c, 1, out ulong shift);
        Assert.Equal(123_456_789ul, time);
        // A guest computes an hour later.
        _clock.Advance(3_600_000_000_000);
        ulong ticks = timestamp.Value - then;
        ticks = (sbyte)shift < 0 ? ticks >> -(sbyte)shift : ticks << (sbyte)shift;
        ulong now = time + (ulong)(((System.UInt128)ticks * multiplier) >> 32);
        Assert.InRange((double)now, _clock.Now - 2000.0, _clock.Now + 2000.0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cpuid_shows_known_features_only(bool amd)
    {
        var host = new Processor { Amd = amd };
        var settings = new CpuidSettings { ApicId = 2, Cpus = 4, TimestampHertz = 2_000_000_000, PhysicalAddressBits = 40 };
        var policy = new CpuidPolicy(host, settings);
        Assert.Equal(amd, policy.IsAmd);
        policy.Read(1, 0, 0, 0, out CpuidLeaf leaf);
        Assert.Equal(2u, leaf.Ebx >> 24);
        Assert.NotEqual(0u, leaf.Ecx & (1u << 31));
        Assert.NotEqual(0u, leaf.Ecx & (1 << 21));
        // No VMX, no monitor, no XSAVE, no AVX, no machine checks.
        Assert.Equal(0u, leaf.Ecx & ((1 << 5) | (1 << 3) | (1 << 26) | (1 << 27) | (1 << 28)));
        Assert.Equal(0u, leaf.Edx & ((1 << 7) | (1 << 14)));
        policy.Read(0x8000_0001, 0, 0, 0, out leaf);
        Assert.Equal(0u, leaf.Ecx & 4);
        Assert.NotEqual(0u, leaf.Edx & (1 << 29));
        policy.Read(0xb, 1, 0, 0, out leaf);
        Assert.Equal((2u, 4u, 2u), (leaf.Eax, leaf.Ebx, leaf.Edx));
        policy.Read(0x4000_0000, 0, 0, 0, out leaf);
        Assert.Equal(0x4b4d_564bu, leaf.Ebx);
        policy.Read(0x4000_0010, 0, 0, 0, out leaf);
        Assert.Equal(2_000_000u, leaf.Eax);
        policy.Read(0x8000_0008, 0, 0, 0, out leaf);
        Assert.Equal(40u, leaf.Eax & 0xff);
        policy.Read(0x7777, 0, 0, 0, out leaf);
        policy.Read(0x16, 0, 0, 0, out CpuidLeaf last);
        Assert.Equal(amd ? 0 : last.Eax, leaf.Eax);
    }

    [Fact]
    public void Extended_states_bring_their_features_and_sizes()
    {
        var policy = new CpuidPolicy(new Processor(), new CpuidSettings { Cpus = 1, ExtendedStates = 7, TimestampHertz = 1_000_000_000 });
        policy.Read(1, 0, Cr4.OsXsave, 7, out CpuidLeaf leaf);
        Assert.Equal(7u << 26, leaf.Ecx & (7u << 26));
        policy.Read(0xd, 0, 0, 7, out leaf);
        Assert.Equal((7u, 832u, 832u), (leaf.Eax, leaf.Ebx, leaf.Ecx));
        policy.Read(0xd, 0, 0, 1, out leaf);
        Assert.Equal(576u, leaf.Ebx);
    }

    private sealed class Processor : ICpuid
    {
        public bool Amd { get; init; }

        public CpuidLeaf Read(uint leaf, uint subleaf)
        {
            if (leaf == 0)
                return new CpuidLeaf { Eax = 0x1f, Ebx = Amd ? 0x6874_7541u : 0x756e_6547u };
            if (leaf == 0x8000_0000)
                return new CpuidLeaf { Eax = 0x8000_001f };
            if (leaf == 0xd && subleaf == 2)
                return new CpuidLeaf { Eax = 256, Ebx = 576 };
            if (leaf == 4 && subleaf > 2)
                return default;
            return new CpuidLeaf { Eax = uint.MaxValue, Ebx = uint.MaxValue, Ecx = uint.MaxValue, Edx = uint.MaxValue };
        }
    }
}
