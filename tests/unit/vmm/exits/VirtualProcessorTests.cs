using System;
using Kilonova.Abi;
using Kilonova.Vmm.Exits;
using Kilonova.Vmm.Models;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>A virtual CPU on AMD's processors: state in, state and MTD out.</summary>
public sealed class VirtualProcessorTests : ProcessorFixture
{
    public VirtualProcessorTests()
        : this(0)
    {
    }

    private VirtualProcessorTests(uint number)
        : base(VirtualizationKind.Svm, number)
    {
    }

    [Fact]
    public void Startup_gives_all_state_spaces_and_controls()
    {
        Mtd result = _cpu.Startup(ref _state);

        Assert.Equal(GuestState.Everything | Mtd.CTRL | Mtd.SPACES | Mtd.INJ, result);
        Assert.Equal((7ul, 8ul, 9ul), (_state.SEL_GST, _state.SEL_PIO, _state.SEL_MSR));
        Assert.Equal((0xfff0ul, 0xffff_0000ul, 0x500ul), (_state.RIP, _state.CS.Base, _state.GDTR.Base));
        Assert.Equal(SvmIntercepts.First, _state.Controls1);
        Assert.Empty(_calls);
    }

    [Fact]
    public void A_further_processor_sleeps_at_its_startup_until_it_is_sent_to_a_page()
    {
        var other = new VirtualProcessorTests(1);
        other._onSleep = () =>
        {
            other._bus.Deliver(new ApicMessage { Destination = 1, Mode = DeliveryMode.Init });
            other._bus.Deliver(new ApicMessage { Destination = 1, Mode = DeliveryMode.StartUp, Vector = 0x9a });
        };
        _ = other._cpu.Startup(ref other._state);

        Assert.Equal((0x9_a000ul, 0ul), (other._state.CS.Base, other._state.RIP));
        Assert.Equal(["sleep", "wake", "wake"], other._calls);
    }

    [Fact]
    public void A_processor_that_is_paused_executes_nothing_until_it_may_go_on()
    {
        const ulong Clock = 0x8000;
        Assert.True(_memory.TryStore(Clock + 24, sizeof(ulong), 0));
        _state.RCX = 0x4b56_4d01;
        _state.RAX = Clock | 1;
        _ = _cpu.WriteMsr(ref _state);
        _calls.Clear();
        _cpu.IsPaused = true;
        Assert.False(_cpu.StandsStill);
        Interrupt(0x40);
        _onSleep = () =>
        {
            Assert.True(_cpu.StandsStill);
            _cpu.IsPaused = false;
        };

        Assert.Equal(Mtd.INJ, _cpu.Recall(ref _state));
        Assert.Equal(["recall", "recall", "sleep", "wake"], _calls);
        Assert.Equal(ValidInterrupt | 0x40, _state.InterruptionInfo);
        Assert.False(_cpu.StandsStill);

        // The guest is told, once.
        Assert.True(_memory.TryLoad(Clock + 24, sizeof(ulong), out ulong flags));
        Assert.Equal(3ul, flags >> 40 & 0xff);
        Assert.True(_memory.TryStore(Clock + 24, sizeof(ulong), flags & ~(2ul << 40)));
        _ = _cpu.Recall(ref _state);
        Assert.True(_memory.TryLoad(Clock + 24, sizeof(ulong), out flags));
        Assert.Equal(1ul, flags >> 40 & 0xff);
    }

    [Fact]
    public void Cpuid_answers_and_moves_on()
    {
        _state.RAX = 0;

        Assert.Equal(Mtd.GPR0_7 | Mtd.RIP, _cpu.Cpuid(ref _state));
        Assert.Equal((0xdul, 0x6874_7541ul, 0x1002ul), (_state.RAX, _state.RBX, _state.RIP));
    }

    [Fact]
    public void An_instruction_ends_the_shadow_of_sti_and_traps_when_single_stepped()
    {
        _state.Interruptibility = 1;
        _state.RFLAGS |= Rflags.Trap;

        Assert.Equal(Mtd.GPR0_7 | Mtd.RIP | Mtd.STA | Mtd.INJ, _cpu.Cpuid(ref _state));
        Assert.Equal(0u, _state.Interruptibility);
        Assert.Equal(ValidInterrupt | (3 << 8) | 1, _state.InterruptionInfo);
    }

