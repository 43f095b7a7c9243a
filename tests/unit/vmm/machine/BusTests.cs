using System.Threading;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class BusTests
{
    private readonly RecordingDevice _device = new();
    private readonly RecordingDevice _other = new();

    [Fact]
    public void Ports_go_to_their_owner_and_to_nobody_else()
    {
        var bus = new PortBus(new HostLock());
        Assert.True(bus.Map(0x60, 1, _device));
        Assert.True(bus.Map(0x64, 1, _device));
        Assert.False(bus.Map(0x64, 1, _other));
        _device.Bytes[0x60] = 0x5a;
        Assert.Equal(0x5au, bus.Read(0x60, 1));
        Assert.Equal(0xffu, bus.Read(0x61, 1));
        Assert.Equal(0xffff_ff5au, bus.Read(0x60, 4));
        bus.Write(0x64, 1, 0x1ff);
        Assert.Equal(["r1 60", "r1 60", "w1 64 ff"], _device.Log);
    }

    [Fact]
    public void A_port_access_over_two_devices_is_split_into_bytes()
    {
        var bus = new PortBus(new HostLock());
        Assert.True(bus.Map(0x100, 2, _device));
        Assert.True(bus.Map(0x102, 2, _other));
        bus.Write(0x100, 4, 0x4433_2211);
        Assert.Equal(["w1 100 11", "w1 101 22"], _device.Log);
        Assert.Equal(["w1 102 33", "w1 103 44"], _other.Log);
        Assert.Equal(0x4433_2211u, bus.Read(0x100, 4));
    }

    [Fact]
    public void The_last_port_wraps_to_the_first()
    {
        var bus = new PortBus(new HostLock());
        Assert.True(bus.Map(0xffff, 1, _device));
        Assert.False(bus.Map(0xffff, 2, _other));
        Assert.True(bus.Map(0, 1, _other));
        bus.Write(0xffff, 2, 0x2211);
        Assert.Equal(["w1 ffff 11"], _device.Log);
        Assert.Equal(["w1 0 22"], _other.Log);
    }

    [Fact]
    public void Unmapping_takes_only_the_devices_own_ports()
    {
        var bus = new PortBus(new HostLock());
        Assert.True(bus.Map(0x10, 2, _device));
        Assert.True(bus.Map(0x12, 2, _other));
        bus.Unmap(0x10, 4, _device);
        Assert.Equal(0xffu, bus.Read(0x10, 1));
        Assert.Equal(0u, bus.Read(0x12, 1));
    }

    [Fact]
    public void Memory_accesses_find_their_device_by_address()
    {
        var bus = new MmioBus(new HostLock());
        Assert.True(bus.Map(0x2000, 0x1000, _other));
        Assert.True(bus.Map(0x1000, 0x1000, _device));
        Assert.False(bus.Map(0x1fff, 2, _device));
        Assert.False(bus.Map(ulong.MaxValue, 2, _device));
        bus.Write(0x1010, 4, 0x1_2345_6789);
        Assert.Equal(["w4 10 23456789"], _device.Log);
        Assert.Equal(0xffff_fffful, bus.Read(0x3000, 4));
        Assert.Equal(ulong.MaxValue, bus.Read(0x3000, 8));
        bus.Write(0x1ffe, 4, 0x4433_2211);
        Assert.Equal(["w1 0 33", "w1 1 44"], _other.Log);
        Assert.Equal(0x4433_2211ul, bus.Read(0x1ffe, 4));
    }

    [Fact]
    public void A_device_can_move_for_ever_and_its_place_is_reused()
    {
        var bus = new MmioBus(new HostLock(), capacity: 2);
        Assert.True(bus.Map(0x1000, 0x1000, _other));
        for (int i = 0; i < 1000; i++)
        {
            ulong address = 0x10_0000ul + ((ulong)i << 12);
            Assert.True(bus.Map(address, 0x1000, _device));
            Assert.False(bus.Map(0xf000_0000, 1, _device));
            Assert.True(bus.IsMapped(address));
            Assert.False(bus.Unmap(address, _other));
            Assert.True(bus.Unmap(address, _device));
            Assert.False(bus.IsMapped(address));
        }
    }

    [Fact]
    public void Readers_never_see_a_table_that_is_being_changed()
    {
        var bus = new MmioBus(new HostLock());
        var still = new RecordingDevice { Silent = true };
        still.Bytes[0] = 0x77;
        Assert.True(bus.Map(0x8000, 0x1000, still));
        bool stop = false;
        var writer = new Thread(() =>
        {
            var mover = new RecordingDevice { Silent = true };
            while (!Volatile.Read(ref stop))
            {
                bus.Map(0x1000, 0x1000, mover);
                bus.Unmap(0x1000, mover);
            }
        });
        writer.Start();
        int wrong = 0;
        for (int i = 0; i < 200_000; i++)
            wrong += bus.Read(0x8000, 1) == 0x77 ? 0 : 1;
        Volatile.Write(ref stop, true);
        writer.Join();
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void Accesses_allocate_nothing()
    {
        var ports = new PortBus(new HostLock());
        var mmio = new MmioBus(new HostLock());
        var device = new RecordingDevice { Silent = true };
        ports.Map(0, 8, device);
        mmio.Map(0, 0x1000, device);
        Assert.Equal(0, Allocation.Least(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                ports.Write(6, 4, (uint)i);
                mmio.Write(0xffe, 4, (ulong)i);
                mmio.Unmap(0, device);
                mmio.Map(0, 0x1000, device);
            }
        }));
    }
}
