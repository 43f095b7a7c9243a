using System;
using System.Linq;
using System.Text;
using Kilonova.Ahci;
using Kilonova.Blocks;
using Kilonova.Registers;
using Xunit;

namespace Kilonova.Drivers.Tests.Ahci;

/// <summary>The AHCI driver against a fake of the controller: what it finds, what it does, and in which order.</summary>
public class AhciTests
{
    [Fact]
    public void Disks_and_drives_are_found_and_empty_ports_are_not()
    {
        AhciBench bench = new();
        bench.Controller.Plug(0, new FakeSataDevice(4096, "KILONOVA TEST DISK", "KN-0001"));
        bench.Controller.Plug(2, new FakeSataDevice(1000, sectorSize: 4096));
        bench.Controller.Plug(5, new FakeSataDevice(300, "FAKE CD", sectorSize: 2048, isPacket: true) { Attentions = 2 });
        bench.Start();

        Assert.Equal([0, 2, 5], bench.Changes.Order());
        DiskIdentity disk = bench[0].Identity!;
        Assert.Equal("KILONOVA TEST DISK", Encoding.ASCII.GetString(disk.Model));
        Assert.Equal("KN-0001", Encoding.ASCII.GetString(disk.Serial));
        Assert.Equal((4096ul, 512u, 32), (disk.Sectors, disk.SectorSize, bench[0].Depth));
        Assert.Equal((1000ul, 4096u), (bench[2].Identity!.Sectors, bench[2].Identity!.SectorSize));
        Assert.Equal((true, 300ul, 2048u), (bench[5].Identity!.IsPacket, bench[5].Identity!.Sectors, bench[5].Identity!.SectorSize));
        Assert.Equal(PortState.Absent, bench[1].State);
        Assert.Null(bench[1].Identity);
    }

    [Theory]
    [InlineData(32, true, true)]
    [InlineData(8, true, true)]
    [InlineData(0, true, true)]
    [InlineData(0, true, false)]
    [InlineData(0, false, false)]
    public void What_is_written_is_read_back_from_any_pieces_in_any_order(int depth, bool has48, bool fua)
    {
        AhciBench bench = new();
        FakeSataDevice disk = new(4096) { QueueDepth = depth, Has48 = has48, HasFua = fua };
        bench.Controller.Plug(0, disk);
        bench.Start();
        Random random = new(depth);
        byte[] model = new byte[disk.Contents.Length];
        FakeDma[] buffers = [.. Enumerable.Range(0, 64).Select(_ => bench.Ram.Take(64 * 512))];
        for (int round = 0; round < 30; round++)
        {
            // Requests of a round do not meet, so that their order does not matter.
            (DiskRequest Request, FakeDma Buffer)[] requests = new (DiskRequest, FakeDma)[64];
            for (int i = 0; i < requests.Length; i++)
            {
                uint count = (uint)random.Next(1, 64);
                ulong sector = (ulong)(i * 64);
                FakeDma buffer = new(bench.Ram, buffers[i].DeviceAddress, (int)count * 512);
                bool isWrite = random.Next(2) == 0;
                if (isWrite)
                {
                    random.NextBytes(bench.Ram.At(buffer.DeviceAddress, buffer.Length));
                    bench.Ram.At(buffer.DeviceAddress, buffer.Length).CopyTo(model.AsSpan((int)sector * 512));
                }

                DiskOperation operation = isWrite ? DiskOperation.Write : DiskOperation.Read;
                requests[i] = (bench.Request(operation, sector, count, buffer, random.Next(4) == 0, (uint)random.Next(600, 5000) & ~1u), buffer);
                _ = bench.Submit(0, requests[i].Request);
                if (random.Next(8) == 0)
                    bench.Turn(random, random.Next(5));
            }

            bench.Drain(random, random.Next(1, 9));
            foreach ((DiskRequest request, FakeDma buffer) in requests)
            {
                Assert.Equal(DiskStatus.Ok, request.Status);
                if (request.Operation == DiskOperation.Read)
                    Assert.True(model.AsSpan((int)request.Sector * 512, buffer.Length).SequenceEqual(bench.Ram.At(buffer.DeviceAddress, buffer.Length)));
            }
        }

        Assert.Equal(model, disk.Contents);
        Assert.InRange(bench.Controller.MostOutstanding, 1, Math.Max(depth, 1));
        Assert.True(depth == 0 || bench.Controller.MostOutstanding == depth, "the queue is used");
    }

