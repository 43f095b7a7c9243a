using System;
using System.Linq;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>The block device (OASIS Virtual I/O Device 1.2, section 5.2).</summary>
public sealed class VirtioBlockTests
{
    private const ulong Flush = 1 << 9;
    private const ulong MultiQueue = 1 << 12;
    private const ulong Discard = 1 << 13;
    private const ulong WriteZeroes = 1 << 14;
    private const ulong Features = VirtioMachine.Indirect | Flush | Discard | WriteZeroes;
    private const uint NeedsReset = 64;
    private const ulong Header = 0x20_0000;
    private const ulong Status = 0x20_8000;
    private const byte Untouched = 0xee;

    private FakeDisk? _disk;

    private FakeDisk Disk => _disk!;

    private VirtioMachine NewMachine(int sectors = 4096, int depth = int.MaxValue, bool readOnly = false, int queues = 1, bool zeroes = true) =>
        new(machine =>
        {
            _disk = zeroes ? new ZeroingDisk(machine.Memory, sectors) { Depth = depth, IsReadOnly = readOnly }
                : new FakeDisk(machine.Memory, sectors) { Depth = depth, IsReadOnly = readOnly };
            return new VirtioBlock(machine.Memory, _disk, "disk of the test", queues, machine, new HostLock());
        });

    // Header and status of a request by its number: requests under way must not share them.
    private static Piece[] Request(VirtioMachine machine, int number, uint type, ulong sector, params Piece[] data)
    {
        ulong header = Header + ((ulong)number * 16);
        machine.Memory.TryStore(header, 8, type);
        machine.Memory.TryStore(header + 8, 8, sector);
        machine.Memory.TryStore(Status + (ulong)number, 1, Untouched);
        return [new Piece(header, 16), .. data, new Piece(Status + (ulong)number, 1, Write: true)];
    }

    private static byte StatusOf(VirtioMachine machine, int number = 0) => (byte)machine.Load(Status + (ulong)number, 1);

    // Runs one request to its end and returns its status.
    private byte Execute(VirtioMachine machine, DriverQueue queue, uint type, ulong sector, params Piece[] data)
    {
        queue.Add(Request(machine, 0, type, sector, data));
        queue.Notify();
        Disk.Run();
        return queue.TryTake(out _, out _) ? StatusOf(machine) : throw new InvalidOperationException("the request has not ended");
    }

    private static Piece Ranges(VirtioMachine machine, params (ulong Sector, uint Count, uint Flags)[] ranges)
    {
        for (int i = 0; i < ranges.Length; i++)
        {
            machine.Memory.TryStore(VirtioMachine.Buffer + ((ulong)i * 16), 8, ranges[i].Sector);
            machine.Memory.TryStore(VirtioMachine.Buffer + ((ulong)i * 16) + 8, 4, ranges[i].Count);
            machine.Memory.TryStore(VirtioMachine.Buffer + ((ulong)i * 16) + 12, 4, ranges[i].Flags);
        }

        return new Piece(VirtioMachine.Buffer, ranges.Length * 16);
    }

    [Fact]
    public void The_configuration_describes_the_disk()
    {
        VirtioMachine machine = NewMachine(queues: 3);
        Assert.Equal(0x1042_1af4u, machine.ReadConfiguration(0, 4));
        Assert.Equal(4096ul, machine.DeviceSpecific(0, 8));
        Assert.Equal(126ul, machine.DeviceSpecific(12, 4));
        Assert.Equal(512ul, machine.DeviceSpecific(20, 4));
        Assert.Equal(3ul, machine.DeviceSpecific(34, 2));
        Assert.Equal(16ul, machine.DeviceSpecific(40, 4));
        Assert.Equal(3u, machine.Common(0x12, 2));
        Assert.Equal(Flush | MultiQueue | Discard | WriteZeroes, machine.OfferedFeatures & (Flush | MultiQueue | Discard | WriteZeroes | 1 << 5));
        Assert.Equal(Flush | 1 << 5, NewMachine(readOnly: true).OfferedFeatures & (Flush | MultiQueue | Discard | WriteZeroes | 1 << 5));
        Assert.Equal(0ul, NewMachine(zeroes: false).OfferedFeatures & WriteZeroes);
    }

