using System;
using System.Collections.Generic;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>The transport: OASIS Virtual I/O Device 1.2, sections 2.1, 2.2, 3.1 and 4.1.</summary>
public sealed class VirtioTransportTests
{
    private const uint NeedsReset = 64;

    private static VirtioMachine NewConsole() =>
        new(machine => new VirtioConsole(machine.Memory, new SinkRecorder(), machine, new HostLock()));

    [Fact]
    public void The_function_is_a_modern_device_with_its_capabilities()
    {
        VirtioMachine machine = NewConsole();
        Assert.Equal(0x1043_1af4u, machine.ReadConfiguration(0, 4));
        Assert.Equal(1u, machine.ReadConfiguration(8, 1));
        Assert.Equal(0x07_8000u, machine.ReadConfiguration(8, 4) >> 8);
        Assert.Equal(0x0040_1af4u, machine.ReadConfiguration(0x2c, 4));
        Assert.Equal(0x11u, machine.ReadConfiguration(0x40, 1));
        Assert.Equal(2u, machine.ReadConfiguration(0x42, 2));
        for (int type = 1; type <= 5; type++)
        {
            int at = machine.Capability(type);
            Assert.Equal(type is 2 or 5 ? 20u : 16u, machine.ReadConfiguration(at + 2, 1));
            uint offset = machine.ReadConfiguration(at + 8, 4);
            uint length = machine.ReadConfiguration(at + 12, 4);
            Assert.True(type == 5 || (length > 0 && offset % 4 == 0 && offset + length <= 0x4000));
        }

        Assert.Equal(4u, machine.ReadConfiguration(machine.Capability(2) + 16, 4));
    }

    [Fact]
    public void Registers_after_reset_are_what_the_specification_says()
    {
        VirtioMachine machine = NewConsole();
        Assert.Equal(VirtioMachine.Version1 | VirtioMachine.EventIndex | VirtioMachine.Indirect | 4, machine.OfferedFeatures);
        Assert.Equal(0u, machine.Status);
        Assert.Equal(0xffffu, machine.Common(0x10, 2));
        Assert.Equal(2u, machine.Common(0x12, 2));
        Assert.Equal(0u, machine.Common(0x15, 1));
        Assert.Equal(64u, machine.Common(0x18, 2));
        Assert.Equal(0xffffu, machine.Common(0x1a, 2));
        Assert.Equal(0u, machine.Common(0x1c, 2));
        machine.SetCommon(0x16, 2, 1);
        Assert.Equal(1u, machine.Common(0x1e, 2));
        machine.SetCommon(0x16, 2, 2);
        Assert.Equal(0u, machine.Common(0x18, 2));
        Assert.Equal(0u, machine.Common(0x20, 4));
        machine.SetCommon(0, 4, 2);
        Assert.Equal(0u, machine.Common(4, 4));
    }

    [Fact]
    public void Features_are_agreed_on_only_if_they_were_offered()
    {
        VirtioMachine machine = NewConsole();
        Assert.Equal(11u, machine.Negotiate(VirtioMachine.Version1 | VirtioMachine.Indirect));
        Assert.Equal(3u, machine.Negotiate(VirtioMachine.Version1 | 2));
        Assert.Equal(3u, machine.Negotiate(VirtioMachine.Version1 | (1ul << 40)));
        Assert.Equal(3u, machine.Negotiate(VirtioMachine.Indirect));
    }

    [Fact]
    public void Features_stand_once_they_are_agreed_on()
    {
        VirtioMachine machine = NewConsole();
        machine.Negotiate(VirtioMachine.Version1);
        machine.SetCommon(8, 4, 0);
        machine.SetCommon(12, 4, 4);
        Assert.Equal(0u, machine.Common(12, 4));
        machine.Status = 0;
        machine.SetCommon(12, 4, 4);
        Assert.Equal(4u, machine.Common(12, 4));
    }

    [Fact]
    public void Nothing_works_before_the_driver_is_ready()
    {
        var sink = new SinkRecorder();
        var machine = new VirtioMachine(machine => new VirtioConsole(machine.Memory, sink, machine, new HostLock()));
        machine.Memory.Write(VirtioMachine.Buffer, "abc"u8);
        machine.Negotiate(VirtioMachine.Version1);
        var queue = new DriverQueue(machine, 1, 8, 0x1_0000, events: false);
        queue.Enable();
        queue.Add(new Piece(VirtioMachine.Buffer, 3));
        queue.Notify();
        Assert.Equal("", sink.Text);
        machine.Status = 15;
        Assert.Equal("abc", sink.Text);
        Assert.Equal(0, queue.Take());
    }

    [Fact]
    public void A_driver_without_features_is_never_ready()
    {
        VirtioMachine machine = NewConsole();
        machine.Status = 1;
        machine.Status = 7;
        Assert.Equal(3u, machine.Status);
        machine.Status = 0x43;
        Assert.Equal(3u, machine.Status);
        machine.Status = 0x83;
        Assert.Equal(0x83u, machine.Status);
    }

