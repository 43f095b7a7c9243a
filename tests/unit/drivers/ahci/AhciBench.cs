using System;
using System.Collections.Generic;
using Kilonova.Ahci;
using Kilonova.Blocks;
using Kilonova.Registers;
using Xunit;

namespace Kilonova.Drivers.Tests.Ahci;

/// <summary>Driver, fake controller, memory and time, run against each other by a test.</summary>
internal sealed class AhciBench : IDiskEvents
{
    private const ulong Quantum = 1_000;

    private readonly HashSet<DiskRequest> _under = [];

    public AhciBench(FakeAhci? controller = null, FakeTime? time = null, FakeRam? ram = null)
    {
        Time = time ?? new FakeTime();
        Ram = ram ?? new FakeRam(0x1_0000_0000, 16 << 20);
        Controller = controller ?? new FakeAhci(Ram, Time);
    }

    public FakeTime Time { get; }

    public FakeRam Ram { get; }

    public FakeAhci Controller { get; }

    public AhciController<FakeRegisters, FakeDma, FakeClock> Driver { get; private set; } = null!;

    public List<DiskRequest> Completed { get; } = [];

    public List<int> Changes { get; } = [];

    public int Resets { get; private set; }

    public Action<DiskRequest>? OnCompleted { get; set; }

    public AhciPort<FakeRegisters, FakeDma> this[int port] => Driver.Ports[port]!;

    public AhciBench Start()
    {
        FakeRegisters registers = new(Controller, FakeAhci.RegisterLength);
        FakeDma memory = Ram.Take(AhciController<FakeRegisters, FakeDma, FakeClock>.MemorySize(registers));
        Assert.True(AhciController<FakeRegisters, FakeDma, FakeClock>.TryStart(registers, memory, new FakeClock(Time), this, out var driver));
        Driver = driver!;
        Settle();
        return this;
    }

    public void Settle()
    {
        do
        {
            Turn();
        }
        while (!Driver.IsSettled);
    }

    /// <summary>One quantum of time: the controller works, signals, and the driver looks.</summary>
    public void Turn(Random? random = null, int most = int.MaxValue)
    {
        Controller.Run(random, most);
        if (Controller.IsInterrupting)
            Driver.HandleInterrupt();

        _ = Driver.Advance();
        Time.Pass(Quantum);
    }

    /// <summary>Turns until every request is back.</summary>
    public void Drain(Random? random = null, int most = int.MaxValue, int turns = 400_000)
    {
        for (int i = 0; i < turns && _under.Count != 0; i++)
            Turn(random, most);

        Assert.Empty(_under);
    }

    public DiskRequest Request(DiskOperation operation, ulong sector, uint count, FakeDma? memory = null, bool forced = false, uint piece = 0)
    {
        DiskRequest request = new();
        request.Set(operation, sector, count, forced);
        if (memory is FakeDma buffer)
        {
            for (uint done = 0; done < (uint)buffer.Length;)
            {
                uint length = Math.Min(piece == 0 ? (uint)buffer.Length : piece, (uint)buffer.Length - done);
                Assert.True(request.TryAdd(new DmaSegment(buffer.DeviceAddress + done, length)));
                done += length;
            }
        }

        return request;
    }

    public DiskRequest Submit(int port, DiskRequest request)
    {
        Assert.True(_under.Add(request));
        DiskStatus status = Driver.Submit(port, request);
        Assert.Equal(DiskStatus.Ok, status);
        return request;
    }

    /// <summary>Counts a request that was submitted by other ways.</summary>
    public void Readmit(DiskRequest request) => Assert.True(_under.Add(request));

    public DiskRequest Do(int port, DiskRequest request)
    {
        _ = Submit(port, request);
        Drain();
        return request;
    }

    private void Take(DiskRequest request)
    {
        Assert.True(_under.Remove(request), "completed twice");
        Completed.Add(request);
        OnCompleted?.Invoke(request);
    }

    void IDiskEvents.Completed(DiskRequest request) => Take(request);

    void IDiskEvents.Changed(int port) => Changes.Add(port);

    void IDiskEvents.Reset(int port) => Resets++;
}
