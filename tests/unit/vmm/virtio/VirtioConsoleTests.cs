using System;
using System.Linq;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>The console (OASIS Virtual I/O Device 1.2, section 5.3) and the source of entropy (section 5.4).</summary>
public sealed class VirtioConsoleTests
{
    private readonly SinkRecorder _sink = new();
    private readonly CountingEntropy _entropy = new();

    private VirtioMachine NewConsole() => new(machine => new VirtioConsole(machine.Memory, _sink, machine, new HostLock()));

    private VirtioMachine NewEntropy() => new(machine => new VirtioEntropy(machine.Memory, _entropy, machine, new HostLock()));

    [Fact]
    public void Output_goes_to_the_sink_in_order()
    {
        VirtioMachine machine = NewConsole();
        DriverQueue queue = machine.Start(VirtioMachine.EventIndex)[1];
        machine.Memory.Write(VirtioMachine.Buffer, "hello, world"u8);
        queue.Add(new Piece(VirtioMachine.Buffer, 5), new Piece(VirtioMachine.Buffer + 5, 2));
        queue.Add(new Piece(VirtioMachine.Buffer + 7, 5));
        queue.Notify();
        Assert.Equal("hello, world", _sink.Text);
        Assert.Equal(0, queue.Take());
        Assert.Equal(0, queue.Take());
    }

    [Fact]
    public void Input_waits_with_its_sender_until_there_are_buffers()
    {
        VirtioMachine machine = NewConsole();
        var console = (VirtioConsole)machine.Device;
        Assert.False(console.TryReceive((byte)'x'));
        DriverQueue queue = machine.Start(0)[0];
        Assert.Equal(0, console.Receive("abc"u8));
        queue.Add(new Piece(VirtioMachine.Buffer, 2, Write: true), new Piece(VirtioMachine.Buffer + 0x10, 2, Write: true));
        queue.Add(new Piece(VirtioMachine.Buffer + 0x20, 2, Write: true));
        queue.Notify();
        Assert.Equal(6, console.Receive("abcdefgh"u8));
        Assert.Equal(4, queue.Take());
        Assert.Equal(2, queue.Take());
        Assert.Equal("ab"u8, machine.Read(VirtioMachine.Buffer, 2));
        Assert.Equal("cd"u8, machine.Read(VirtioMachine.Buffer + 0x10, 2));
        Assert.Equal("ef"u8, machine.Read(VirtioMachine.Buffer + 0x20, 2));
        Assert.True(machine.Interrupt);
        queue.Add(new Piece(VirtioMachine.Buffer, 64, Write: true));
        Assert.True(console.TryReceive((byte)'k'));
        Assert.Equal(1, queue.Take());
        Assert.Equal((ulong)'k', machine.Load(VirtioMachine.Buffer, 1));
    }

    [Fact]
    public void A_driver_in_distress_writes_without_queues()
    {
        VirtioMachine machine = NewConsole();
        machine.SetDeviceSpecific(8, 4, 'o');
        machine.SetDeviceSpecific(8, 1, 'h');
        machine.SetDeviceSpecific(0, 4, 'x');
        Assert.Equal("oh", _sink.Text);
    }

    [Fact]
    public void Nothing_is_allocated_for_a_character()
    {
        VirtioMachine machine = NewConsole();
        machine.IsQuiet = _sink.IsQuiet = true;
        machine.UseVectors();
        DriverQueue[] queues = machine.Start(VirtioMachine.EventIndex);
        var console = (VirtioConsole)machine.Device;
        Piece[] output = [new(VirtioMachine.Buffer, 5)];
        Piece[] input = [new(VirtioMachine.Buffer, 5, Write: true)];
        Assert.Equal(0, Allocation.Least(() =>
        {
            queues[1].Add(output);
            queues[1].Notify();
            queues[1].TryTake(out _, out _);
            queues[0].Add(input);
            queues[0].Notify();
            console.TryReceive(1);
            queues[0].TryTake(out _, out _);
        }));
    }

    [Fact]
    public void Entropy_fills_buffers_up_to_a_bound()
    {
        VirtioMachine machine = NewEntropy();
        Assert.Equal(0x1044_1af4u, machine.ReadConfiguration(0, 4));
        DriverQueue queue = machine.Start(VirtioMachine.EventIndex)[0];
        queue.Add(new Piece(VirtioMachine.Buffer, 3, Write: true), new Piece(VirtioMachine.Buffer + 0x10, 10, Write: true));
        queue.Notify();
        Assert.Equal(13, queue.Take());
        Assert.Equal([0, 1, 2], machine.Read(VirtioMachine.Buffer, 3));
        Assert.Equal([3, 4, 5, 6, 7, 8, 9, 10, 11, 12], machine.Read(VirtioMachine.Buffer + 0x10, 10));
        queue.Add(new Piece(VirtioMachine.Buffer, 0x1_0000, Write: true));
        queue.Notify();
        Assert.Equal(1024, queue.Take());
    }

    [Fact]
    public void A_source_that_is_dry_keeps_the_driver_waiting_until_it_is_not()
    {
        VirtioMachine machine = NewEntropy();
        DriverQueue queue = machine.Start(0)[0];
        _entropy.Left = 1;
        queue.Add(new Piece(VirtioMachine.Buffer, 16, Write: true));
        queue.Add(new Piece(VirtioMachine.Buffer + 0x100, 4, Write: true));
        queue.Notify();
        Assert.Equal(8, queue.Take());
        Assert.False(queue.TryTake(out _, out _));
        _entropy.Left = 1;
        ((VirtioEntropy)machine.Device).SourceReady();
        Assert.Equal(4, queue.Take());
        Assert.Equal(Enumerable.Range(8, 4).Select(i => (byte)i).ToArray(), machine.Read(VirtioMachine.Buffer + 0x100, 4));
    }
}
