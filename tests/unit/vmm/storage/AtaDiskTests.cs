using System;
using System.Linq;
using System.Text;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>Commands of disk and CD drive: ATA8-ACS, MMC-5.</summary>
public sealed class AtaDiskTests
{
    private static int Word(byte[] data, int word) => data[2 * word] | (data[(2 * word) + 1] << 8);

    private static string Text(byte[] data, int word, int words) => new(
        Encoding.ASCII.GetString(data, 2 * word, 2 * words).Chunk(2).SelectMany(pair => pair.Reverse()).ToArray());

    [Fact]
    public void Identify_names_the_disk_and_its_size()
    {
        var machine = new AhciMachine(sectors: 4096);
        byte[] data = machine.Fetch(new AtaTask(0xec), 512);
        Assert.Equal("testdisk            ", Text(data, 10, 10));
        Assert.Equal("version ", Text(data, 23, 4));
        Assert.Equal("TEST", Text(data, 27, 20).TrimEnd());
        Assert.Equal(512, Word(data, 5));
        Assert.Equal(4096, Word(data, 60));
        Assert.Equal(4096, Word(data, 100));
        Assert.Equal(31, Word(data, 75));
        Assert.Equal(0x5000, Word(data, 108));
        Assert.Equal(0, data.Sum(b => b) & 0xff);
        Assert.Equal(3u, machine.Px(0x10));
        Assert.Equal(0x5f, machine.Received(0x20));
        Assert.Equal(512, machine.Received(0x30) | (machine.Received(0x31) << 8));
    }

    [Fact]
    public void The_last_address_is_told_in_both_widths()
    {
        var machine = new AhciMachine(sectors: 4096);
        machine.Execute(new AtaTask(0x27));
        Assert.Equal(0xfff, machine.Received(0x44) | (machine.Received(0x45) << 8));
        machine.Execute(new AtaTask(0xf8));
        Assert.Equal(0xfff, machine.Received(0x44) | (machine.Received(0x45) << 8));
    }

    [Fact]
    public void A_count_of_zero_is_the_largest()
    {
        var machine = new AhciMachine(sectors: 70000);
        machine.Execute(new AtaTask(0xc8), (AhciMachine.Buffer, 256 * 512));
        Assert.Equal(256u * 512, machine.Transferred(0));
        machine.Execute(new AtaTask(0x25), [.. Enumerable.Range(0, 16).Select(_ => (AhciMachine.Buffer, 2 << 20))]);
        Assert.Equal(65536u * 512, machine.Transferred(0));
    }

    [Fact]
    public void Sectors_are_found_by_cylinder_and_head()
    {
        var machine = new AhciMachine();
        machine.Execute(new AtaTask(0xc8, 2 | (1 << 8), 1) { Device = 3 }, (AhciMachine.Buffer, 512));
        Assert.Equal(["Read 1198+1"], machine.Disk.Log);
        Assert.Equal(0x0451u, machine.Execute(new AtaTask(0xc8, 0, 1) { Device = 0 }, (AhciMachine.Buffer, 512)));
    }

    [Fact]
    public void Multiple_sectors_make_a_block()
    {
        var machine = new AhciMachine();
        machine.Execute(new AtaTask(0xc6, 0, 4));
        machine.Execute(new AtaTask(0xc4, 0, 6), (AhciMachine.Buffer, 6 * 512));
        Assert.Equal(1024, machine.Received(0x30) | (machine.Received(0x31) << 8));
        Assert.Equal(0x0451u, machine.Execute(new AtaTask(0xc6, 0, 3)));
        machine.Recover();
        machine.Execute(new AtaTask(0xc6, 0, 0));
        Assert.Equal(0x0451u, machine.Execute(new AtaTask(0xc4, 0, 1), (AhciMachine.Buffer, 512)));
    }

