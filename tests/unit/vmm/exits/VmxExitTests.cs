using System;
using Kilonova.Abi;
using Kilonova.Vmm.Exits;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>A virtual CPU on Intel's processors: qualifications, instruction lengths, and the control registers that are the monitor's.</summary>
public sealed class VmxExitTests : ProcessorFixture
{
    private const int MoveTo = 0 << 4;
    private const int MoveFrom = 1 << 4;
    private const int Clts = 2 << 4;
    private const int LoadStatusWord = 3 << 4;

    public VmxExitTests()
        : base(VirtualizationKind.Vmx, 0)
    {
        _state.InstructionLength = 3;
        Flat();
    }

    [Fact]
    public void Startup_asks_for_what_the_processor_can_do_and_for_the_bits_of_CR4_that_the_guest_does_not_have()
    {
        _ = _cpu.Startup(ref _state);

        Assert.Equal((VmxControls.Primary, VmxControls.Secondary), (_state.Controls1, _state.Controls2));
        Assert.Equal((0ul, 0u), (_state.CR0Intercepts, _state.Activity));
        const ulong Shown = Cr4.PhysicalAddressExtension | Cr4.SupervisorAccessPrevention | Cr4.MachineCheckEnable;
        const ulong Hidden = Cr4.OsXsave | Cr4.LinearAddress57 | (1 << 13) | (1 << 22) | (1ul << 63);
        Assert.Equal(Hidden, _state.CR4Intercepts & (Shown | Hidden));
    }

    [Theory]
    [InlineData(0x0010_0008ul, 0xffff_ffff_ffff_ff78ul)]
    [InlineData(0x0010_0009ul, 0xffff_ffff_ffff_5678ul)]
    [InlineData(0x0010_000bul, 0x1234_5678ul)]
    [InlineData(0x0010_004bul, 0x1234_5678ul)]
    public void In_fills_as_much_of_the_register_as_it_reads(ulong qualification, ulong expected)
    {
        _state.RAX = ulong.MaxValue;
        _state.Qualification1 = qualification;
        _state.InstructionLength = 2;

        Assert.Equal(Mtd.GPR0_7 | Mtd.RIP, _cpu.PortVmx(ref _state));
        Assert.Equal((expected, 0x1002ul), (_state.RAX, _state.RIP));
    }

    [Fact]
    public void String_forms_under_PAE_paging_take_the_processors_own_entries()
    {
        // rep outsb; the page directory at 0x3000 maps 2 MiB, CR3 names nothing
        Assert.True(_memory.Write(0x1000, [0xf3, 0x6e]) && _memory.Write(0x2000, "hi"u8) && _memory.TryStore(0x3000, 8, 0x83));
        _state.RSI = 0x2000;
        _state.RDX = 0x10;
        _state.RCX = 2;
        _state.Qualification1 = 0x0010_0030;
        Assert.Equal(Mtd.None, _cpu.PortVmx(ref _state));

        (_state.CR0, _state.CR3, _state.CR4, _state.PDPTE0) = (0x8000_0001, 0xf_f000, Cr4.PhysicalAddressExtension, 0x3001);
        Assert.Equal(GuestState.Emulated | Mtd.INJ, _cpu.Recall(ref _state));
        Assert.Equal(["all", "recall", "lean", "out 10 1 68", "out 10 1 69"], _calls);
    }

    [Theory]
    [InlineData(0x182ul)]
    [InlineData(0x183ul)]
    public void A_store_to_a_device_is_executed(ulong qualification)
    {
        // mov [ebx], eax
        Assert.True(_memory.Write(0x1000, [0x89, 0x03]));
        _state.Qualification1 = qualification;
        _state.Qualification3 = 0xfee0_00f0;
        _state.RBX = 0xfee0_00f0;
        _state.RAX = 0x1ff;

        Assert.Equal(GuestState.Emulated, _cpu.MemoryVmx(ref _state));
        Assert.Equal(0x1002ul, _state.RIP);
        Assert.True(_apic.IsEnabled);
    }