    [Fact]
    public void Nothing_overtakes_a_flush()
    {
        AhciBench bench = new();
        FakeSataDevice disk = new(4096);
        bench.Controller.Plug(0, disk);
        bench.Start();
        FakeDma buffer = bench.Ram.Take(512);
        for (int i = 0; i < 40; i++)
        {
            for (int j = 0; j < 7; j++)
                _ = bench.Submit(0, bench.Request(DiskOperation.Write, (ulong)(i * 7 + j), 1, buffer));

            _ = bench.Submit(0, bench.Request(DiskOperation.Flush, 0, 0));
        }

        bench.Drain(new Random(1), 3);
        for (int i = 0; i < 40; i++)
        {
            Assert.Equal(Enumerable.Range(i * 7, 7).Select(n => $"W{n}").Order(), disk.Journal.Skip(i * 8).Take(7).Order());
            Assert.Equal("F", disk.Journal[i * 8 + 7]);
        }
    }

    [Fact]
    public void A_forced_write_is_forced_or_flushed()
    {
        AhciBench bench = new();
        FakeSataDevice[] disks =
        [
            new(64), new(64) { QueueDepth = 0 }, new(64) { QueueDepth = 0, HasFua = false },
        ];
        for (int i = 0; i < disks.Length; i++)
            bench.Controller.Plug(i, disks[i]);

        bench.Start();
        FakeDma buffer = bench.Ram.Take(512);
        for (int i = 0; i < disks.Length; i++)
            Assert.Equal(DiskStatus.Ok, bench.Do(i, bench.Request(DiskOperation.Write, 5, 1, buffer, forced: true)).Status);

        Assert.Equal(["WF5"], disks[0].Journal);
        Assert.Equal(["WF5"], disks[1].Journal);
        Assert.Equal(["W5", "F"], disks[2].Journal);
    }

    [Fact]
    public void Blocks_are_given_back()
    {
        AhciBench bench = new();
        FakeSataDevice disk = new(70_000);
        Array.Fill(disk.Contents, (byte)7);
        bench.Controller.Plug(0, disk);
        bench.Start();

        Assert.Equal(DiskStatus.Ok, bench.Do(0, bench.Request(DiskOperation.Discard, 100, 0x1_0000)).Status);
        Assert.Equal(["T100", "T65635"], disk.Journal);
        Assert.Equal(7, disk.Contents[100 * 512 - 1]);
        Assert.True(disk.Contents.AsSpan(100 * 512, 0x1_0000 * 512).IndexOfAnyExcept((byte)0) < 0);
        Assert.Equal(7, disk.Contents[(100 + 0x1_0000) * 512]);
    }

    [Fact]
    public void A_drive_reads_and_writes_nothing()
    {
        AhciBench bench = new();
        FakeSataDevice drive = new(300, sectorSize: 2048, isPacket: true);
        new Random(5).NextBytes(drive.Contents);
        bench.Controller.Plug(0, drive);
        bench.Start();
        FakeDma buffer = bench.Ram.Take(8 * 2048);

        Assert.Equal(DiskStatus.Ok, bench.Do(0, bench.Request(DiskOperation.Read, 257, 8, buffer)).Status);
        Assert.True(drive.Contents.AsSpan(257 * 2048, 8 * 2048).SequenceEqual(bench.Ram.At(buffer.DeviceAddress, buffer.Length)));
        Assert.Equal(DiskStatus.Invalid, bench.Driver.Submit(0, bench.Request(DiskOperation.Write, 0, 8, buffer)));
    }