    [Fact]
    public void A_queue_that_cannot_be_one_needs_a_reset()
    {
        foreach ((int offset, int size, ulong value) in new (int, int, ulong)[]
        {
            (0x18, 2, 7), (0x18, 2, 0), (0x18, 2, 128), (0x20, 8, 0x1_0008), (0x28, 8, 0x1_0001), (0x30, 8, 0x1_0002),
            (0x20, 8, VirtioMachine.MemorySize - 16), (0x28, 8, VirtioMachine.MemorySize - 8), (0x30, 8, VirtioMachine.MemorySize - 64),
            (0x20, 8, ulong.MaxValue & ~0xful), (0x28, 8, 0xd000_0000),
        })
        {
            VirtioMachine machine = NewConsole();
            machine.Negotiate(VirtioMachine.Version1);
            machine.SetCommon(0x20, 8, 0x1_0000);
            machine.SetCommon(0x28, 8, 0x1_1000);
            machine.SetCommon(0x30, 8, 0x1_2000);
            machine.SetCommon(0x18, 2, 16);
            machine.SetCommon(offset, size, value);
            machine.SetCommon(0x1c, 2, 1);
            Assert.Equal(11u | NeedsReset, machine.Status);
            Assert.Equal(0u, machine.Common(0x1c, 2));
            machine.Status = 0;
            Assert.Equal(0u, machine.Status);
        }
    }

    [Fact]
    public void An_enabled_queue_stays_where_it_is()
    {
        VirtioMachine machine = NewConsole();
        DriverQueue queue = machine.Start(0)[1];
        machine.SetCommon(0x16, 2, 1);
        machine.SetCommon(0x18, 2, 8);
        machine.SetCommon(0x20, 8, 0x5000);
        machine.SetCommon(0x1c, 2, 0);
        Assert.Equal(16u, machine.Common(0x18, 2));
        Assert.Equal((uint)queue.Descriptors, machine.Common(0x20, 4));
        Assert.Equal(1u, machine.Common(0x1c, 2));
    }

    [Fact]
    public void Vectors_that_are_none_read_back_as_none()
    {
        VirtioMachine machine = NewConsole();
        machine.SetCommon(0x10, 2, 2);
        machine.SetCommon(0x1a, 2, 1);
        Assert.Equal(2u, machine.Common(0x10, 2));
        Assert.Equal(1u, machine.Common(0x1a, 2));
        machine.SetCommon(0x10, 2, 3);
        machine.SetCommon(0x1a, 2, 0x1_0001);
        Assert.Equal(0xffffu, machine.Common(0x10, 2));
        machine.SetCommon(0x1a, 2, 0xfffe);
        Assert.Equal(0xffffu, machine.Common(0x1a, 2));
    }

    [Fact]
    public void Without_messages_the_pin_is_asserted_until_the_status_is_read()
    {
        VirtioMachine machine = NewConsole();
        DriverQueue queue = machine.Start(0)[1];
        queue.Add(new Piece(VirtioMachine.Buffer, 1));
        queue.Notify();
        Assert.True(machine.Interrupt);
        Assert.Equal(1, machine.ReadIsr());
        Assert.False(machine.Interrupt);
        Assert.Equal(0, machine.ReadIsr());
        Assert.Empty(machine.Sent);
    }

    [Fact]
    public void With_messages_each_queue_has_its_vector()
    {
        VirtioMachine machine = NewConsole();
        machine.UseVectors();
        DriverQueue[] queues = machine.Start(0);
        queues[1].Add(new Piece(VirtioMachine.Buffer, 1));
        queues[1].Notify();
        Assert.Equal([0x42u], machine.Sent);
        queues[0].Add(new Piece(VirtioMachine.Buffer, 4, Write: true));
        Assert.Equal(1, ((VirtioConsole)machine.Device).Receive("x"u8));
        Assert.Equal([0x42u, 0x41u], machine.Sent);
        Assert.False(machine.Interrupt);
        Assert.Equal(0, machine.ReadIsr());
    }

    [Fact]
    public void A_queue_without_vector_is_silent()
    {
        VirtioMachine machine = NewConsole();
        machine.UseVectors();
        DriverQueue[] queues = machine.Start(0);
        machine.SetCommon(0x16, 2, 1);
        machine.SetCommon(0x1a, 2, 0xffff);
        queues[1].Add(new Piece(VirtioMachine.Buffer, 1));
        queues[1].Notify();
        Assert.Equal(0, queues[1].Take());
        Assert.Empty(machine.Sent);
    }