    [Fact]
    public void A_single_block_to_the_disk_by_PIO_interrupts_once()
    {
        var machine = new AhciMachine();
        machine.Execute(new AtaTask(0x30, 0, 1) { IsWrite = true }, (AhciMachine.Buffer, 512));
        Assert.Equal(1u, machine.Px(0x10));
        machine.Execute(new AtaTask(0x30, 0, 2) { IsWrite = true }, (AhciMachine.Buffer, 1024));
        Assert.Equal(3u, machine.Px(0x10));
    }

    [Fact]
    public void Without_write_cache_each_write_is_flushed()
    {
        var machine = new AhciMachine();
        machine.Execute(new AtaTask(0xef) { Features = 0x82 });
        machine.Execute(new AtaTask(0x35, 5, 1) { IsWrite = true }, (AhciMachine.Buffer, 512));
        Assert.Equal(["Flush 0+0", "Write 5+1", "Flush 0+0"], machine.Disk.Log);
        Assert.Equal(512u, machine.Transferred(0));
        machine.Execute(new AtaTask(0xef) { Features = 2 });
        machine.Execute(new AtaTask(0x3d, 6, 1) { IsWrite = true }, (AhciMachine.Buffer, 512));
        Assert.Equal("Write 6+1!", machine.Disk.Log[^1]);
    }

    [Fact]
    public void Trim_discards_each_range()
    {
        var machine = new AhciMachine();
        var ranges = new byte[512];
        BitConverter.TryWriteBytes(ranges, 10ul | (5ul << 48));
        BitConverter.TryWriteBytes(ranges.AsSpan(16), 100ul | (1ul << 48));
        machine.Memory.Write(AhciMachine.Buffer, ranges);
        Assert.Equal(0x50u, machine.Execute(new AtaTask(6, 0, 1) { Features = 1, IsWrite = true }, (AhciMachine.Buffer, 512)));
        Assert.Equal(["Discard 10+5", "Discard 100+1"], machine.Disk.Log);
        BitConverter.TryWriteBytes(ranges.AsSpan(24), 4095ul | (2ul << 48));
        machine.Memory.Write(AhciMachine.Buffer, ranges);
        Assert.Equal(0x1051u, machine.Execute(new AtaTask(6, 0, 1) { Features = 1, IsWrite = true }, (AhciMachine.Buffer, 512)));
    }

    [Fact]
    public void A_protected_disk_refuses_writes()
    {
        var machine = new AhciMachine(readOnly: true);
        Assert.Equal(0x0451u, machine.Execute(new AtaTask(0x35, 0, 1) { IsWrite = true }, (AhciMachine.Buffer, 512)));
        Assert.Empty(machine.Disk.Log);
    }

    [Theory]
    [InlineData(0x05)]
    [InlineData(0xa0)]
    [InlineData(0xa1)]
    [InlineData(0xff)]
    public void Unknown_commands_are_aborted(byte command) =>
        Assert.Equal(0x0451u, new AhciMachine().Execute(new AtaTask(command)));

