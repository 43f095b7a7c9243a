using System;
using System.Collections.Generic;
using System.Threading;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed partial class ApicTests
{
    private const ulong Id = 0x20;
    private const ulong TaskPriority = 0x80;
    private const ulong Eoi = 0xb0;
    private const ulong LogicalDestination = 0xd0;
    private const ulong DestinationFormat = 0xe0;
    private const ulong Spurious = 0xf0;
    private const ulong ErrorStatus = 0x280;
    private const ulong CommandLow = 0x300;
    private const ulong CommandHigh = 0x310;
    private const ulong LvtTimer = 0x320;
    private const ulong Lint0 = 0x350;
    private const ulong InitialCount = 0x380;
    private const ulong CurrentCount = 0x390;
    private const ulong Divide = 0x3e0;

    private readonly FakeClock _clock = new();
    private readonly ApicBus _bus = new();
    private readonly IoApic _ioApic;
    private readonly List<LocalApic> _apics = [];
    private readonly List<Kicks> _kicks = [];

    public ApicTests()
    {
        _ioApic = new IoApic(_bus, new HostLock());
        _bus.Attach(_ioApic);
        for (uint i = 0; i < 4; i++)
        {
            var kicks = new Kicks();
            var apic = new LocalApic(i, _bus, _clock.Queue(), new TimestampCounter(_clock, new Frequency(2_000_000_000)), kicks, i == 0);
            Write(apic, Spurious, 0x1ff);
            _apics.Add(apic);
            _kicks.Add(kicks);
        }
    }

    private sealed class Kicks : IKick
    {
        public int Count;

        public void Kick() => Interlocked.Increment(ref Count);
    }

    private static void Write(LocalApic apic, ulong offset, uint value) => apic.WriteMmio(offset, 4, value);

    private static uint Read(LocalApic apic, ulong offset) => (uint)apic.ReadMmio(offset, 4);

    private static int Take(LocalApic apic)
    {
        apic.Poll();
        int vector = apic.PendingVector();
        if (vector >= 0)
            apic.Acknowledge(vector);
        return vector;
    }

    private void Redirect(int input, uint low, uint high)
    {
        _ioApic.WriteMmio(0, 4, (ulong)(0x10 + (2 * input)));
        _ioApic.WriteMmio(0x10, 4, low);
        _ioApic.WriteMmio(0, 4, (ulong)(0x11 + (2 * input)));
        _ioApic.WriteMmio(0x10, 4, high);
    }

    private uint Redirection(int input)
    {
        _ioApic.WriteMmio(0, 4, (ulong)(0x10 + (2 * input)));
        return (uint)_ioApic.ReadMmio(0x10, 4);
    }

    [Fact]
    public void A_disabled_apic_takes_no_fixed_interrupts()
    {
        Write(_apics[1], Spurious, 0xff);
        _bus.Send(0xfee0_1000, 0x41);
        Assert.Equal(-1, _apics[1].PendingVector());
        Assert.Equal(0, _kicks[1].Count);
        Write(_apics[1], LvtTimer, 0x40);
        Assert.Equal(0x1_0040u, Read(_apics[1], LvtTimer));
    }

    [Fact]
    public void Higher_classes_preempt_and_equal_ones_wait()
    {
        LocalApic apic = _apics[0];
        _bus.Send(0xfee0_0000, 0x41);
        Assert.Equal(1, _kicks[0].Count);
        Assert.Equal(0x41, Take(apic));
        _bus.Send(0xfee0_0000, 0x4f);
        Assert.Equal(-1, Take(apic));
        _bus.Send(0xfee0_0000, 0x52);
        Assert.Equal(0x52, Take(apic));
        Write(apic, Eoi, 0);
        Assert.Equal(-1, Take(apic));
        Write(apic, Eoi, 0);
        Assert.Equal(0x4f, Take(apic));
    }

    [Fact]
    public void The_task_priority_holds_interrupts_back()
    {
        LocalApic apic = _apics[0];
        Write(apic, TaskPriority, 0x50);
        Assert.Equal(5u, apic.TaskPriorityClass);
        Assert.Equal(0x50u, Read(apic, 0xa0));
        _bus.Send(0xfee0_0000, 0x5f);
        Assert.Equal(-1, apic.PendingVector());
        Assert.Equal(0x8000_0000u, Read(apic, 0x200 + (0x10 * 2)));
        apic.TaskPriorityClass = 4;
        Assert.Equal(0x5f, apic.PendingVector());
    }

    [Theory]
    [InlineData(0x0300_0000u, 0x00044041u, "3")]
    [InlineData(0xff00_0000u, 0x00004041u, "0123")]
    [InlineData(0u, 0x0008_4041u, "0123")]
    [InlineData(0u, 0x000c_4041u, "012")]
    [InlineData(0x0200_0000u, 0x0000_4041u, "2")]
    [InlineData(0x0600_0000u, 0x0000_4841u, "12")]
    public void Commands_reach_whom_they_name(uint high, uint low, string expected)
    {
        for (int i = 0; i < 4; i++)
            Write(_apics[i], LogicalDestination, 1u << (24 + i));
        // Sent by the last processor.
        Write(_apics[3], CommandHigh, high);
        Write(_apics[3], CommandLow, low);
        string got = "";
        for (int i = 0; i < 4; i++)
            got += _apics[i].PendingVector() == 0x41 ? i.ToString() : "";
        Assert.Equal(expected, got);
    }

    [Fact]
    public void The_cluster_model_matches_cluster_and_member()
    {
        for (int i = 0; i < 4; i++)
        {
            Write(_apics[i], DestinationFormat, 0);
            Write(_apics[i], LogicalDestination, (uint)(((i / 2) << 4) | (1 << (i % 2))) << 24);
        }

        var message = new ApicMessage { Destination = 0x13, IsLogical = true, Vector = 0x61 };
        Assert.False(_apics[0].Matches(message));
        Assert.True(_apics[2].Matches(message));
        Assert.True(_apics[3].Matches(message));
        message.Destination = 0xf1;
        Assert.True(_apics[0].Matches(message));
        Assert.False(_apics[1].Matches(message));
    }

    [Fact]
    public void Lowest_priority_goes_to_the_least_busy_and_rotates()
    {
        for (int i = 0; i < 4; i++)
            Write(_apics[i], LogicalDestination, 1u << (24 + i));
        Write(_apics[0], TaskPriority, 0x20);
        Write(_apics[1], TaskPriority, 0x30);
        Write(_apics[3], TaskPriority, 0x20);
        _bus.Send(0xfee0_f00c, 0x151);
        Assert.Equal(0x51, Take(_apics[2]));
        _bus.Send(0xfee0_f00c, 0x161);
        _bus.Send(0xfee0_f00c, 0x161);
        // The least busy now are two: they take turns.
        Assert.Equal(-1, _apics[1].PendingVector());
        for (int i = 0; i < 8; i++)
            _bus.Send(0xfee0_f00c, 0x171);
        Assert.True(_apics[0].PendingVector() >= 0x61);
        Assert.True(_apics[3].PendingVector() >= 0x61);
    }

    [Fact]
    public void Start_up_messages_and_inits_are_kept_for_the_processor()
    {
        Write(_apics[0], CommandHigh, 0x0200_0000);
        Write(_apics[0], CommandLow, 0x0000_c500);
        Write(_apics[0], CommandLow, 0x0000_8500);
        Assert.True(_apics[2].TakeInit());
        Assert.False(_apics[2].TakeInit());
        Write(_apics[0], CommandLow, 0x0000_4699);
        Assert.True(_apics[2].TakeStartUp(out byte vector));
        Assert.Equal(0x99, vector);
        Assert.False(_apics[2].TakeStartUp(out _));
        Write(_apics[0], CommandLow, 0x0000_4400);
        Assert.True(_apics[2].TakeNonMaskable());
    }

    [Fact]
    public void Illegal_vectors_are_errors_of_sender_and_receiver()
    {
        Write(_apics[0], CommandLow, 0x0004_0005);
        Write(_apics[0], ErrorStatus, 0);
        Assert.Equal(0x20u, Read(_apics[0], ErrorStatus));
        _bus.Send(0xfee0_0000, 0x05);
        Assert.Equal(0x20u, Read(_apics[0], ErrorStatus));
        Write(_apics[0], ErrorStatus, 0);
        Assert.Equal(0x40u, Read(_apics[0], ErrorStatus));
        Write(_apics[0], 0x3f0, 0);
        Write(_apics[0], 0x290, 0);
        Write(_apics[0], ErrorStatus, 0);
        Assert.Equal(0x80u, Read(_apics[0], ErrorStatus));
    }

    [Fact]
    public void Modes_change_only_along_the_allowed_ways()
    {
        LocalApic apic = _apics[0];
        Assert.Equal(0xfee0_0900ul, apic.BaseRegister);
        Assert.False(apic.TrySetBase(0xfee0_0400));
        Assert.False(apic.TrySetBase(1ul << 60));
        Assert.True(apic.TrySetBase(0xfee0_0c00));
        Assert.False(apic.IsMemoryMapped);
        Assert.False(apic.TrySetBase(0xfee0_0800));
        Assert.True(apic.TrySetBase(0xfee0_0000));
        Assert.False(apic.TrySetBase(0xfee0_0c00));
        Assert.True(apic.TrySetBase(0xfed0_0800));
        Assert.Equal(0xfed0_0000ul, apic.Address);
        Assert.Equal(0xfed0_0900ul, apic.BaseRegister);
    }

    [Fact]
    public void X2apic_registers_are_model_specific_registers()
    {
        LocalApic apic = _apics[3];
        Assert.False(apic.TryReadMsr(0x802, out _));
        Assert.True(apic.TrySetBase(0xfee0_0c00));
        Assert.True(apic.TryReadMsr(0x802, out ulong value));
        Assert.Equal(3ul, value);
        Assert.True(apic.TryReadMsr(0x80d, out value));
        Assert.Equal(8ul, value);
        Assert.False(apic.TryReadMsr(0x80e, out _));
        Assert.False(apic.TryReadMsr(0x80b, out _));
        Assert.False(apic.TryWriteMsr(0x80d, 1));
        Assert.False(apic.TryWriteMsr(0x80b, 1));
        Assert.False(apic.TryWriteMsr(0x808, 0x100));
        Assert.True(apic.TryWriteMsr(0x80f, 0x1ff));
        Assert.True(apic.TryWriteMsr(0x83f, 0x77));
        Assert.Equal(0x77, Take(apic));
        Assert.True(apic.TryWriteMsr(0x80b, 0));
        // Logical destination, cluster 0, members 1 and 3; the others are in xAPIC mode and out of reach.
        Assert.True(apic.TryWriteMsr(0x830, 0x0000_000a_0000_0841));
        Assert.Equal(0x41, apic.PendingVector());
        Assert.True(apic.TryWriteMsr(0x830, 0xffff_ffff_0000_0042));
        Assert.Equal(0x42, _apics[0].PendingVector());
    }

    [Fact]
    public void Edges_at_the_io_apic_are_delivered_once()
    {
        Redirect(4, 0x51, 0x0100_0000);
        _ioApic.SetLine(4, true);
        _ioApic.SetLine(4, true);
        Assert.Equal(0x51, Take(_apics[1]));
        Write(_apics[1], Eoi, 0);
        Assert.Equal(-1, Take(_apics[1]));
        _ioApic.SetLine(4, false);
        Assert.Equal(-1, Take(_apics[1]));
        Assert.Equal(0x51u, Redirection(4));
    }

    [Fact]
    public void Levels_are_delivered_again_after_the_end_of_the_interrupt()
    {
        Redirect(10, 0x1_8052, 0x0100_0000);
        _ioApic.SetLine(10, true);
        Assert.Equal(-1, Take(_apics[1]));
        Redirect(10, 0x8052, 0x0100_0000);
        Assert.Equal(0xc052u, Redirection(10));
        Assert.Equal(0x52, Take(_apics[1]));
        Write(_apics[1], Eoi, 0);
        Assert.Equal(0x52, Take(_apics[1]));
        _ioApic.SetLine(10, false);
        Write(_apics[1], Eoi, 0);
        Assert.Equal(-1, Take(_apics[1]));
        Assert.Equal(0x8052u, Redirection(10));
    }

    [Fact]
    public void An_io_apic_knows_its_version_and_keeps_its_id()
    {
        _ioApic.WriteMmio(0, 4, 1);
        Assert.Equal(0x0017_0020ul, _ioApic.ReadMmio(0x10, 4));
        _ioApic.WriteMmio(0, 4, 0);
        _ioApic.WriteMmio(0x10, 4, 0xffff_ffff);
        Assert.Equal(0x0f00_0000ul, _ioApic.ReadMmio(0x10, 4));
        _ioApic.WriteMmio(0, 4, 0xf0);
        Assert.Equal(0ul, _ioApic.ReadMmio(0x10, 4));
    }

    [Fact]
    public void The_virtual_wire_lets_the_8259_pair_through()
    {
        LocalApic apic = _apics[0];
        apic.SetExternalLine(true);
        Assert.False(apic.HasExternalInterrupt);
        apic.EnableVirtualWire();
        Assert.True(apic.HasExternalInterrupt);
        Write(apic, Lint0, 0x1_0700);
        Assert.False(apic.HasExternalInterrupt);
        apic.TrySetBase(0xfee0_0000);
        Assert.True(apic.HasExternalInterrupt);
        Assert.Equal(0u, Read(apic, Id));
    }

    [Fact]
    public void Requests_from_many_threads_all_arrive_and_allocate_nothing()
    {
        LocalApic apic = _apics[1];
        var threads = new Thread[4];
        for (int t = 0; t < threads.Length; t++)
        {
            int first = 32 + (48 * t);
            threads[t] = new Thread(() =>
            {
                for (int i = 0; i < 48; i++)
                    _bus.Send(0xfee0_1000, (uint)(first + i));
            });
            threads[t].Start();
        }

        foreach (Thread thread in threads)
            thread.Join();
        int taken = 0;
        for (int last = 256; ; taken++)
        {
            int vector = Take(apic);
            if (vector < 0)
                break;
            if (vector >= last)
                throw new InvalidOperationException();
            last = vector;
            Write(apic, Eoi, 0);
        }

        Assert.Equal(192, taken);
        Assert.Equal(0, Allocation.Least(() =>
        {
            for (uint i = 32; i < 256; i++)
            {
                _bus.Send(0xfee0_1000, i);
                Take(apic);
                Write(apic, Eoi, 0);
            }
        }));
    }
}
