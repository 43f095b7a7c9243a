using System;
using System.Linq;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>The controller's registers and states: Serial ATA AHCI 1.3.1.</summary>
public sealed class AhciTests
{
    private const uint Busy = 0x88;

    private static byte[] Pattern(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    [Fact]
    public void Configuration_space_is_an_ICH9_with_two_capabilities()
    {
        var machine = new AhciMachine(start: false);
        Assert.Equal(0x2922_8086u, machine.ReadConfiguration(0, 4));
        Assert.Equal(0x01_0601u, machine.ReadConfiguration(8, 4) >> 8);
        Assert.Equal(0x80u, machine.ReadConfiguration(0x34, 1));
        Assert.Equal(0xa805u, machine.ReadConfiguration(0x80, 2));
        Assert.Equal(0x0012u, machine.ReadConfiguration(0xa8, 2));
        Assert.Equal(0x10u, machine.ReadConfiguration(0xaa, 2));
        Assert.Equal(0u, machine.ReadConfiguration(0x3c, 1));
    }

    [Fact]
    public void Registers_after_reset_are_what_the_specification_says()
    {
        var machine = new AhciMachine(start: false);
        Assert.Equal(0xc124_1f01u, machine[0]);
        Assert.Equal(0x8000_0000u, machine[4]);
        Assert.Equal(0u, machine[8]);
        Assert.Equal(3u, machine[0x0c]);
        Assert.Equal(0x0001_0300u, machine[0x10]);
        Assert.Equal(0x6u, machine.Px(0x18));
        Assert.Equal(0x7fu, machine.Px(0x20));
        Assert.Equal(uint.MaxValue, machine.Px(0x24));
        Assert.Equal(0x123u, machine.Px(0x28));
        Assert.Equal(0u, machine[0x180 + 0x28]);
        Assert.Equal(0u, machine[0x200]);
    }

    [Fact]
    public void Signature_arrives_when_frames_are_received()
    {
        var machine = new AhciMachine();
        Assert.Equal(0x0101u, machine.Px(0x24));
        Assert.Equal(0u, machine.Px(0x20) & Busy);
        Assert.Equal(0x34, machine.Received(0x40));
        Assert.Equal(0xc017u, machine.Px(0x18) | 6);
        Assert.Equal(0u, machine.Px(0x10));
        Assert.Equal(0xeb14_0101u, new AhciMachine(cd: true).Px(0x24));
    }

    [Fact]
    public void Index_and_data_ports_reach_the_registers()
    {
        var machine = new AhciMachine();
        machine.WriteConfiguration(0x20, 4, 0xc000);
        machine.Ports.Write(0xc010, 4, 0x124);
        Assert.Equal(0x124u, machine.Ports.Read(0xc010, 4));
        Assert.Equal(0x0101u, machine.Ports.Read(0xc014, 4));
        machine.Ports.Write(0xc010, 4, 0x100);
        machine.Ports.Write(0xc014, 4, 0x4400);
        Assert.Equal(0x4400u, machine.Px(0));
    }

    [Theory]
    [InlineData(0x20, 0x30)]
    [InlineData(0x24, 0x34)]
    [InlineData(0xc4, 0xc5)]
    [InlineData(0x29, 0x39)]
    [InlineData(0xc8, 0xca)]
    [InlineData(0x25, 0x35)]
    public void What_was_written_is_read_back(byte read, byte write)
    {
        var machine = new AhciMachine();
        byte[] data = Pattern(16 * 512, 1);
        machine.Memory.Write(AhciMachine.Buffer, data);
        Assert.Equal(0x50u, machine.Execute(new AtaTask(write, 1000, 16) { IsWrite = true }, (AhciMachine.Buffer, data.Length)));
        Assert.Equal((uint)data.Length, machine.Transferred(0));
        byte[] back = machine.Fetch(new AtaTask(read, 1000, 16), data.Length);
        Assert.Equal(data, back);
        Assert.Equal(0u, machine.Px(0x38));
        Assert.Equal(["Write 1000+16", "Read 1000+16"], machine.Disk.Log);
    }

    [Fact]
    public void Descriptors_may_be_smaller_than_a_sector_and_not_divide_it()
    {
        var machine = new AhciMachine();
        byte[] data = Pattern(8 * 512, 2);
        for (int i = 0; i < 8; i++)
            data.AsSpan(i * 512, 512).CopyTo(machine.Disk.Sector(8 + i));
        var pieces = Enumerable.Range(0, 200).Select(i => (AhciMachine.Buffer + ((ulong)i * 64), 20)).ToArray();
        pieces = [.. pieces, (AhciMachine.Buffer + 0x8000, 96)];
        Assert.Equal(0x50u, machine.Execute(new AtaTask(0x25, 8, 8), pieces));
        byte[] back = pieces.SelectMany(piece =>
        {
            var bytes = new byte[piece.Item2];
            machine.Memory.Read(piece.Item1, bytes);
            return bytes;
        }).ToArray();
        Assert.Equal(data, back);
    }

    [Fact]
    public void Words_make_a_sector_and_many_make_many_requests()
    {
        var machine = new AhciMachine();
        machine.Disk.Sector(3).Fill(0x33);
        machine.Disk.Sector(4).Fill(0x44);
        var words = Enumerable.Range(0, 512).Select(i => (AhciMachine.Buffer + ((ulong)i * 4), 2)).ToArray();
        // A table of 512 descriptors is longer than the slot's place: let the next slot's be overwritten.
        Assert.Equal(0x50u, machine.Execute(new AtaTask(0x25, 3, 2), words));
        Assert.Equal(["Read 3+1", "Read 4+1"], machine.Disk.Log);
        Assert.True(machine.Memory.TryLoad(AhciMachine.Buffer + 1024, 2, out ulong value));
        Assert.Equal(0x4444u, value);
    }

    [Fact]
    public void Large_commands_go_in_parts()
    {
        var machine = new AhciMachine(sectors: 8192);
        machine.Prepare(0, new AtaTask(0x25, 0, 4096), (AhciMachine.Buffer, 2 << 20));
        machine.Issue(0);
        Assert.Equal(1, machine.Disk.Pending);
        machine.Disk.Run();
        Assert.Equal(["Read 0+2048", "Read 2048+2048"], machine.Disk.Log);
        Assert.Equal(2u << 20, machine.Transferred(0));
    }

    [Fact]
    public void Queued_commands_end_in_any_order()
    {
        var machine = new AhciMachine();
        for (int slot = 0; slot < 32; slot++)
        {
            machine.Disk.Sector(slot).Fill((byte)slot);
            machine.Prepare(slot, AtaTask.Queued(slot, false, (ulong)slot, 1), (AhciMachine.Buffer + ((ulong)slot * 512), 512));
            machine.Issue(slot, queued: true);
        }

        Assert.Equal(32, machine.Disk.Pending);
        Assert.Equal(uint.MaxValue, machine.Px(0x34));
        Assert.Equal(0u, machine.Px(0x38));
        machine.SetPx(0x10, uint.MaxValue);
        machine.Disk.Complete(31);
        Assert.Equal(0x7fff_ffffu, machine.Px(0x34));
        Assert.Equal(8u, machine.Px(0x10));
        Assert.Equal(0xa1, machine.Received(0x58));
        Assert.Equal(0x80, machine.Received(0x5f));
        machine.Disk.Run();
        Assert.Equal(0u, machine.Px(0x34));
        for (int slot = 0; slot < 32; slot++)
        {
            Assert.True(machine.Memory.TryLoad(AhciMachine.Buffer + ((ulong)slot * 512) + 511, 1, out ulong value));
            Assert.Equal((ulong)slot, value);
        }
    }

    [Fact]
    public void Commands_wait_for_room_at_the_disk()
    {
        var machine = new AhciMachine(depth: 2);
        for (int slot = 0; slot < 8; slot++)
        {
            machine.Prepare(slot, AtaTask.Queued(slot, false, (ulong)slot, 1), (AhciMachine.Buffer, 512));
            machine.Issue(slot, queued: true);
        }

        Assert.Equal(2, machine.Disk.Pending);
        machine.Disk.Run();
        Assert.Equal(0u, machine.Px(0x34));
        Assert.Equal(8, machine.Disk.Log.Count);
    }

    [Fact]
    public void Completion_interrupts_by_pin_until_it_is_cleared()
    {
        var machine = new AhciMachine();
        machine.Execute(new AtaTask(0xe7));
        Assert.True(machine.Interrupt);
        Assert.Equal(1u, machine.Px(0x10));
        Assert.Equal(1u, machine[8]);
        machine[8] = 1;
        Assert.True(machine.Interrupt);
        machine.SetPx(0x10, 1);
        Assert.True(machine.Interrupt);
        machine[8] = 1;
        Assert.False(machine.Interrupt);
        machine.SetPx(0x14, 0);
        machine.Execute(new AtaTask(0xe7));
        Assert.False(machine.Interrupt);
        machine.SetPx(0x14, 1);
        Assert.True(machine.Interrupt);
        machine[4] = 0x8000_0000;
        Assert.False(machine.Interrupt);
    }

    [Fact]
    public void Completion_interrupts_by_message_once()
    {
        var machine = new AhciMachine();
        machine.WriteConfiguration(0x84, 4, 0xfee0_1000);
        machine.WriteConfiguration(0x8c, 2, 0x41);
        machine.WriteConfiguration(0x82, 2, 1);
        machine.Execute(new AtaTask(0xe7));
        Assert.False(machine.Interrupt);
        Assert.Equal([(0xfee0_1000ul, 0x41u)], machine.Messages);
        machine.SetPx(0x10, 1);
        machine[8] = 1;
        Assert.Single(machine.Messages);
    }

    [Fact]
    public void A_failed_command_stops_the_port_until_software_recovers_it()
    {
        var machine = new AhciMachine();
        Assert.Equal(0x1051u, machine.Execute(new AtaTask(0x25, 4096, 1), (AhciMachine.Buffer, 512)));
        Assert.Equal(0x4000_0001u, machine.Px(0x10));
        Assert.Equal(1u, machine.Px(0x38));
        machine.Prepare(1, new AtaTask(0xe7));
        machine.Issue(1);
        machine.Disk.Run();
        Assert.Empty(machine.Disk.Log);
        machine.Recover();
        Assert.Equal(0u, machine.Px(0x38));
        Assert.Equal(0x50u, machine.Execute(new AtaTask(0xe7)));
    }

    [Theory]
    [InlineData(BlockStatus.MediumError, 0x4051)]
    [InlineData(BlockStatus.Unavailable, 0x0451)]
    public void Failures_of_the_disk_reach_the_guest(BlockStatus status, uint taskFile)
    {
        var machine = new AhciMachine();
        machine.Disk.Status = status;
        Assert.Equal(taskFile, machine.Execute(new AtaTask(0x25, 0, 1), (AhciMachine.Buffer, 512)));
    }

    [Fact]
    public void A_failed_queued_command_is_found_in_the_log()
    {
        var machine = new AhciMachine();
        for (int slot = 0; slot < 4; slot++)
        {
            machine.Prepare(slot, AtaTask.Queued(slot, true, slot == 2 ? 5000ul : (ulong)slot, 1), (AhciMachine.Buffer, 512));
            machine.Issue(slot, queued: true);
        }

        machine.Disk.Run();
        Assert.NotEqual(0u, machine.Px(0x34) & 4);
        Assert.NotEqual(0u, machine.Px(0x10) & 0x4000_0000);
        machine.Recover();
        byte[] log = machine.Fetch(new AtaTask(0x2f, 0x10, 1), 512);
        Assert.Equal(2, log[0]);
        Assert.Equal(0x51, log[2]);
        Assert.Equal(0x10, log[3]);
        Assert.Equal(5000, log[4] | (log[5] << 8));
        Assert.Equal(0, log.Sum(b => b) & 0xff);
        Assert.Equal(0x80, machine.Fetch(new AtaTask(0x2f, 0x10, 1), 512)[0]);
    }

    [Fact]
    public void A_wrong_tag_is_refused()
    {
        var machine = new AhciMachine();
        machine.Prepare(0, AtaTask.Queued(1, false, 0, 1), (AhciMachine.Buffer, 512));
        machine.Issue(0, queued: true);
        Assert.Equal(0x0451u, machine.Px(0x20));
        Assert.Equal(0, machine.Disk.Pending);
    }

    [Fact]
    public void Too_few_descriptors_are_an_overflow_that_a_reset_ends()
    {
        var machine = new AhciMachine();
        machine.Execute(new AtaTask(0x25, 0, 2), (AhciMachine.Buffer, 512));
        Assert.Equal(0x0100_0000u, machine.Px(0x10));
        Assert.Equal(0, machine.Disk.Pending);
        Assert.NotEqual(0u, machine.Px(0x20) & 0x80);
        machine.SetPx(0x18, 0x10);
        machine.SetPx(0x2c, 1);
        Assert.Equal(0u, machine.Px(0x28));
        machine.SetPx(0x2c, 0);
        Assert.Equal(0x123u, machine.Px(0x28));
        Assert.Equal(0x0401_0000u, machine.Px(0x30));
        machine.SetPx(0x30, uint.MaxValue);
        machine.Recover();
        Assert.Equal(0x50u, machine.Execute(new AtaTask(0xe7)));
    }

    [Theory]
    [InlineData(0x4000_0000ul)]
    [InlineData(0x3f_ff00ul)]
    [InlineData(0xffff_ffff_ffff_fff0ul)]
    public void Memory_that_is_none_is_a_host_bus_error(ulong address)
    {
        var machine = new AhciMachine();
        machine.Execute(new AtaTask(0x25, 0, 1), (address, 512));
        Assert.Equal(0x2000_0000u, machine.Px(0x10));
        Assert.Equal(0, machine.Disk.Pending);
    }

    [Fact]
    public void Command_lists_outside_memory_are_a_host_bus_error()
    {
        var machine = new AhciMachine();
        machine.SetPx(0x18, 0x10);
        machine.SetPx(0, 0x8000_0000);
        machine.SetPx(0x18, 0x11);
        machine.Issue(0);
        Assert.Equal(0x2000_0000u, machine.Px(0x10));
    }

    [Fact]
    public void A_stopped_port_runs_on_until_memory_is_safe()
    {
        var machine = new AhciMachine();
        machine.Prepare(0, new AtaTask(0x25, 0, 1), (AhciMachine.Buffer, 512));
        machine.Issue(0);
        machine.SetPx(0x18, 0x10);
        Assert.Equal(0u, machine.Px(0x38));
        Assert.NotEqual(0u, machine.Px(0x18) & 0x8000);
        machine.SetPx(0x10, uint.MaxValue);
        machine.Disk.Run();
        Assert.Equal(0u, machine.Px(0x18) & 0x8000);
        Assert.Equal(0u, machine.Px(0x10));
    }

    [Fact]
    public void Host_reset_waits_for_the_disk_and_keeps_addresses()
    {
        var machine = new AhciMachine();
        machine.Prepare(0, new AtaTask(0x35, 0, 1) { IsWrite = true }, (AhciMachine.Buffer, 512));
        machine.Issue(0);
        machine[4] = 0x8000_0001;
        Assert.Equal(0x8000_0001u, machine[4]);
        machine.SetPx(0x18, 0x11);
        machine.Disk.Run();
        Assert.Equal(0x8000_0000u, machine[4]);
        Assert.Equal(6u, machine.Px(0x18));
        Assert.Equal(0x7fu, machine.Px(0x20));
        Assert.Equal(0u, machine[8]);
        Assert.Equal((uint)AhciMachine.CommandList, machine.Px(0));
        machine.Start();
        Assert.Equal(0x50u, machine.Execute(new AtaTask(0xe7)));
    }

    [Fact]
    public void Software_reset_brings_the_signature_back()
    {
        var machine = new AhciMachine();
        machine.Execute(new AtaTask(0xc6, 0, 4));
        machine.Prepare(0, new AtaTask(0) { IsControl = true, Control = 4 });
        machine.Issue(0);
        Assert.NotEqual(0u, machine.Px(0x20) & 0x80);
        machine.Prepare(1, new AtaTask(0) { IsControl = true });
        machine.Issue(1);
        Assert.Equal(0u, machine.Px(0x20) & Busy);
        Assert.Equal(1, machine.Received(0x43));
        Assert.Equal(0x0101u, machine.Px(0x24));
        byte[] data = machine.Fetch(new AtaTask(0xec), 512);
        Assert.Equal(0x0110, data[118] | (data[119] << 8));
    }

    [Fact]
    public void A_frame_of_another_type_is_an_interface_error()
    {
        var machine = new AhciMachine();
        machine.Execute(new AtaTask(0xe7) { Type = 0x46 });
        Assert.Equal(0x0800_0000u, machine.Px(0x10));
    }

    [Fact]
    public void Nothing_is_allocated_for_a_command()
    {
        var machine = new AhciMachine();
        machine.Prepare(0, new AtaTask(0x25, 0, 8), (AhciMachine.Buffer, 4096));
        machine.Execute(new AtaTask(0x25, 0, 8), (AhciMachine.Buffer, 4096));
        Assert.Equal(0, Allocation.Least(() =>
        {
            machine.Issue(0);
            machine.Disk.Drain();
            machine.SetPx(0x10, uint.MaxValue);
            machine[8] = 1;
        }));
    }

    [Fact]
    public void Any_registers_and_any_memory_leave_the_controller_alive()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var machine = new AhciMachine(cd: seed % 3 == 0);
            var noise = new byte[0x8000];
            for (int step = 0; step < 300; step++)
            {
                if (step % 50 == 0)
                {
                    random.NextBytes(noise);
                    for (int i = 0; i < noise.Length; i += 0x80)
                    {
                        // Enough sense to get further: frames that are commands, tables in memory.
                        noise[i] = 0x27;
                        noise[i + 1] |= 0x80;
                        noise.AsSpan(i + 10, 6).Clear();
                    }

                    machine.Memory.Write(0x1000, noise);
                }

                int register = random.Next(4) == 0 ? random.Next(0x40) & ~3 : 0x100 + (random.Next(0x40) & ~3);
                machine[register] = random.Next(3) == 0 ? (uint)random.Next() : 1u << random.Next(32);
                _ = machine[register];
                if (random.Next(3) == 0 && machine.Disk.Pending > 0)
                    machine.Disk.Complete(random.Next(machine.Disk.Pending));
            }

            machine.Disk.Run();
            machine[4] = 0x8000_0001;
            Assert.Equal(0x8000_0000u, machine[4]);
            machine.Start();
            Assert.Equal(0u, machine.Execute(new AtaTask(0xe5)) & 1);
        }
    }
}