    [Fact]
    public void Smart_says_that_all_is_well()
    {
        var machine = new AhciMachine();
        machine.Execute(new AtaTask(0xb0, 0xc24f00) { Features = 0xda });
        Assert.Equal(0x4f, machine.Received(0x45));
        Assert.Equal(0xc2, machine.Received(0x46));
        Assert.Equal(0, machine.Fetch(new AtaTask(0xb0, 0xc24f00) { Features = 0xd0 }, 512).Sum(b => b) & 0xff);
        Assert.Equal(0x0451u, machine.Execute(new AtaTask(0xb0) { Features = 0xda }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2048)]
    public void A_disc_is_read_by_DMA_and_by_PIO(int limit)
    {
        var machine = new AhciMachine(sectors: 64, cd: true);
        for (int i = 0; i < 12; i++)
            machine.Disk.Sector(4 + i).Fill((byte)(i + 1));
        byte[] data = machine.Fetch(AtaTask.Scsi(limit, 0x28, 0, 0, 0, 0, 1, 0, 0, 3), 3 * 2048);
        Assert.Equal(1, data[0]);
        Assert.Equal(12, data[^1]);
        Assert.Equal(limit == 0 ? 1u : 3u, machine.Px(0x10));
        Assert.Equal(limit == 0 ? 12 : 2048, machine.Received(0x30) | (machine.Received(0x31) << 8));
        Assert.Equal(3u * 2048, machine.Transferred(0));
    }

    [Fact]
    public void Sense_tells_why_a_packet_failed()
    {
        var machine = new AhciMachine(sectors: 64, cd: true);
        Assert.Equal(0x5051u, machine.Execute(AtaTask.Scsi(2048, 0x28, 0, 0, 0, 0, 16, 0, 0, 1), (AhciMachine.Buffer, 2048)));
        machine.Recover();
        byte[] sense = machine.Fetch(AtaTask.Scsi(2048, 3, 0, 0, 0, 18), 18);
        Assert.Equal(5, sense[2]);
        Assert.Equal(0x21, sense[12]);
        sense = machine.Fetch(AtaTask.Scsi(2048, 3, 0, 0, 0, 18), 18);
        Assert.Equal(0, sense[2]);
        Assert.Equal(18, machine.Received(0x30));
    }

    [Fact]
    public void A_changed_disc_is_noticed_in_two_steps()
    {
        var machine = new AhciMachine(sectors: 64, cd: true);
        Assert.True(machine.Drive!.MoveTray(true));
        machine.Drive.SetDisc(false);
        machine.Drive.SetDisc(true);
        Assert.True(machine.Drive.MoveTray(false));
        Assert.Equal(0x2051u, machine.Execute(AtaTask.Scsi(2048, 0)));
        machine.Recover();
        Assert.Equal(0x6051u, machine.Execute(AtaTask.Scsi(2048, 0)));
        machine.Recover();
        Assert.Equal(0x50u, machine.Execute(AtaTask.Scsi(2048, 0)));
    }

    [Fact]
    public void A_locked_tray_stays_closed()
    {
        var machine = new AhciMachine(sectors: 64, cd: true);
        machine.Execute(AtaTask.Scsi(2048, 0x1e, 0, 0, 0, 1));
        Assert.False(machine.Drive!.MoveTray(true));
        Assert.Equal(0x5051u, machine.Execute(AtaTask.Scsi(2048, 0x1b, 0, 0, 0, 2)));
        machine.Recover();
        machine.Execute(AtaTask.Scsi(2048, 0x1e, 0, 0, 0, 0));
        Assert.Equal(0x50u, machine.Execute(AtaTask.Scsi(2048, 0x1b, 0, 0, 0, 2)));
        Assert.Equal(0x2051u, machine.Execute(AtaTask.Scsi(2048, 0)));
    }

    [Fact]
    public void A_drive_describes_itself_and_its_disc()
    {
        var machine = new AhciMachine(sectors: 64, cd: true);
        Assert.Equal(0x85c0, Word(machine.Fetch(new AtaTask(0xa1), 512), 0));
        byte[] inquiry = machine.Fetch(AtaTask.Scsi(2048, 0x12, 0, 0, 0, 36), 36);
        Assert.Equal(5, inquiry[0]);
        Assert.Equal([0, 0, 0, 15, 0, 0, 8, 0], machine.Fetch(AtaTask.Scsi(2048, 0x25), 8));
        byte[] toc = machine.Fetch(AtaTask.Scsi(2048, 0x43, 0, 0, 0, 0, 0, 0, 0, 255), 20);
        Assert.Equal([0, 18, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, 0xaa, 0, 0, 0, 0, 16], toc);
        byte[] configuration = machine.Fetch(AtaTask.Scsi(2048, 0x46, 0, 0, 0, 0, 0, 0, 0, 8), 8);
        Assert.Equal([0, 8], configuration[6..8]);
        byte[] events = machine.Fetch(AtaTask.Scsi(2048, 0x4a, 1, 0, 0, 16, 0, 0, 0, 8), 8);
        Assert.Equal([0, 6, 4, 16, 0, 2, 0, 0], events);
        Assert.Equal(0x5051u, machine.Execute(AtaTask.Scsi(2048, 0xff)));
    }
}