    [Theory]
    [InlineData(0x0010_0011u, 1, 0xffff_ffff_ffff_ff78ul)]
    [InlineData(0x0010_0021u, 2, 0xffff_ffff_ffff_5678ul)]
    [InlineData(0x0010_0041u, 4, 0x1234_5678ul)]
    public void In_fills_as_much_of_the_register_as_it_reads(uint information, int size, ulong expected)
    {
        Assert.Equal(size, new SvmPortAccess(information).Size);
        _state.RAX = ulong.MaxValue;
        _state.Qualification1 = information;
        _state.Qualification2 = 0x1001;

        Assert.Equal(Mtd.GPR0_7 | Mtd.RIP, _cpu.PortSvm(ref _state));
        Assert.Equal((expected, 0x1001ul), (_state.RAX, _state.RIP));
    }

    [Fact]
    public void What_an_access_to_a_device_leads_to_is_delivered_at_once()
    {
        _state.RAX = 0x41;
        _state.Qualification1 = 0x0017_0010;
        _state.Qualification2 = 0x1002;

        Assert.Equal(Mtd.RIP | Mtd.INJ, _cpu.PortSvm(ref _state));
        Assert.Equal(ValidInterrupt | 0x40, _state.InterruptionInfo);
        Assert.Equal(["out 17 1 41"], _calls);
    }

    [Fact]
    public void String_forms_come_back_with_all_state_and_are_emulated()
    {
        Assert.True(_memory.Write(0x1000, [0xf3, 0x6e]) && _memory.Write(0x2000, "hi"u8));
        Flat();
        _state.RSI = 0x2000;
        _state.RDX = 0x10;
        _state.RCX = 2;
        _state.Qualification1 = 0x0010_001c;

        Assert.Equal(Mtd.None, _cpu.PortSvm(ref _state));
        Assert.Equal(GuestState.Emulated | Mtd.INJ, _cpu.Recall(ref _state));
        Assert.Equal((0x1002ul, 0ul), (_state.RIP, _state.RCX));
        Assert.Equal(["all", "recall", "lean", "out 10 1 68", "out 10 1 69"], _calls);
    }

    [Fact]
    public void A_store_to_a_device_is_executed()
    {
        // mov [ebx], eax
        Assert.True(_memory.Write(0x1000, [0x89, 0x03]));
        Flat();
        _state.Qualification1 = SvmPageFault.Write | SvmPageFault.Final;
        _state.Qualification3 = 0xfee0_00f0;
        _state.RBX = 0xfee0_00f0;
        _state.RAX = 0x1ff;

        Assert.Equal(GuestState.Emulated, _cpu.MemorySvm(ref _state));
        Assert.Equal(0x1002ul, _state.RIP);
        Assert.True(_apic.IsEnabled);
    }

    [Fact]
    public void An_instruction_fetched_from_nowhere_ends_the_guest_and_not_the_monitor()
    {
        Flat();
        _state.RIP = 0x8000_0000;
        _state.Qualification1 = SvmPageFault.Final;
        _state.Qualification3 = 0x8000_0000;

        Assert.Throws<OperationCanceledException>(() => _cpu.MemorySvm(ref _state));
        Assert.Equal(["an instruction or page tables outside of memory at 80000000", "Crash", "sleep"], _calls);
    }

    [Fact]
    public void Halt_sleeps_until_an_interrupt_comes()
    {
        _state.Interruptibility = 1;
        _onSleep = () => Interrupt(0x31);

        Assert.Equal(Mtd.RIP | Mtd.STA | Mtd.INJ, _cpu.Halt(ref _state));
        Assert.Equal((0x1001ul, ValidInterrupt | 0x31), (_state.RIP, _state.InterruptionInfo));
        Assert.Equal(["sleep", "wake"], _calls);
    }

    [Fact]
    public void A_kick_recalls_a_guest_that_runs_and_the_recall_delivers()
    {
        Interrupt(0x50);
        Assert.Equal(["recall"], _calls);

        Assert.Equal(Mtd.INJ, _cpu.Recall(ref _state));
        Assert.Equal(ValidInterrupt | 0x50, _state.InterruptionInfo);
    }

    [Fact]
    public void An_interrupt_that_the_guest_cannot_take_asks_for_its_window()
    {
        _state.RFLAGS = Rflags.Fixed;
        Interrupt(0x50);
        _ = _cpu.Recall(ref _state);
        Assert.Equal(InterruptionInfo.InterruptWindow, _state.InterruptionInfo);

        _state.RFLAGS |= Rflags.Interrupt;
        Assert.Equal(Mtd.INJ, _cpu.Window(ref _state));
        Assert.Equal(ValidInterrupt | 0x50, _state.InterruptionInfo);
    }

