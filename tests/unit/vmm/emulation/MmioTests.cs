using System;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class MmioTests
{
    [Fact]
    public void A_store_reaches_the_device_with_its_size()
    {
        var bench = new Bench(64);
        bench.Cpu.Gpr[7] = Bench.Device;
        bench.Cpu.Gpr[0] = 0x1122_3344_5566_7788;
        bench.Done(0x89, 0x47, 0x10);
        bench.Done(0x88, 0x47, 0x20);
        bench.Done(0x48, 0x89, 0x47, 0x30);
        bench.Done(0xc7, 0x47, 0x40, 1, 2, 3, 4);
        Assert.Equal(["w4 10 55667788", "w1 20 88", "w8 30 1122334455667788", "w4 40 4030201"], bench.Registers.Log);
    }

    [Fact]
    public void A_read_modify_write_reads_once_and_writes_once()
    {
        var bench = new Bench(32);
        bench.Registers.Bytes[8] = 0xf0;
        bench.Cpu.Gpr[3] = Bench.Device;
        // lock or dword [ebx+8], 0x0f
        bench.Done(0xf0, 0x83, 0x4b, 0x08, 0x0f);
        // xchg [ebx+8], eax
        bench.Cpu.Gpr[0] = 0x1234;
        bench.Done(0x87, 0x43, 0x08);
        // cmp dword [ebx+8], 5 only reads
        bench.Done(0x83, 0x7b, 0x08, 0x05);
        Assert.Equal(["r4 8", "w4 8 ff", "r4 8", "w4 8 1234", "r4 8"], bench.Registers.Log);
        Assert.Equal(0xfful, bench.Cpu.Gpr[0]);
    }

    [Fact]
    public void Sixteen_byte_moves_become_two_quadwords()
    {
        var bench = new Bench(64);
        bench.Cpu.Gpr[0] = Bench.Device;
        bench.Cpu.Xmm[2] = 1;
        bench.Cpu.Xmm[3] = 2;
        // movaps [rax+0x10], xmm1; movups xmm3, [rax+0x18]
        bench.Done(0x0f, 0x29, 0x48, 0x10);
        bench.Done(0x0f, 0x10, 0x58, 0x18);
        Assert.Equal(["w8 10 1", "w8 18 2", "r8 18", "r8 20"], bench.Registers.Log);
        Assert.Equal(2ul, bench.Cpu.Xmm[6]);
        bench.Faults(Vectors.GeneralProtection, 0, 0x0f, 0x29, 0x48, 0x18);
    }

    [Fact]
    public void The_local_device_hides_what_lies_behind_it()
    {
        var bench = new Bench(64);
        var local = new RecordingDevice();
        bench.Emulator.LocalDevice = local;
        bench.Emulator.LocalDeviceBase = Bench.Device;
        bench.Cpu.Gpr[0] = Bench.Device;
        bench.Done(0x89, 0x50, 0x20);
        Assert.Equal(["w4 20 600"], local.Log);
        Assert.Empty(bench.Registers.Log);
        bench.Emulator.LocalDeviceBase = 0xfee0_0000;
        bench.Done(0x89, 0x50, 0x20);
        Assert.Single(bench.Registers.Log);
    }

    [Fact]
    public void An_access_over_the_end_of_memory_and_pages_is_split_into_bytes()
    {
        var bench = new Bench(32);
        bench.Cpu.Gpr[0] = 0xf_fffe;
        bench.Cpu.Gpr[1] = 0x4433_2211;
        bench.Done(0x89, 0x08);
        Assert.Equal(0x2211ul, bench.Get(0xf_fffe, 2));
        bench.Done(0x8b, 0x10);
        Assert.Equal(0xffff_2211ul, bench.Cpu.Gpr[2]);
    }

    [Fact]
    public void An_instruction_that_does_not_make_the_reported_access_is_not_executed()
    {
        var bench = new Bench(64);
        bench.Cpu.Gpr[7] = Bench.Device;
        Assert.Equal(EmulationStatus.Retry, bench.Run(AccessHint.Memory(Bench.Device + 8, isWrite: true), 0x89, 0x07));
        Assert.Equal(EmulationStatus.Retry, bench.Run(AccessHint.Memory(Bench.Device, isWrite: true), 0x8b, 0x07));
        Assert.Equal(EmulationStatus.Retry, bench.Run(AccessHint.Memory(Bench.Device, isWrite: true), 0x89, 0xc8));
        AccessHint length = AccessHint.Memory(Bench.Device, isWrite: true);
        length.InstructionLength = 3;
        Assert.Equal(EmulationStatus.Retry, bench.Run(length, 0x89, 0x07));
        Assert.Empty(bench.Registers.Log);
        Assert.Equal(Bench.Code, bench.Cpu.Rip);
        Assert.Equal(EmulationStatus.Done, bench.Run(AccessHint.Memory(Bench.Device + 3, isWrite: true), 0x89, 0x07));
        Assert.Equal(EmulationStatus.Done, bench.Run(AccessHint.Memory(Bench.Device + 0xfff, isWrite: false, isExact: false), 0x8b, 0x07));
    }

    [Fact]
    public void Instructions_whose_bytes_change_are_decoded_again()
    {
        var bench = new Bench(32);
        bench.Cpu.Gpr[0] = 1;
        for (int i = 0; i < 50; i++)
        {
            // add dword [0x2000], imm8 at the same address with another immediate each time
            bench.Cpu.Rip = Bench.Code;
            bench.Done(0x83, 0x05, 0, 0x20, 0, 0, (byte)i);
        }

        Assert.Equal(1225ul, bench.Get(0x2000, 4));
        ulong decoded = bench.Emulator.DecodedInstructions;
        bench.Cpu.Rip = Bench.Code;
        bench.Done(0x83, 0x05, 0, 0x20, 0, 0, 49);
        Assert.Equal(decoded, bench.Emulator.DecodedInstructions);
    }

    [Fact]
    public void Unknown_instructions_are_reported_and_do_nothing()
    {
        var bench = new Bench(64);
        // lgdt [rax], fld dword [rax], mov ds, ax, far jmp [rax], an undefined opcode
        Assert.Equal(EmulationStatus.Unsupported, bench.Run(0x0f, 0x01, 0x10));
        Assert.Equal(EmulationStatus.Unsupported, bench.Run(0xd9, 0x00));
        Assert.Equal(EmulationStatus.Unsupported, bench.Run(0x8e, 0xd8));
        Assert.Equal(EmulationStatus.Unsupported, bench.Run(0xff, 0x28));
        Assert.Equal(EmulationStatus.Unsupported, bench.Run(0x0f, 0x0b));
        Assert.Equal(Bench.Code, bench.Cpu.Rip);
    }

    [Fact]
    public void Emulation_allocates_nothing_once_warm()
    {
        var bench = new Bench(64);
        byte[][] forms =
        [
            [0x89, 0x47, 0x10], [0x8b, 0x47, 0x10], [0xf0, 0x0f, 0xc1, 0x4f, 0x20], [0xf3, 0xa4], [0x0f, 0x29, 0x47, 0x10],
            [0x48, 0x0f, 0xba, 0x2f, 0x05], [0xff, 0x77, 0x08], [0x66, 0xf7, 0x27],
        ];
        var silent = new RecordingDevice { Silent = true };
        bench.Emulator.LocalDevice = silent;
        bench.Emulator.LocalDeviceBase = Bench.Device;
        int round = 0;
        Assert.Equal(0, Allocation.Least(() =>
        {
            for (int end = round + 100; round < end; round++)
            {
                for (int i = 0; i < forms.Length; i++)
                {
                    bench.Cpu.Gpr[7] = Bench.Device;
                    bench.Cpu.Gpr[6] = 0x3000;
                    bench.Cpu.Gpr[1] = 5;
                    bench.Cpu.Gpr[4] = 0x9000;
                    bench.Cpu.Rip = Bench.Code + ((ulong)i * 16);
                    forms[i].CopyTo(bench.Bytes, (int)bench.Cpu.Rip);
                    // A changing displacement makes the decoder work as well.
                    if (i == 0)
                        bench.Bytes[(int)bench.Cpu.Rip + 2] = (byte)(round & 0x7f);
                    if (bench.Emulator.Execute(bench.Cpu, default) != EmulationStatus.Done)
                        throw new InvalidOperationException(i.ToString());
                }
            }
        }));
        Assert.True(bench.Emulator.DecodedInstructions > 128);
    }
}
