using System;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>
/// Drivers that do everything wrong: registers and rings full of noise with enough sense in it to get far. Whatever they do, a device comes back by a
/// reset and works. Each seed is a run of its own, named when it fails.
/// </summary>
public sealed class VirtioFuzzTests
{
    private const int Seeds = 150;
    private const int Steps = 300;
    private const ulong Space = 0x1_0000;

    [Fact]
    public void A_block_device_survives()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            FakeDisk? disk = null;
            var random = new Random(seed);
            var machine = new VirtioMachine(machine =>
            {
                disk = new FakeDisk(machine.Memory, 256) { Depth = 1 + random.Next(8) };
                return new VirtioBlock(machine.Memory, disk, "fuzz", 2, machine, new HostLock());
            });
            Run(machine, random, seed, () =>
            {
                if (disk!.Pending > 0)
                    disk.Complete(random.Next(disk.Pending));
            });
            disk!.Run();
            DriverQueue queue = Revive(machine, seed)[0];
            machine.Memory.TryStore(0x20_0000, 8, 4);
            machine.Memory.TryStore(0x20_0008, 8, 0);
            machine.Memory.TryStore(0x20_0010, 1, 0xff);
            queue.Add(new Piece(0x20_0000, 16), new Piece(0x20_0010, 1, Write: true));
            queue.Notify();
            disk.Run();
            Assert.Equal(1, queue.Take());
            Assert.Equal(0ul, machine.Load(0x20_0010, 1));
        }
    }

    [Fact]
    public void A_network_device_survives()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            FakeNetwork? network = null;
            var random = new Random(seed);
            var machine = new VirtioMachine(machine =>
            {
                network = new FakeNetwork(machine.Memory);
                return new VirtioNetwork(machine.Memory, network, new byte[6], 1500, machine, new HostLock());
            });
            var nic = (VirtioNetwork)machine.Device;
            var frame = new byte[3000];
            Run(machine, random, seed, () =>
            {
                network!.Room = random.Next(20);
                network.IsSlow = random.Next(2) == 0;
                network.Frames.Clear();
                if (network.Pending > 0)
                    network.Complete(nic, random.Next(network.Pending));
                nic.SendReady();
                nic.Receive(frame.AsSpan(0, 14 + random.Next(frame.Length - 14)));
                nic.SetLink(random.Next(8) != 0);
            });
            while (network!.Pending > 0)
                network.Complete(nic, random.Next(network.Pending));
            nic.SetLink(true);
            network.Room = int.MaxValue;
            network.IsSlow = false;
            network.Frames.Clear();
            DriverQueue queue = Revive(machine, seed)[1];
            machine.Memory.Write(0x20_0000, new byte[12 + 60]);
            queue.Add(new Piece(0x20_0000, 12 + 60));
            queue.Notify();
            Assert.Equal(0, queue.Take());
            Assert.Equal(60, Assert.Single(network.Frames).Length);
        }
    }

    [Fact]
    public void Console_and_entropy_survive()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var sink = new SinkRecorder { IsQuiet = true };
            var machine = new VirtioMachine(machine => new VirtioConsole(machine.Memory, sink, machine, new HostLock()));
            var console = (VirtioConsole)machine.Device;
            Run(machine, random, seed, () => console.Receive("keys"u8));
            sink.IsQuiet = false;
            DriverQueue queue = Revive(machine, seed)[1];
            machine.Memory.Write(0x20_0000, "alive"u8);
            queue.Add(new Piece(0x20_0000, 5));
            queue.Notify();
            Assert.Equal("alive", sink.Text);

            var entropy = new CountingEntropy();
            machine = new VirtioMachine(machine => new VirtioEntropy(machine.Memory, entropy, machine, new HostLock()));
            var source = (VirtioEntropy)machine.Device;
            Run(machine, random, seed, () =>
            {
                entropy.Left = random.Next(100);
                source.SourceReady();
            });
            entropy.Left = int.MaxValue;
            queue = Revive(machine, seed)[0];
            queue.Add(new Piece(0x20_0000, 5, Write: true));
            queue.Notify();
            Assert.Equal(5, queue.Take());
        }
    }

    private static DriverQueue[] Revive(VirtioMachine machine, int seed)
    {
        machine.Place();
        machine.Status = 0;
        Assert.True(machine.Status == 0, $"seed {seed}");
        machine.IsQuiet = true;
        return machine.Start(0);
    }

    private static void Run(VirtioMachine machine, Random random, int seed, Action other)
    {
        try
        {
            machine.IsQuiet = true;
            for (int step = 0; step < Steps; step++)
            {
                if (step % 50 == 0)
                {
                    machine.Status = 0;
                    Scribble(machine, random);
                    ulong features = machine.OfferedFeatures & (ulong)random.NextInt64();
                    machine.Start(features & ~(VirtioMachine.Indirect * (ulong)random.Next(2)), 1 << random.Next(1, 6));
                    Scribble(machine, random);
                }

                Step(machine, random);
                if (random.Next(3) == 0)
                    other();
            }
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}", e);
        }
    }

    private static void Step(VirtioMachine machine, Random random)
    {
        uint value = random.Next(3) == 0 ? (uint)random.Next() : (uint)random.Next(0x20);
        switch (random.Next(10))
        {
            case 0:
                // Resets are rare enough to let something happen.
                int register = random.Next(0x40);
                if (register != 0x14 || random.Next(4) == 0)
                    machine.SetCommon(register, 1 << random.Next(4), value);
                break;
            case 1:
                machine.Common(random.Next(0x40), 1 << random.Next(3));
                machine.ReadIsr();
                break;
            case 2 when machine.HasDeviceSpecific:
                machine.SetDeviceSpecific(random.Next(0x40), 1 << random.Next(4), value);
                machine.DeviceSpecific(random.Next(0x40), 1 << random.Next(4));
                break;
            case 3:
                machine.WriteConfiguration(random.Next(4, 0x100), 1 << random.Next(3), value);
                machine.ReadConfiguration(random.Next(0x100), 1 << random.Next(3));
                machine.Place();
                break;
            case 4:
                Scribble(machine, random);
                break;
            default:
                // One more chain, or a few, or some index.
                ulong available = Space + (0x8000ul * (ulong)random.Next(3)) + 0x1002;
                ulong index = machine.Load(available, 2) + (ulong)(random.Next(8) == 0 ? random.Next() : random.Next(3));
                machine.Memory.TryStore(available, 2, index & 0xffff);
                machine.Notify(random.Next(4));
                break;
        }
    }

    // Descriptors, heads and headers that often make sense.
    private static void Scribble(VirtioMachine machine, Random random)
    {
        for (ulong queue = 0; queue < 3; queue++)
        {
            ulong place = Space + (queue * 0x8000);
            for (int i = 0; i < 32; i++)
            {
                ulong address = random.Next(20) == 0 ? (ulong)random.NextInt64() : random.Next(4) == 0 ? place + (ulong)random.Next(0x4000)
                    : VirtioMachine.Buffer + (ulong)random.Next(0x8000);
                int length = random.Next(10) == 0 ? random.Next() : random.Next(2) == 0 ? 512 * random.Next(4) : 16 * random.Next(5);
                int flags = random.Next(3) == 0 ? random.Next(8) : random.Next(4);
                ulong table = random.Next(4) == 0 ? place + 0x3000 : place;
                DriverQueue.Put(machine, table, i, new Piece(address, length), flags, random.Next(20) == 0 ? random.Next(0x1_0000) : random.Next(32));
                machine.Memory.TryStore(place + 0x1004 + ((ulong)i * 2), 2, (ulong)random.Next(random.Next(20) == 0 ? 0x1_0000 : 32));
            }
        }

        // What may be headers of requests and frames.
        for (ulong at = 0; at < 0x8000; at += 16)
        {
            ulong word = (uint)random.Next(16) | ((uint)random.Next(3) << 8) | ((ulong)(uint)random.Next(300) << 32);
            machine.Memory.TryStore(VirtioMachine.Buffer + at, 8, word);
            machine.Memory.TryStore(VirtioMachine.Buffer + at + 8, 8, (ulong)random.Next(300));
        }
    }
}
