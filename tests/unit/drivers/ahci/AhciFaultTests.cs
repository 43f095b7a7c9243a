using System;
using System.Collections.Generic;
using System.Linq;
using Kilonova.Ahci;
using Kilonova.Blocks;
using Xunit;

namespace Kilonova.Drivers.Tests.Ahci;

/// <summary>Disks that fail, hang, vanish and are exchanged: every request comes back once, with the truth about it.</summary>
public class AhciFaultTests
{
    [Theory]
    [InlineData(32)]
    [InlineData(0)]
    public void A_passing_error_is_tried_again(int depth)
    {
        AhciBench bench = With(new FakeSataDevice(256) { QueueDepth = depth }, out FakeSataDevice disk);
        disk.Fail(17, 2);
        FakeDma buffer = bench.Ram.Take(256 * 512);
        List<DiskRequest> requests = [];
        for (ulong i = 0; i < 64; i++)
            requests.Add(bench.Submit(0, bench.Request(DiskOperation.Write, i, 1, new FakeDma(bench.Ram, buffer.DeviceAddress, 512))));

        bench.Drain(new Random(3), 2);

        Assert.All(requests, request => Assert.Equal(DiskStatus.Ok, request.Status));
    }

    [Theory]
    [InlineData(32)]
    [InlineData(0)]
    public void A_bad_block_fails_its_own_request_only(int depth)
    {
        AhciBench bench = With(new FakeSataDevice(256) { QueueDepth = depth }, out FakeSataDevice disk);
        disk.Fail(17, int.MaxValue);
        disk.Fail(40, int.MaxValue);
        FakeDma buffer = bench.Ram.Take(512);
        List<DiskRequest> requests = [];
        for (ulong i = 0; i < 64; i++)
            requests.Add(bench.Submit(0, bench.Request(DiskOperation.Read, i, 1, buffer)));

        bench.Drain(new Random(4), 3);

        foreach (DiskRequest request in requests)
            Assert.Equal(request.Sector is 17 or 40 ? DiskStatus.MediaError : DiskStatus.Ok, request.Status);

        Assert.Equal(PortState.Ready, bench[0].State);
        Assert.Equal(DiskStatus.Ok, bench.Do(0, bench.Request(DiskOperation.Read, 1, 1, buffer)).Status);
    }

    [Fact]
    public void A_disk_that_hangs_is_reset_and_nothing_is_lost()
    {
        AhciBench bench = With(new FakeSataDevice(256), out FakeSataDevice disk);
        disk.Hangs = 2;
        FakeDma buffer = bench.Ram.Take(512);
        ulong before = bench[0].Resets;
        List<DiskRequest> requests = [];
        for (ulong i = 0; i < 40; i++)
            requests.Add(bench.Submit(0, bench.Request(DiskOperation.Write, i, 1, buffer)));

        bench.Drain();

        Assert.All(requests, request => Assert.Equal(DiskStatus.Ok, request.Status));
        Assert.Equal((2ul, 2), (bench[0].Resets - before, bench.Resets));
    }

    [Fact]
    public void A_disk_that_hangs_for_ever_is_given_up_in_bounded_time()
    {
        AhciBench bench = With(new FakeSataDevice(256), out FakeSataDevice disk);
        FakeDma buffer = bench.Ram.Take(512);
        List<DiskRequest> requests = [];
        for (ulong i = 0; i < 40; i++)
            requests.Add(bench.Submit(0, bench.Request(DiskOperation.Write, i, 1, buffer)));

        disk.Hangs = int.MaxValue;
        bench.Drain(turns: 120_000);

        Assert.All(requests, request => Assert.Contains(request.Status, new[] { DiskStatus.TimedOut, DiskStatus.Gone }));
        Assert.Equal(PortState.Dead, bench[0].State);
        Assert.Equal([0, 0], bench.Changes);
        Assert.Equal(DiskStatus.Gone, bench.Driver.Submit(0, bench.Request(DiskOperation.Flush, 0, 0)));

        // Plugged in again, it is as good as new.
        disk.Hangs = 0;
        bench.Controller.Plug(0, null);
        bench.Turn();
        bench.Controller.Plug(0, disk);
        bench.Turn();
        bench.Settle();
        Assert.Equal(PortState.Ready, bench[0].State);
        Assert.Equal(DiskStatus.Ok, bench.Do(0, bench.Request(DiskOperation.Read, 1, 1, buffer)).Status);
    }

    [Fact]
    public void Requests_for_a_disk_that_was_exchanged_never_reach_the_new_one()
    {
        AhciBench bench = With(new FakeSataDevice(256, serial: "OLD"), out _);
        FakeDma buffer = bench.Ram.Take(512);
        bench.Ram.At(buffer.DeviceAddress, 512).Fill(0xee);
        List<DiskRequest> requests = [];
        for (ulong i = 0; i < 40; i++)
            requests.Add(bench.Submit(0, bench.Request(DiskOperation.Write, i, 1, buffer)));

        FakeSataDevice other = new(256, serial: "NEW");
        bench.Controller.Plug(0, other);
        bench.Drain();

        Assert.All(requests, request => Assert.Equal(DiskStatus.Gone, request.Status));
        Assert.DoesNotContain((byte)0xee, other.Contents);
        Assert.Equal([0, 0, 0], bench.Changes);
        Assert.Equal(PortState.Ready, bench[0].State);
    }

