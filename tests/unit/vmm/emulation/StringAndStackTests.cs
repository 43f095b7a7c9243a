using Kilonova.Abi;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class StringAndStackTests
{
    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    public void Repeated_moves_count_in_the_address_size(int bitness)
    {
        var bench = new Bench(bitness);
        const ulong High = 0x1_0000_0000_0000;
        bench.Cpu.Gpr[1] = bitness == 16 ? 0xabc_0004ul : bitness == 32 ? 4 | High : 4;
        bench.Cpu.Gpr[6] = 0x2000;
        bench.Cpu.Gpr[7] = 0x3000;
        bench.Put(0x2000, 4, 0x4433_2211);
        bench.Done(0xf3, 0xa4);
        Assert.Equal(0x4433_2211ul, bench.Get(0x3000, 4));
        Assert.Equal(bitness == 16 ? 0xabc_0000ul : 0, bench.Cpu.Gpr[1]);
        Assert.Equal(0x2004ul, bench.Cpu.Gpr[6]);
    }

    [Fact]
    public void A_long_repetition_lets_the_guest_in_between()
    {
        var bench = new Bench(32);
        bench.Emulator.RepeatLimit = 10;
        bench.Cpu.Gpr[1] = 25;
        bench.Cpu.Gpr[7] = Bench.Device;
        Assert.Equal(EmulationStatus.Partial, bench.Run(AccessHint.Memory(Bench.Device, true), 0xf3, 0xaa));
        Assert.Equal(15ul, bench.Cpu.Gpr[1]);
        Assert.Equal(Bench.Code, bench.Cpu.Rip);
        Assert.Equal(EmulationStatus.Partial, bench.Run(0xf3, 0xaa));
        Assert.Equal(EmulationStatus.Done, bench.Run(0xf3, 0xaa));
        Assert.Equal(25, bench.Registers.Log.Count);
        Assert.Equal(Bench.Code + 2, bench.Cpu.Rip);
    }

    [Fact]
    public void A_repetition_of_none_does_nothing()
    {
        var bench = new Bench(64);
        bench.Cpu.Gpr[1] = 0;
        bench.Cpu.Gpr[7] = 0x8000_0000_0000;
        bench.Done(0xf3, 0x48, 0xab);
    }

    [Fact]
    public void Port_strings_move_between_port_and_memory()
    {
        var bench = new Bench(16);
        bench.Cpu.Gpr[2] = 0x84;
        bench.Cpu.Gpr[1] = 3;
        bench.Cpu.Gpr[6] = 0x2000;
        bench.Segment(SegmentRegister.Fs).Base = 0x1_0000;
        bench.Put(0x1_2000, 4, 0x0033_2211);
        // fs rep outsb; insw backwards
        bench.Done(0x64, 0xf3, 0x6e);
        Assert.Equal(["w1 84 11", "w1 84 22", "w1 84 33"], bench.PortRegisters.Log);
        bench.Cpu.Rflags |= Rflags.Direction;
        bench.Cpu.Gpr[7] = 0x3000;
        bench.Done(0x6d);
        Assert.Equal(0x2ffeul, bench.Cpu.Gpr[7]);
        Assert.Equal(0x33ul, bench.Get(0x3000, 2));
    }

    [Fact]
    public void Port_strings_without_privilege_need_the_exits_word()
    {
        var bench = new Bench(32);
        bench.Segment(SegmentRegister.Ss).Rights |= 3 << SegmentAccessRights.DplShift;
        bench.Cpu.Gpr[2] = 0x84;
        bench.Faults(Vectors.GeneralProtection, 0, 0x6c);
        Assert.Equal(EmulationStatus.Retry, bench.Run(AccessHint.PortAccess(0x85, 1, isIn: true), 0x6c));
        Assert.Equal(EmulationStatus.Retry, bench.Run(AccessHint.PortAccess(0x84, 1, isIn: false), 0x6c));
        Assert.Equal(EmulationStatus.Done, bench.Run(AccessHint.PortAccess(0x84, 1, isIn: true), 0x6c));
    }

    [Theory]
    [InlineData(16, 2)]
    [InlineData(32, 4)]
    [InlineData(64, 8)]
    public void Memory_is_pushed_and_popped(int bitness, int size)
    {
        var bench = new Bench(bitness);
        bench.Cpu.Gpr[3] = 0x2000;
        bench.Put(0x2000, 8, 0x1122_3344_5566_7788);
        byte[] push = bitness == 16 ? [0xff, 0x37] : [0xff, 0x33];
        bench.Done(push);
        Assert.Equal(0x9000ul - (ulong)size, bench.Cpu.Gpr[4]);
        Assert.Equal(0x1122_3344_5566_7788ul & Alu.Mask(size), bench.Get(bench.Cpu.Gpr[4], size));
        bench.Cpu.Gpr[3] = 0x3000;
        byte[] pop = bitness == 16 ? [0x8f, 0x07] : [0x8f, 0x03];
        bench.Done(pop);
        Assert.Equal(0x9000ul, bench.Cpu.Gpr[4]);
        Assert.Equal(0x1122_3344_5566_7788ul & Alu.Mask(size), bench.Get(0x3000, size));
    }

    [Theory]
    [InlineData(16, 2)]
    [InlineData(32, 4)]
    [InlineData(64, 8)]
    public void Immediates_are_pushed_sign_extended(int bitness, int size)
    {
        var bench = new Bench(bitness);
        bench.Done(0x6a, 0xfe);
        Assert.Equal(0x9000ul - (ulong)size, bench.Cpu.Gpr[4]);
        Assert.Equal((ulong.MaxValue - 1) & Alu.Mask(size), bench.Get(bench.Cpu.Gpr[4], size));
    }

    [Fact]
    public void Pop_addresses_its_target_with_the_new_stack_pointer()
    {
        var bench = new Bench(64);
        bench.Put(0x9000, 8, 42);
        // pop qword [rsp + 8]
        bench.Done(0x8f, 0x44, 0x24, 0x08);
        Assert.Equal(42ul, bench.Get(0x9010, 8));
        bench.Cpu.Gpr[4] = 0x9000;
        bench.Cpu.Gpr[0] = 0x8000_0000_0000;
        bench.Faults(Vectors.GeneralProtection, 0, 0x8f, 0x00);
        Assert.Equal(0x9000ul, bench.Cpu.Gpr[4]);
    }

    [Fact]
    public void Calls_and_jumps_go_where_memory_says()
    {
        var bench = new Bench(64);
        bench.Cpu.Gpr[0] = Bench.Device;
        bench.Registers.Bytes[1] = 0x20;
        Assert.Equal(EmulationStatus.Done, bench.Run(0xff, 0x10));
        Assert.Equal(0x2000ul, bench.Cpu.Rip);
        Assert.Equal(Bench.Code + 2ul, bench.Get(0x8ff8, 8));
        bench.Registers.Bytes[6] = 0x80;
        bench.Faults(Vectors.GeneralProtection, 0, 0xff, 0x20);
        bench.Registers.Bytes[6] = 0;
        Assert.Equal(EmulationStatus.Done, bench.Run(0xff, 0x20));
        Assert.Equal(0x2000ul, bench.Cpu.Rip);
    }

    [Fact]
    public void A_32_bit_jump_may_not_leave_its_segment()
    {
        var bench = new Bench(32);
        bench.Segment(SegmentRegister.Cs).Limit = 0xffff;
        bench.Cpu.Gpr[0] = 0x2000;
        bench.Put(0x2000, 4, 0x1_0000);
        bench.Faults(Vectors.GeneralProtection, 0, 0xff, 0x10);
        Assert.Equal(0x9000ul, bench.Cpu.Gpr[4]);
    }

    [Fact]
    public void A_division_error_leaves_the_registers()
    {
        var bench = new Bench(32);
        bench.Cpu.Gpr[3] = Bench.Device;
        bench.Cpu.Gpr[0] = 7;
        bench.Cpu.Gpr[2] = 0;
        bench.Faults(Vectors.DivideError, null, 0xf7, 0x33);
        Assert.Equal(7ul, bench.Cpu.Gpr[0]);
        bench.Registers.Bytes[0] = 2;
        bench.Done(0xf7, 0x33);
        Assert.Equal(3ul, bench.Cpu.Gpr[0]);
        Assert.Equal(1ul, bench.Cpu.Gpr[2]);
    }

    [Fact]
    public void A_single_step_traps_after_the_instruction()
    {
        var bench = new Bench(32);
        bench.Cpu.Rflags |= Rflags.Trap;
        bench.Cpu.InterruptShadow = true;
        Assert.Equal(EmulationStatus.Fault, bench.Run(0x88, 0x05, 0, 0x20, 0, 0));
        Assert.Equal(Vectors.Debug, bench.Emulator.FaultVector);
        Assert.Equal(Bench.Code + 6ul, bench.Cpu.Rip);
        Assert.NotEqual(0ul, bench.Cpu.Dr6 & 0x4000);
        Assert.False(bench.Cpu.InterruptShadow);
    }

    [Fact]
    public void Vector_moves_need_the_unit_switched_on()
    {
        var bench = new Bench(32);
        bench.Cpu.Gpr[0] = 0x2000;
        bench.Cpu.Cr0 |= 8;
        bench.Faults(Vectors.DeviceNotAvailable, null, 0x0f, 0x10, 0x00);
        bench.Cpu.Cr4 = 0;
        bench.Faults(Vectors.InvalidOpcode, null, 0x0f, 0x10, 0x00);
    }

    [Fact]
    public void Instruction_length_is_measured_only_for_the_opcode_asked_for()
    {
        var bench = new Bench(64);
        new byte[] { 0x66, 0x0f, 0xa2 }.CopyTo(bench.Bytes, (int)Bench.Code);
        Assert.Equal(3, bench.Emulator.MeasureInstruction(bench.Cpu, [0x0f, 0xa2]));
        Assert.Equal(0, bench.Emulator.MeasureInstruction(bench.Cpu, [0x0f, 0x30]));
    }

    [Fact]
    public void Sixteen_bit_code_wraps_its_instruction_pointer()
    {
        var bench = new Bench(16);
        bench.Cpu.Rip = 0xfffe;
        Assert.Equal(EmulationStatus.Done, bench.Run(0x88, 0x07));
        Assert.Equal(0ul, bench.Cpu.Rip);
    }
}