    [Fact]
    public void What_was_written_is_read_back_in_other_pieces()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Features)[0];
        var data = new byte[8 * 512];
        new Random(1).NextBytes(data);
        machine.Memory.Write(VirtioMachine.Buffer, data);
        Assert.Equal(0, Execute(machine, queue, 1, 100, new Piece(VirtioMachine.Buffer, 1000), new Piece(VirtioMachine.Buffer + 1000, 3096)));
        Piece first = new(VirtioMachine.Buffer + 0x8000, 4000, Write: true);
        Piece second = new(VirtioMachine.Buffer + 0x9000, 96, Write: true);
        queue.AddIndirect(Request(machine, 0, 0, 100, first, second));
        queue.Notify();
        Disk.Run();
        Assert.Equal(4097, queue.Take());
        Assert.Equal(data[..4000], machine.Read(VirtioMachine.Buffer + 0x8000, 4000));
        Assert.Equal(data[4000..], machine.Read(VirtioMachine.Buffer + 0x9000, 96));
        Assert.Equal(["Write 100+8", "Read 100+8"], Disk.Log);
    }

    [Fact]
    public void Header_data_and_status_may_share_descriptors_or_be_split()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Features)[0];
        Piece[] pieces = Request(machine, 0, 1, 7);
        // The header in three pieces, the last of them with data behind it: it lies where the data begins.
        machine.Memory.Write(VirtioMachine.Buffer, machine.Read(pieces[0].Address + 10, 6));
        machine.Memory.Write(VirtioMachine.Buffer + 6, Enumerable.Repeat((byte)0x5a, 512).ToArray());
        queue.Add(pieces[0] with { Length = 3 }, new Piece(pieces[0].Address + 3, 7), new Piece(VirtioMachine.Buffer, 518), pieces[1]);
        queue.Notify();
        Disk.Run();
        Assert.Equal(1, queue.Take());
        Assert.Equal(0, StatusOf(machine));
        Assert.Equal(0x5a, Disk.Sector(7)[511]);
        Request(machine, 0, 0, 7);
        queue.Add(pieces[0], new Piece(VirtioMachine.Buffer + 0x1000, 513, Write: true));
        queue.Notify();
        Disk.Run();
        Assert.Equal(513, queue.Take());
        Assert.Equal(0x5aul, machine.Load(VirtioMachine.Buffer + 0x1000 + 511, 1));
        Assert.Equal(0ul, machine.Load(VirtioMachine.Buffer + 0x1000 + 512, 1));
    }

    [Fact]
    public void A_flush_goes_to_the_disk_and_without_it_writes_are_forced()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Features)[0];
        Assert.Equal(0, Execute(machine, queue, 1, 0, new Piece(VirtioMachine.Buffer, 512)));
        Assert.Equal(0, Execute(machine, queue, 4, 0));
        queue = machine.Start(VirtioMachine.Indirect)[0];
        Assert.Equal(0, Execute(machine, queue, 1, 0, new Piece(VirtioMachine.Buffer, 512)));
        Assert.Equal(["Write 0+1", "Flush 0+0", "Write 0+1!"], Disk.Log);
    }

    [Fact]
    public void The_disk_tells_its_name()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Features)[0];
        machine.Memory.Write(VirtioMachine.Buffer, Enumerable.Repeat(Untouched, 32).ToArray());
        queue.Add(Request(machine, 0, 8, 0, new Piece(VirtioMachine.Buffer, 20, Write: true)));
        queue.Notify();
        Assert.Equal(21, queue.Take());
        Assert.Equal([.. "disk of the test\0\0\0\0"u8, Untouched], machine.Read(VirtioMachine.Buffer, 21));
        queue.Add(Request(machine, 0, 8, 0, new Piece(VirtioMachine.Buffer, 32, Write: true)));
        queue.Notify();
        Assert.Equal(20, queue.Take());
        queue.Add(Request(machine, 0, 8, 0, new Piece(VirtioMachine.Buffer + 0x100, 4, Write: true)));
        queue.Notify();
        Assert.Equal(5, queue.Take());
        Assert.Equal([.. "disk"u8, 0], machine.Read(VirtioMachine.Buffer + 0x100, 5));
    }

    [Fact]
    public void Ranges_are_discarded_and_zeroed_one_after_another()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Features)[0];
        Assert.Equal(0, Execute(machine, queue, 11, 0, Ranges(machine, (8, 16, 0), (100, 0, 0), (4095, 1, 0))));
        Assert.Equal(0, Execute(machine, queue, 13, 0, Ranges(machine, (0, 4096, 1))));
        Assert.Equal(["Discard 8+16", "Discard 4095+1", "WriteZeroes 0+4096"], Disk.Log);
        Assert.Equal(0, Execute(machine, queue, 11, 0, Ranges(machine, (8, 0, 0))));
        Assert.Equal(3, Disk.Log.Count);
    }

    [Fact]
    public void Ranges_that_are_wrong_leave_the_disk_alone()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Features)[0];
        Assert.Equal(1, Execute(machine, queue, 11, 0, Ranges(machine, (0, 8, 0), (4095, 2, 0))));
        Assert.Equal(1, Execute(machine, queue, 11, 0, Ranges(machine, (ulong.MaxValue, 2, 0))));
        Assert.Equal(2, Execute(machine, queue, 11, 0, Ranges(machine, (0, 8, 1))));
        Assert.Equal(2, Execute(machine, queue, 13, 0, Ranges(machine, (0, 8, 2))));
        Assert.Equal(1, Execute(machine, queue, 11, 0, new Piece(VirtioMachine.Buffer, 15)));
        Assert.Equal(1, Execute(machine, queue, 11, 0));
        Assert.Equal(1, Execute(machine, queue, 11, 0, Ranges(machine, [.. Enumerable.Range(0, 17).Select(i => ((ulong)i, 1u, 0u))])));
        queue = machine.Start(VirtioMachine.Indirect)[0];
        Assert.Equal(2, Execute(machine, queue, 11, 0, Ranges(machine, (0, 8, 0))));
        Assert.Equal(2, Execute(machine, queue, 13, 0, Ranges(machine, (0, 8, 0))));
        Assert.Empty(Disk.Log);
    }

    [Fact]
    public void A_range_that_fails_ends_the_request()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Features)[0];
        Disk.Status = BlockStatus.MediumError;
        Assert.Equal(1, Execute(machine, queue, 11, 0, Ranges(machine, (0, 8, 0), (8, 8, 0))));
        Assert.Equal(["Discard 0+8"], Disk.Log);
    }

    [Fact]
    public void Requests_that_are_wrong_fail_by_their_status()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Features)[0];
        Assert.Equal(2, Execute(machine, queue, 77, 0));
        Assert.Equal(1, Execute(machine, queue, 0, 4096, new Piece(VirtioMachine.Buffer, 512, Write: true)));
        Assert.Equal(1, Execute(machine, queue, 0, 4095, new Piece(VirtioMachine.Buffer, 1024, Write: true)));
        Assert.Equal(1, Execute(machine, queue, 1, ulong.MaxValue, new Piece(VirtioMachine.Buffer, 512)));
        Assert.Equal(1, Execute(machine, queue, 1, 0, new Piece(VirtioMachine.Buffer, 511)));
        Assert.Equal(1, Execute(machine, queue, 1, 0));
        Assert.Empty(Disk.Log);
        machine = NewMachine(readOnly: true);
        queue = machine.Start(Flush)[0];
        Assert.Equal(1, Execute(machine, queue, 1, 0, new Piece(VirtioMachine.Buffer, 512)));
        Assert.Equal(0, Execute(machine, queue, 0, 0, new Piece(VirtioMachine.Buffer, 512, Write: true)));
    }

    [Fact]
    public void A_read_that_fails_claims_no_bytes()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Features)[0];
        Disk.Status = BlockStatus.MediumError;
        queue.Add(Request(machine, 0, 0, 0, new Piece(VirtioMachine.Buffer, 512, Write: true)));
        queue.Notify();
        Disk.Run();
        Assert.Equal(0, queue.Take());
        Assert.Equal(1, StatusOf(machine));
    }

    [Fact]
    public void A_request_without_header_or_place_for_its_status_needs_a_reset()
    {
        foreach (Piece[] pieces in new Piece[][]
        {
            [new(Header, 15), new(Status, 1, Write: true)], [new(Header, 16)], [new(Status, 1, Write: true)], [new(Header, 16), new(Status, 0, Write: true)],
        })
        {
            VirtioMachine machine = NewMachine();
            DriverQueue queue = machine.Start(Features)[0];
            queue.Add(pieces);
            queue.Notify();
            Assert.Equal(VirtioMachine.Ready | NeedsReset, machine.Status);
            machine.Status = 0;
            Assert.Equal(0u, machine.Status);
        }
    }

    [Fact]
    public void Requests_end_in_the_disks_order_and_carry_their_own_heads()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Features)[0];
        ushort first = queue.Add(Request(machine, 0, 1, 0, new Piece(VirtioMachine.Buffer, 512)));
        ushort second = queue.Add(Request(machine, 1, 1, 1, new Piece(VirtioMachine.Buffer, 512)));
        queue.Notify();
        Disk.Complete(1);
        Assert.True(queue.TryTake(out ushort head, out _));
        Assert.Equal(second, head);
        Assert.Equal(Untouched, StatusOf(machine, 0));
        Disk.Complete(0);
        Assert.True(queue.TryTake(out head, out _));
        Assert.Equal(first, head);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(1, true)]
    [InlineData(3, true)]
    public void What_finds_no_room_waits_and_no_request_is_lost(int depth, bool events)
    {
        VirtioMachine machine = NewMachine(depth: depth, queues: 2);
        machine.UseVectors();
        DriverQueue[] queues = machine.Start(Features | MultiQueue | (events ? VirtioMachine.EventIndex : 0), 32);
        for (int i = 0; i < 10; i++)
        {
            queues[i % 2].Add(Request(machine, i, 1, (ulong)i, new Piece(VirtioMachine.Buffer, 512)));
            queues[i % 2].Notify();
        }

        queues[0].Add(Request(machine, 10, 11, 0, Ranges(machine, (0, 8, 0), (8, 8, 0), (16, 8, 0))));
        queues[0].Notify();
        Assert.Equal(depth, Disk.Pending);
        Disk.Run();
        Assert.Equal(13, Disk.Log.Count);
        Assert.All(Enumerable.Range(0, 11), i => Assert.Equal(0, StatusOf(machine, i)));
        for (int i = 0; i < 11; i++)
            Assert.True(queues[i == 10 ? 0 : i % 2].TryTake(out _, out _));
        Assert.Contains(0x41u, machine.Sent);
        Assert.Contains(0x42u, machine.Sent);
    }

    [Fact]
    public void More_requests_than_the_device_holds_are_done_nevertheless()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Features, 128)[0];
        var done = 0;
        for (int i = 0; i < 40; i++)
            queue.Add(Request(machine, i, 1, (ulong)i, new Piece(VirtioMachine.Buffer, 512)));
        queue.Notify();
        Assert.Equal(40, Disk.Pending);
        Disk.Run();
        while (queue.TryTake(out _, out _))
            done++;
        Assert.Equal(40, done);
        VirtioMachine many = NewMachine(queues: 2);
        DriverQueue[] queues = many.Start(Features | MultiQueue, 128);
        for (int i = 0; i < 84; i++)
            queues[i / 42].Add(Request(many, i, 1, (ulong)i, new Piece(VirtioMachine.Buffer, 512)));
        queues[0].Notify();
        queues[1].Notify();
        Assert.Equal(64, Disk.Pending);
        Disk.Run();
        Assert.Equal(84, Disk.Log.Count);
    }

    [Fact]
    public void Reset_waits_for_the_disk_and_memory_is_the_guests_again_then()
    {
        VirtioMachine machine = NewMachine(depth: 2);
        DriverQueue queue = machine.Start(Features, 32)[0];
        for (int i = 0; i < 5; i++)
            queue.Add(Request(machine, i, 0, (ulong)i, new Piece(VirtioMachine.Buffer, 512, Write: true)));
        queue.Notify();
        machine.Status = 0;
        Assert.Equal(VirtioMachine.Ready, machine.Status);
        machine.SetCommon(0x16, 2, 5);
        machine.Status = 1;
        Assert.Equal(0u, machine.Common(0x16, 2));
        Disk.Complete(0);
        Assert.Equal(VirtioMachine.Ready, machine.Status);
        Disk.Complete(0);
        Assert.Equal(0u, machine.Status);
        Assert.Equal(0, Disk.Pending);
        Assert.All(Enumerable.Range(0, 5), i => Assert.Equal(Untouched, StatusOf(machine, i)));
        Assert.Equal(0ul, machine.Load(queue.Used + 2, 2));
        Assert.False(machine.Interrupt);
        queue = machine.Start(Features)[0];
        Assert.Equal(0, Execute(machine, queue, 1, 0, new Piece(VirtioMachine.Buffer, 512)));
    }

    [Fact]
    public void The_machines_reset_is_no_shorter()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Features)[0];
        queue.Add(Request(machine, 0, 0, 0, new Piece(VirtioMachine.Buffer, 512, Write: true)));
        queue.Notify();
        machine.Host.Reset();
        machine.Place();
        Assert.NotEqual(0u, machine.Status);
        Disk.Run();
        Assert.Equal(0u, machine.Status);
        Assert.Equal(Untouched, StatusOf(machine));
    }

    [Fact]
    public void A_head_that_is_shown_twice_needs_a_reset()
    {
        VirtioMachine machine = NewMachine();
        DriverQueue queue = machine.Start(Features)[0];
        ushort head = queue.Add(Request(machine, 0, 1, 0, new Piece(VirtioMachine.Buffer, 512)));
        queue.Show(head);
        queue.Notify();
        Assert.Equal(VirtioMachine.Ready | NeedsReset, machine.Status);
        Assert.Equal(1, Disk.Pending);
        Disk.Run();
        Assert.False(queue.TryTake(out _, out _));
        Assert.Equal(Untouched, StatusOf(machine));
        machine.Status = 0;
        Assert.Equal(0u, machine.Status);
    }

    [Fact]
    public void Nothing_is_allocated_for_a_request()
    {
        VirtioMachine machine = NewMachine();
        machine.IsQuiet = true;
        machine.UseVectors();
        DriverQueue queue = machine.Start(Features)[0];
        Piece[] pieces = Request(machine, 0, 0, 0, new Piece(VirtioMachine.Buffer, 4096, Write: true));
        Assert.Equal(0, Allocation.Least(() =>
        {
            queue.Add(pieces);
            queue.Notify();
            Disk.Drain();
            queue.TryTake(out _, out _);
            queue.AddIndirect(pieces);
            queue.Notify();
            Disk.Drain();
            queue.TryTake(out _, out _);
        }));
        Assert.Equal(0, StatusOf(machine));
    }

    private sealed class ZeroingDisk(GuestMemory memory, int sectors) : FakeDisk(memory, sectors), IZeroingDisk
    {
    }
}