    [Fact]
    public void What_is_not_the_disks_or_out_of_reach_is_refused()
    {
        FakeRam ram = new(0xffff_0000, 1 << 20);
        FakeTime time = new();
        AhciBench bench = new(null, time, ram);
        bench.Controller.Plug(0, new FakeSataDevice(64) { HasTrim = false });
        bench.Start();
        ulong at = bench.Ram.First;
        DiskStatus Try(DiskOperation operation, ulong sector, uint count, params DmaSegment[] segments)
        {
            DiskRequest request = bench.Request(operation, sector, count);
            foreach (DmaSegment segment in segments)
                Assert.True(request.TryAdd(segment));

            return bench.Driver.Submit(0, request);
        }

        Assert.Equal(DiskStatus.Invalid, Try(DiskOperation.Read, 64, 1, new DmaSegment(at, 512)));
        Assert.Equal(DiskStatus.Invalid, Try(DiskOperation.Read, 63, 2, new DmaSegment(at, 1024)));
        Assert.Equal(DiskStatus.Invalid, Try(DiskOperation.Read, ulong.MaxValue, 2, new DmaSegment(at, 1024)));
        Assert.Equal(DiskStatus.Invalid, Try(DiskOperation.Read, 0, 0));
        Assert.Equal(DiskStatus.Invalid, Try(DiskOperation.Read, 0, 1, new DmaSegment(at, 510)));
        Assert.Equal(DiskStatus.Invalid, Try(DiskOperation.Read, 0, 1, new DmaSegment(at + 1, 512)));
        Assert.Equal(DiskStatus.Invalid, Try(DiskOperation.Read, 0, 1, new DmaSegment(at, 511), new DmaSegment(at + 600, 1)));
        Assert.Equal(DiskStatus.Invalid, Try(DiskOperation.Read, 0, 1, new DmaSegment(ulong.MaxValue - 100, 512)));
        Assert.Equal(DiskStatus.Invalid, Try(DiskOperation.Discard, 0, 1));
        Assert.Equal(DiskStatus.Invalid, Try((DiskOperation)9, 0, 1, new DmaSegment(at, 512)));
        Assert.Equal(DiskStatus.Gone, bench.Driver.Submit(1, bench.Request(DiskOperation.Flush, 0, 0)));
        Assert.Equal(DiskStatus.Gone, bench.Driver.Submit(99, bench.Request(DiskOperation.Flush, 0, 0)));
    }

    [Fact]
    public void A_controller_of_32_bits_gets_no_address_above_4_gib()
    {
        FakeRam ram = new(0x1000_0000, 4 << 20);
        FakeTime time = new();
        AhciBench bench = new(new FakeAhci(ram, time, has64: false), time, ram);
        bench.Controller.Plug(0, new FakeSataDevice(64));
        bench.Start();
        DiskRequest request = bench.Request(DiskOperation.Read, 0, 1);
        Assert.True(request.TryAdd(new DmaSegment(0x1_0000_0000, 512)));

        Assert.Equal(DiskStatus.Invalid, bench.Driver.Submit(0, request));
    }

    [Fact]
    public void Requests_allocate_nothing()
    {
        AhciBench bench = new();
        FakeSataDevice disk = new(64);
        bench.Controller.Plug(0, disk);
        bench.Start();
        DiskRequest request = bench.Request(DiskOperation.Write, 0, 1, bench.Ram.Take(512), forced: true);
        bench.Completed.Capacity = 4096;
        long allocated = 0;
        for (int i = 0; i < 1000; i++)
        {
            bench.Readmit(request);
            long before = GC.GetAllocatedBytesForCurrentThread();
            _ = bench.Driver.Submit(0, request);
            long submitted = GC.GetAllocatedBytesForCurrentThread();
            bench.Controller.Run();
            long done = GC.GetAllocatedBytesForCurrentThread();
            bench.Driver.HandleInterrupt();
            _ = bench.Driver.Advance();
            allocated += i < 500 ? 0 : submitted - before + GC.GetAllocatedBytesForCurrentThread() - done;
        }

        Assert.Equal(1000, bench.Completed.Count);
        Assert.Equal(0, allocated);
    }
}