    [Fact]
    public void An_event_that_was_not_delivered_is_delivered_before_others()
    {
        const uint PageFault = ValidInterrupt | InterruptionInfo.ErrorCode | (3 << 8) | 14;
        (_state.InterruptionInfo, _state.InterruptionError) = (PageFault, 2);
        Interrupt(0x50);
        _ = _cpu.Recall(ref _state);

        Assert.Equal((PageFault | InterruptionInfo.InterruptWindow, 2u), (_state.InterruptionInfo, _state.InterruptionError));
    }

    [Fact]
    public void A_software_interrupt_of_the_guest_is_not_delivered_twice()
    {
        _state.VectoringInfo = ValidInterrupt | (4 << 8) | 0x80;
        _ = _cpu.Recall(ref _state);

        Assert.Equal(0u, _state.InterruptionInfo);
    }

    [Theory]
    [InlineData(0x44, 0x0f, 0x22, 0xc3)]
    [InlineData(0xf2, 0x44, 0x0f, 0x22, 0xc3)]
    public void CR8_is_the_task_priority_that_holds_interrupts_back(params int[] instruction)
    {
        Long(instruction);
        _state.RBX = 5;
        Assert.Equal(Mtd.CR | Mtd.RIP, _cpu.TaskPrioritySvm(ref _state));
        Assert.Equal((0x50ul, 5ul, 0x1000ul + (uint)instruction.Length), (_apic.ReadMmio(0x80, 4), _state.CR8, _state.RIP));

        Interrupt(0x51);
        _ = _cpu.Recall(ref _state);
        Assert.Equal(0u, _state.InterruptionInfo);

        (_state.RIP, _state.RBX) = (0x1000, 4);
        Assert.Equal(Mtd.CR | Mtd.RIP | Mtd.INJ, _cpu.TaskPrioritySvm(ref _state));
        Assert.Equal(ValidInterrupt | 0x51, _state.InterruptionInfo);

        (_state.RIP, _state.RBX) = (0x1000, 16);
        Assert.Equal(Mtd.INJ, _cpu.TaskPrioritySvm(ref _state));
        Assert.Equal(ProtectionFault, _state.InterruptionInfo);
    }

    [Theory]
    [InlineData(Mtd.INJ, ValidInterrupt | (3 << 8) | 6, 0x90)]
    [InlineData(Mtd.INJ, ValidInterrupt | (3 << 8) | 6, 0xf0, 0x0f, 0x22, 0xc3)]
    [InlineData(Mtd.None, 0, 0x0f, 0x22, 0xdb)]
    [InlineData(Mtd.None, 0, 0x44, 0x0f, 0x20, 0xc3)]
    public void What_is_no_move_of_CR8_any_more_changes_nothing(Mtd result, uint injected, params int[] instruction)
    {
        Long(instruction);

        Assert.Equal(result, _cpu.TaskPrioritySvm(ref _state));
        Assert.Equal((injected, 0x1000ul), (_state.InterruptionInfo, _state.RIP));
    }

    [Fact]
    public void Exceptions_that_always_exit_are_the_guests()
    {
        _state.CR0 = 1;
        Assert.Equal(Mtd.INJ, _cpu.Debug(ref _state));
        Assert.Equal(ValidInterrupt | (3 << 8) | 1, _state.InterruptionInfo);

        Assert.Equal(Mtd.INJ, _cpu.AlignmentCheck(ref _state));
        Assert.Equal((ValidInterrupt | InterruptionInfo.ErrorCode | (3 << 8) | 17, 0u), (_state.InterruptionInfo, _state.InterruptionError));
    }

    [Fact]
    public void The_end_of_an_interrupt_lets_the_next_one_through()
    {
        _apic.TrySetBase(0xfee0_0d00);
        Interrupt(0x50);
        Interrupt(0x41);
        _ = _cpu.Recall(ref _state);
        _state.InterruptionInfo = 0;
        _state.Qualification1 = 1;
        _state.RCX = 0x80b;

        Assert.Equal(Mtd.RIP | Mtd.INJ, _cpu.MsrSvm(ref _state));
        Assert.Equal(ValidInterrupt | 0x41, _state.InterruptionInfo);
    }