    [Fact]
    public void A_disk_that_comes_later_and_goes_is_told()
    {
        AhciBench bench = new AhciBench().Start();
        Assert.Empty(bench.Changes);

        bench.Controller.Plug(3, new FakeSataDevice(64));
        bench.Turn();
        bench.Settle();
        Assert.Equal([3], bench.Changes);
        Assert.NotNull(bench[3].Identity);

        DiskRequest request = bench.Submit(3, bench.Request(DiskOperation.Flush, 0, 0));
        bench.Controller.Plug(3, null);
        bench.Drain();
        Assert.Equal(DiskStatus.Gone, request.Status);
        Assert.Equal([3, 3], bench.Changes);
        Assert.Null(bench[3].Identity);
    }

    [Fact]
    public void Who_submits_from_a_completion_is_served()
    {
        AhciBench bench = With(new FakeSataDevice(256), out FakeSataDevice disk);
        FakeDma buffer = bench.Ram.Take(512);
        disk.Fail(100, 1);
        int left = 500;
        bench.OnCompleted = request =>
        {
            if (left-- <= 0)
                return;

            request.Sector = (request.Sector + 1) & 0xff;
            if (bench.Driver.Submit(0, request) == DiskStatus.Ok)
                bench.Readmit(request);
        };
        for (ulong i = 0; i < 32; i++)
            _ = bench.Submit(0, bench.Request(DiskOperation.Read, i, 1, buffer));

        bench.Drain(new Random(6), 5);

        Assert.Equal(532, bench.Completed.Count);
        Assert.All(bench.Completed, request => Assert.Equal(DiskStatus.Ok, request.Status));
    }

    [Fact]
    public void Cancelled_requests_come_back_at_once_and_the_others_are_done()
    {
        AhciBench bench = With(new FakeSataDevice(256), out FakeSataDevice disk);
        FakeDma buffer = bench.Ram.Take(512);
        disk.Hangs = 1;
        List<DiskRequest> requests = [];
        for (ulong i = 0; i < 48; i++)
            requests.Add(bench.Submit(0, bench.Request(DiskOperation.Write, i, 1, buffer)));

        bench.Turn();
        Assert.Empty(bench.Completed);
        foreach (DiskRequest request in requests.Where(request => request.Sector % 2 == 0))
            request.IsCancelled = true;

        bench.Driver.Abandon(0);
        for (int i = 0; i < 10; i++)
            bench.Turn();

        Assert.Contains(requests[0], bench.Completed);
        bench.Drain(turns: 1000);
        Assert.All(requests, request => Assert.Equal(request.IsCancelled ? DiskStatus.Gone : DiskStatus.Ok, request.Status));
        Assert.DoesNotContain("W40", disk.Journal);
    }

    [Fact]
    public void Whatever_happens_every_request_comes_back_once()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            Random random = new(seed);
            int depth = random.Next(3) switch { 0 => 0, 1 => 4, _ => 32 };
            AhciBench bench = With(new FakeSataDevice(512) { QueueDepth = depth }, out FakeSataDevice disk);
            FakeDma buffer = bench.Ram.Take(4096);
            int submitted = 0;
            for (int i = 0; i < 300; i++)
            {
                switch (random.Next(40))
                {
                    case 0:
                        disk.Fail((ulong)random.Next(512), random.Next(1, 5));
                        break;
                    case 1 when random.Next(6) == 0:
                        disk.Hangs += random.Next(1, 3);
                        break;
                    case 2 when random.Next(10) == 0:
                        bench.Controller.Plug(0, null);
                        bench.Turn(random);
                        bench.Controller.Plug(0, disk);
                        break;
                    case < 8:
                        bench.Turn(random, random.Next(6));
                        break;
                    default:
                        if (bench[0].Identity == null)
                        {
                            bench.Turn(random);
                            break;
                        }

                        DiskOperation operation = (DiskOperation)random.Next(3);
                        bool isFlush = operation == DiskOperation.Flush;
                        uint count = isFlush ? 0 : (uint)random.Next(1, 9);
                        ulong sector = isFlush ? 0 : (ulong)random.Next(500);
                        FakeDma memory = new(bench.Ram, buffer.DeviceAddress, (int)count * 512);
                        _ = bench.Submit(0, bench.Request(operation, sector, count, isFlush ? null : memory, random.Next(5) == 0));
                        submitted++;
                        break;
                }
            }

            bench.Drain(random);
            Assert.Equal(submitted, bench.Completed.Count);
            Assert.Equal(submitted, bench.Completed.Distinct().Count());
        }
    }

    private static AhciBench With(FakeSataDevice device, out FakeSataDevice same)
    {
        AhciBench bench = new();
        bench.Controller.Plug(0, device);
        same = device;
        return bench.Start();
    }
}