    [Theory]
    [InlineData(0x81ul)]
    [InlineData(0x101ul)]
    public void Page_tables_outside_of_memory_end_the_guest_with_a_report(ulong qualification)
    {
        _state.Qualification1 = qualification;
        _state.Qualification3 = 0x8000_0000;

        Assert.Throws<OperationCanceledException>(() => _cpu.MemoryVmx(ref _state));
        Assert.Equal(["a walk or a delivery outside of memory at 1000", "Crash", "sleep"], _calls);
    }

    [Fact]
    public void An_event_that_the_monitor_does_not_expect_ends_the_guest_and_is_named()
    {
        Assert.Throws<OperationCanceledException>(() => _cpu.Stop(ref _state, VmxEvent.EntryFailureState));
        Assert.Equal(["invalid state at 1000", "Crash", "sleep"], _calls);
    }

    [Fact]
    public void A_write_to_CR0_is_remembered_and_moves_on()
    {
        _state.RBX = 0x6000_0021;

        Assert.Equal(Mtd.CR | Mtd.RIP, Access(MoveTo, register: 3));
        Assert.Equal((0x6000_0031ul, 0x1003ul), (_state.CR0, _state.RIP));
    }

    [Fact]
    public void Only_the_lower_half_of_the_operand_counts_outside_of_64_bit_mode()
    {
        _state.RAX = 0xffff_ffff_0000_0021;
        Assert.Equal(Mtd.CR | Mtd.RIP, Access(MoveTo));
        Assert.Equal(0x31ul, _state.CR0);

        _state.CS.AccessRights |= (ushort)SegmentAccessRights.Long;
        _state.IA32_EFER = Efer.LongModeEnable | Efer.LongModeActive;
        _state.CR0 = 0x8000_0011;
        Assert.Equal(Mtd.INJ, Access(MoveTo));
        Assert.Equal((ProtectionFault, 0x8000_0011ul), (_state.InterruptionInfo, _state.CR0));
    }

    [Fact]
    public void Paging_makes_long_mode_active_if_it_is_enabled()
    {
        (_state.CR4, _state.IA32_EFER, _state.RAX) = (Cr4.PhysicalAddressExtension, Efer.LongModeEnable, 0xc000_0011);
        _state.TR.AccessRights = 0x8b;

        Assert.Equal(Mtd.CR | Mtd.EFER | Mtd.TLB | Mtd.RIP, Access(MoveTo));
        Assert.Equal(Efer.LongModeEnable | Efer.LongModeActive, _state.IA32_EFER);

        _state.RAX = 0x11;
        Assert.Equal(Mtd.CR | Mtd.EFER | Mtd.TLB | Mtd.RIP, Access(MoveTo));
        Assert.Equal((0x11ul, Efer.LongModeEnable), (_state.CR0, _state.IA32_EFER));
    }

    [Fact]
    public void A_change_under_PAE_paging_reads_the_page_directory_pointers()
    {
        Assert.True(_memory.TryStore(0x4020, 8, 0x5001) && _memory.TryStore(0x4038, 8, 0x6001));
        (_state.CR0, _state.CR3, _state.CR4) = (0x8000_0011, 0x4020, Cr4.PhysicalAddressExtension);
        _state.RAX = 0xc000_0011;

        Assert.Equal(Mtd.CR | Mtd.PDPTE | Mtd.RIP, Access(MoveTo));
        Assert.Equal((0x5001ul, 0ul, 0ul, 0x6001ul), (_state.PDPTE0, _state.PDPTE1, _state.PDPTE2, _state.PDPTE3));
    }