    [Fact]
    public void The_window_reaches_registers_without_a_mapping()
    {
        VirtioMachine machine = NewConsole();
        int window = machine.Capability(5);
        machine.WriteConfiguration(4, 2, 4);

        uint Read(byte bar, uint offset, uint length)
        {
            machine.WriteConfiguration(window + 4, 1, bar);
            machine.WriteConfiguration(window + 8, 4, offset);
            machine.WriteConfiguration(window + 12, 4, length);
            return machine.ReadConfiguration(window + 16, (int)Math.Clamp(length, 1, 4));
        }

        void Write(byte bar, uint offset, uint length, uint value)
        {
            Read(bar, offset, length);
            machine.WriteConfiguration(window + 16, (int)length, value);
        }

        Write(0, 0x14, 1, 1);
        Assert.Equal(1u, Read(0, 0x14, 1));
        Write(0, 0x14, 1, 3);
        Write(0, 0x16, 2, 1);
        Assert.Equal(1u, Read(0, 0x1e, 2));
        Assert.Equal(0x0001_0003u, Read(0, 0x14, 4));
        Write(1, 0x18, 4, 0x77);
        Assert.Equal(0x77u, Read(1, 0x18, 4));
        // What names no register reads what was there, and writes nothing.
        Assert.Equal(0x77u, Read(5, 0x14, 4));
        Assert.Equal(0x77u, Read(0, 0x4000, 4));
        Assert.Equal(0x77u, Read(0, 0x15, 4));
        Write(0, 0x4014, 1, 0);
        Assert.Equal(3u, Read(0, 0x14, 1));
    }

    [Fact]
    public void A_device_may_have_no_window()
    {
        var machine = new VirtioMachine(machine => new VirtioConsole(machine.Memory, new SinkRecorder(), machine, new HostLock(), hasWindow: false));
        Assert.Throws<KeyNotFoundException>(() => machine.Capability(5));
        for (int offset = 0x40; offset < 0x100; offset += 4)
            machine.WriteConfiguration(offset, 4, 0x14);
        machine.Start(0);
        Assert.Equal(VirtioMachine.Ready, machine.Status);
    }

    [Fact]
    public void A_notification_by_the_window_is_one()
    {
        var sink = new SinkRecorder();
        var machine = new VirtioMachine(machine => new VirtioConsole(machine.Memory, sink, machine, new HostLock()));
        machine.Memory.Write(VirtioMachine.Buffer, "w"u8);
        DriverQueue queue = machine.Start(0)[1];
        queue.Add(new Piece(VirtioMachine.Buffer, 1));
        int window = machine.Capability(5);
        machine.WriteConfiguration(window + 8, 4, machine.ReadConfiguration(machine.Capability(2) + 8, 4) + 4);
        machine.WriteConfiguration(window + 12, 4, 2);
        machine.WriteConfiguration(window + 16, 2, 1);
        Assert.Equal("w", sink.Text);
    }

    [Fact]
    public void A_change_of_the_configuration_is_told_and_counted()
    {
        var machine = new VirtioMachine(
            machine => new VirtioNetwork(machine.Memory, new FakeNetwork(machine.Memory), new byte[6], 1500, machine, new HostLock()));
        machine.UseVectors();
        machine.Start(1 << 16);
        Assert.Equal(1ul, machine.DeviceSpecific(6, 2));
        ((VirtioNetwork)machine.Device).SetLink(false);
        Assert.Equal(0ul, machine.DeviceSpecific(6, 2));
        Assert.Equal(1u, machine.Common(0x15, 1));
        Assert.Equal([0x40u], machine.Sent);
        ((VirtioNetwork)machine.Device).SetLink(false);
        Assert.Equal(1u, machine.Common(0x15, 1));
    }

    [Fact]
    public void Reset_brings_every_register_back()
    {
        VirtioMachine machine = NewConsole();
        DriverQueue queue = machine.Start(VirtioMachine.Indirect)[1];
        queue.Add(new Piece(VirtioMachine.Buffer, 1));
        queue.Notify();
        machine.Status = 0;
        Assert.False(machine.Interrupt);
        Registers_after_reset(machine);
        machine.Start(0);
        machine.Host.Reset();
        machine.Place();
        Registers_after_reset(machine);

        static void Registers_after_reset(VirtioMachine machine)
        {
            Assert.Equal(0u, machine.Status);
            Assert.Equal(0u, machine.Common(0x16, 2));
            Assert.Equal(0xffffu, machine.Common(0x10, 2));
            for (uint i = 0; i < 2; i++)
            {
                machine.SetCommon(0x16, 2, i);
                Assert.Equal(64u, machine.Common(0x18, 2));
                Assert.Equal(0u, machine.Common(0x1c, 2));
                Assert.Equal(0u, machine.Common(0x20, 4));
                Assert.Equal(0xffffu, machine.Common(0x1a, 2));
            }

            machine.SetCommon(0x16, 2, 0);
            machine.SetCommon(8, 4, 0);
            Assert.Equal(0u, machine.Common(12, 4));
        }
    }

    [Fact]
    public void A_device_without_bus_mastering_leaves_memory_alone()
    {
        var sink = new SinkRecorder();
        var machine = new VirtioMachine(machine => new VirtioConsole(machine.Memory, sink, machine, new HostLock()));
        machine.Memory.Write(VirtioMachine.Buffer, "b"u8);
        DriverQueue queue = machine.Start(0)[1];
        machine.WriteConfiguration(4, 2, 2);
        queue.Add(new Piece(VirtioMachine.Buffer, 1));
        queue.Notify();
        Assert.Equal("", sink.Text);
        machine.WriteConfiguration(4, 2, 6);
        queue.Notify();
        Assert.Equal("b", sink.Text);
    }
}