    [Fact]
    public void A_deadline_that_is_over_already_is_an_interrupt_at_once()
    {
        _clock.Advance(1000);
        _apic.WriteMmio(0x320, 4, 0x4_00ec);
        _state.Qualification1 = 1;
        _state.RCX = 0x6e0;
        _state.RAX = 1;

        Assert.Equal(Mtd.RIP | Mtd.INJ, _cpu.MsrSvm(ref _state));
        Assert.Equal(ValidInterrupt | 0xec, _state.InterruptionInfo);
    }

    [Fact]
    public void Registers_that_the_processor_keeps_are_written_to_it_and_read_back()
    {
        _state.Qualification1 = 1;
        _state.RCX = 0xc000_0082;
        _state.RDX = 0xffff_ffff;
        _state.RAX = 0x8100_0000;
        Assert.Equal(Mtd.RIP | Mtd.SYSCALL, _cpu.MsrSvm(ref _state));
        Assert.Equal(0xffff_ffff_8100_0000, _state.IA32_LSTAR);

        _state.RAX = _state.RDX = 0;
        Assert.Equal(Mtd.GPR0_7 | Mtd.RIP, _cpu.ReadMsr(ref _state));
        Assert.Equal((0x8100_0000ul, 0xffff_fffful), (_state.RAX, _state.RDX));
    }

    [Theory]
    [InlineData(0xc000_0080u, 0x1000ul, 1ul)]
    [InlineData(0xc000_0080u, 0x100ul, 0x8000_0001ul)]
    [InlineData(0xc000_0082u, 0x8000_0000_0000ul, 1ul)]
    [InlineData(0x1234u, 0ul, 1ul)]
    public void Values_that_a_register_does_not_take_are_protection_faults(uint number, ulong value, ulong cr0)
    {
        _state.Qualification1 = 1;
        _state.RCX = number;
        _state.RAX = (uint)value;
        _state.RDX = value >> 32;
        _state.CR0 = cr0;

        Assert.Equal(Mtd.INJ, _cpu.MsrSvm(ref _state));
        Assert.Equal(ProtectionFault, _state.InterruptionInfo);
        Assert.Equal(0x1000ul, _state.RIP);
    }

    [Fact]
    public void Exceptions_of_real_mode_have_no_error_code()
    {
        _state.RCX = 0x1234;
        Assert.Equal(Mtd.INJ, _cpu.ReadMsr(ref _state));
        Assert.Equal(ProtectionFault & ~InterruptionInfo.ErrorCode, _state.InterruptionInfo);

        Assert.Equal(Mtd.INJ, _cpu.Forbidden(ref _state));
        Assert.Equal(ProtectionFault & ~InterruptionInfo.ErrorCode, _state.InterruptionInfo);
    }

    [Fact]
    public void Features_do_not_show_the_monitors_own_and_keep_the_processors()
    {
        _state.IA32_EFER = 0x1500;
        _state.RCX = 0xc000_0080;
        _ = _cpu.ReadMsr(ref _state);
        Assert.Equal(0x500ul, _state.RAX);

        _state.CR0 = 0x8000_0001;
        _state.RAX = 0xd01;
        Assert.Equal(Mtd.RIP | Mtd.EFER, _cpu.WriteMsr(ref _state));
        Assert.Equal(0xd01ul, _state.IA32_EFER);
    }

    [Fact]
    public void A_triple_fault_asks_for_a_reset_and_executes_no_more()
    {
        Assert.Throws<OperationCanceledException>(() => _cpu.Shutdown(ref _state));
        Assert.Equal(["triple fault at 1000", "Reset", "sleep"], _calls);
    }

    [Fact]
    public void Exits_allocate_nothing()
    {
        Assert.True(_memory.Write(0x1000, [0x89, 0x03]));
        Flat();
        _state.RBX = Mmio & uint.MaxValue;
        _calls.Capacity = 100_000;
        void Exit()
        {
            _state.RIP = 0x1000;
            _state.RAX = 1;
            _ = _cpu.Cpuid(ref _state);
            _ = _cpu.ReadTimestamp(ref _state);
            _state.RCX = 0x1b;
            _ = _cpu.ReadMsr(ref _state);
            _ = _cpu.Recall(ref _state);
        }

        Exit();
        Assert.Equal(0, Allocation.Least(Exit));
    }

    // 64-bit code at the instruction pointer.
    private void Long(params int[] code)
    {
        Flat();
        _state.CS.AccessRights |= (ushort)SegmentAccessRights.Long;
        _state.IA32_EFER = Efer.LongModeEnable | Efer.LongModeActive;
        Assert.True(_memory.Write(_state.RIP, Array.ConvertAll(code, value => (byte)value)));
    }
}
