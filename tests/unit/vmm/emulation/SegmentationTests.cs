using Kilonova.Abi;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class SegmentationTests
{
    [Fact]
    public void Real_mode_addresses_are_base_plus_16_bit_offset()
    {
        var bench = new Bench(16);
        bench.Segment(SegmentRegister.Ds).Base = 0x2_0000;
        bench.Segment(SegmentRegister.Es).Base = 0x3_0000;
        bench.Cpu.Gpr[3] = 0xdead_fff0;
        bench.Cpu.Gpr[6] = 0x0020;
        bench.Cpu.Gpr[0] = 0x55;
        // mov [bx+si], al: the sum wraps at 64 KiB; es: override; moffs
        bench.Done(0x88, 0x00);
        Assert.Equal(0x55ul, bench.Get(0x2_0010, 1));
        bench.Done(0x26, 0x88, 0x00);
        Assert.Equal(0x55ul, bench.Get(0x3_0010, 1));
        bench.Done(0xa2, 0x34, 0x12);
        Assert.Equal(0x55ul, bench.Get(0x2_1234, 1));
    }

    [Fact]
    public void An_access_over_the_limit_faults_before_anything_happens()
    {
        var bench = new Bench(16);
        bench.Cpu.Gpr[3] = 0xffff;
        bench.Faults(Vectors.GeneralProtection, 0, 0x89, 0x07);
        bench.Cpu.Gpr[5] = 0xffff;
        // mov [bp+0], ax uses the stack segment
        bench.Faults(Vectors.StackFault, 0, 0x89, 0x46, 0x00);
        Assert.Equal(0ul, bench.Get(0xffff, 1));
    }

    [Fact]
    public void Expand_down_segments_end_below()
    {
        var bench = new Bench(32);
        ref Segment ds = ref bench.Segment(SegmentRegister.Ds);
        ds.Rights = (ushort)(SegmentAccessRights.Present | SegmentAccessRights.CodeOrData | SegmentAccessRights.Big | 7);
        ds.Limit = 0x1fff;
        bench.Cpu.Gpr[3] = 0x1fff;
        bench.Faults(Vectors.GeneralProtection, 0, 0x8a, 0x03);
        bench.Cpu.Gpr[3] = 0x2000;
        bench.Done(0x8a, 0x03);
        ds.Rights &= unchecked((ushort)~SegmentAccessRights.Big);
        bench.Cpu.Gpr[3] = 0x1_0000;
        bench.Faults(Vectors.GeneralProtection, 0, 0x8a, 0x03);
    }

    [Fact]
    public void Types_forbid_what_they_do_not_name()
    {
        var bench = new Bench(32);
        bench.Cpu.Gpr[3] = 0x2000;
        ref Segment ds = ref bench.Segment(SegmentRegister.Ds);
        ds.Rights = (ushort)((ds.Rights & ~0xf) | 1);
        bench.Done(0x8a, 0x03);
        bench.Faults(Vectors.GeneralProtection, 0, 0x88, 0x03);
        // mov al, cs:[ebx] from execute-only code, then from readable code; writes never
        ref Segment cs = ref bench.Segment(SegmentRegister.Cs);
        cs.Rights = (ushort)((cs.Rights & ~0xf) | 8);
        bench.Faults(Vectors.GeneralProtection, 0, 0x2e, 0x8a, 0x03);
        cs.Rights |= 2;
        bench.Done(0x2e, 0x8a, 0x03);
        bench.Faults(Vectors.GeneralProtection, 0, 0x2e, 0x88, 0x03);
        ds.Rights |= (ushort)SegmentAccessRights.Unusable;
        bench.Faults(Vectors.GeneralProtection, 0, 0x8a, 0x03);
    }

    [Fact]
    public void Only_fs_and_gs_have_bases_in_64_bit_mode()
    {
        var bench = new Bench(64);
        for (SegmentRegister i = SegmentRegister.Es; i <= SegmentRegister.Gs; i++)
        {
            if (i != SegmentRegister.Cs)
                bench.Segment(i).Base = 0x100;
        }

        bench.Cpu.Gpr[0] = 0x2000;
        bench.Done(0xc6, 0x00, 1);
        bench.Done(0x64, 0xc6, 0x00, 2);
        Assert.Equal(1ul, bench.Get(0x2000, 1));
        Assert.Equal(2ul, bench.Get(0x2100, 1));
    }

    [Fact]
    public void Non_canonical_addresses_fault_by_their_segment()
    {
        var bench = new Bench(64);
        bench.Cpu.Gpr[0] = 0x8000_0000_0000;
        bench.Faults(Vectors.GeneralProtection, 0, 0x8b, 0x00);
        bench.Cpu.Gpr[5] = 0x7fff_ffff_fffe;
        bench.Faults(Vectors.StackFault, 0, 0x8b, 0x45, 0x00);
        bench.Cpu.Cr4 |= Cr4.LinearAddress57;
        bench.Done(0x8b, 0x00);
    }

    [Fact]
    public void Misaligned_user_accesses_fault_when_alignment_is_checked()
    {
        var bench = new Bench(32);
        bench.Cpu.Cr0 |= Cr0.AlignmentMask;
        bench.Cpu.Rflags |= Rflags.AlignmentCheck;
        bench.Cpu.Gpr[3] = 0x2001;
        bench.Done(0x8b, 0x03);
        bench.Segment(SegmentRegister.Ss).Rights |= 3 << SegmentAccessRights.DplShift;
        bench.Faults(Vectors.AlignmentCheck, 0, 0x8b, 0x03);
        bench.Done(0x8a, 0x03);
    }

    [Fact]
    public void Code_beyond_its_limit_does_not_run()
    {
        var bench = new Bench(32);
        bench.Segment(SegmentRegister.Cs).Limit = Bench.Code + 1;
        bench.Faults(Vectors.GeneralProtection, 0, 0xc6, 0x05, 0, 0, 0, 0, 0);
        bench.Done(0x88, 0x03);
        bench.Faults(Vectors.GeneralProtection, 0, 0x88, 0x03);
    }

    [Fact]
    public void Instruction_relative_addresses_count_from_the_next_instruction()
    {
        var bench = new Bench(64);
        bench.Put(0x2000, 4, 0x1234_5678);
        // mov eax, [rip + disp]
        int displacement = 0x2000 - (int)(Bench.Code + 6);
        bench.Done(0x8b, 0x05, (byte)displacement, (byte)(displacement >> 8), 0, 0);
        Assert.Equal(0x1234_5678ul, bench.Cpu.Gpr[0]);
    }
}