    [Theory]
    [InlineData(0x4020ul)]
    [InlineData(0x8000_0000ul)]
    public void Page_directory_pointers_that_the_processor_would_refuse_are_protection_faults(ulong cr3)
    {
        Assert.True(_memory.TryStore(0x4038, 8, 0x6003));
        (_state.CR0, _state.CR3, _state.CR4) = (0x8000_0011, cr3, Cr4.PhysicalAddressExtension);
        _state.RAX = 0xc000_0011;

        Assert.Equal(Mtd.INJ, Access(MoveTo));
        Assert.Equal((ProtectionFault, 0x8000_0011ul, 0x1000ul), (_state.InterruptionInfo, _state.CR0, _state.RIP));
    }

    [Fact]
    public void CR4_takes_what_the_guests_processor_has()
    {
        _state.R9 = Cr4.MachineCheckEnable | Cr4.PageGlobalEnable;
        Assert.Equal(Mtd.CR | Mtd.TLB | Mtd.RIP, Access(MoveTo | 4, register: 9));
        Assert.Equal(Cr4.MachineCheckEnable | Cr4.PageGlobalEnable, _state.CR4);

        _state.R9 = Cr4.OsXsave;
        Assert.Equal(Mtd.INJ, Access(MoveTo | 4, register: 9));
        Assert.Equal(ProtectionFault, _state.InterruptionInfo);
    }

    [Fact]
    public void The_old_instructions_change_the_status_word()
    {
        _state.CR0 = 0x8000_0019;
        Assert.Equal(Mtd.CR | Mtd.RIP, Access(Clts));
        Assert.Equal(0x8000_0011ul, _state.CR0);

        Assert.Equal(Mtd.CR | Mtd.RIP, Access(LoadStatusWord | (0xffee << 16)));
        Assert.Equal(0x8000_001ful, _state.CR0);
    }

    [Fact]
    public void CR8_is_the_task_priority()
    {
        _state.RBX = 5;
        Assert.Equal(Mtd.RIP, Access(MoveTo | 8, register: 3));
        Assert.Equal(0x50ul, _apic.ReadMmio(0x80, 4));

        Assert.Equal(Mtd.GPR0_7 | Mtd.GPR8_15 | Mtd.RIP, Access(MoveFrom | 8, register: 12));
        Assert.Equal((5ul, 0x1006ul), (_state.R12, _state.RIP));

        _state.RBX = 16;
        Assert.Equal(Mtd.INJ, Access(MoveTo | 8, register: 3));
        Assert.Equal(ProtectionFault, _state.InterruptionInfo);
    }

    [Fact]
    public void A_lower_task_priority_lets_through_what_waited()
    {
        _apic.TaskPriorityClass = 5;
        Interrupt(0x51);
        _ = _cpu.Recall(ref _state);
        Assert.Equal(0u, _state.InterruptionInfo);

        Assert.Equal(Mtd.RIP | Mtd.INJ, Access(MoveTo | 8));
        Assert.Equal(ValidInterrupt | 0x51, _state.InterruptionInfo);
    }

    [Theory]
    [InlineData(MoveTo | 3)]
    [InlineData(MoveFrom | 0)]
    public void Accesses_that_were_not_asked_for_end_the_guest(int access)
    {
        Assert.Throws<OperationCanceledException>(() => Access(access));
        Assert.Equal(["a control register that nobody asked for at 1000", "Crash", "sleep"], _calls);
    }

    [Fact]
    public void General_registers_are_numbered_as_instructions_number_them()
    {
        for (int i = 0; i < 16; i++)
            GuestState.General(ref _state, i) = 100ul + (ulong)i;

        Assert.Equal((100ul, 101ul, 102ul, 103ul, 104ul), (_state.RAX, _state.RCX, _state.RDX, _state.RBX, _state.RSP));
        Assert.Equal((105ul, 106ul, 107ul, 108ul, 115ul), (_state.RBP, _state.RSI, _state.RDI, _state.R8, _state.R15));
    }

    private Mtd Access(int kind, int register = 0)
    {
        _state.Qualification1 = (uint)(kind | (register << 8));
        return _cpu.ControlRegisterVmx(ref _state);
    }
}
