using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>
/// Split virtqueues (OASIS Virtual I/O Device 1.2, section 2.7), looked at through a console: what the device reads of a chain is what the sink gets.
/// </summary>
public sealed class VirtqueueTests
{
    private const uint NeedsReset = 64;
    private const int Size = 8;
    private const ulong Table = 0x8_0000;

    private readonly SinkRecorder _sink = new();
    private readonly VirtioMachine _machine;

    public VirtqueueTests()
    {
        _machine = new VirtioMachine(machine => new VirtioConsole(machine.Memory, _sink, machine, new HostLock()));
        for (ulong i = 0; i < 256; i++)
            _machine.Memory.TryStore(VirtioMachine.Buffer + i, 1, i);
    }

    private bool IsBroken => (_machine.Status & NeedsReset) != 0;

    private DriverQueue Start(ulong features = VirtioMachine.Indirect) => _machine.Start(features, Size)[1];

    private static string Text(int first, int count) => new(Enumerable.Range(first, count).Select(i => (char)(byte)i).ToArray());

    private void Put(DriverQueue queue, int index, ulong address, int length, int flags, int next) =>
        DriverQueue.Put(_machine, queue.Descriptors, index, new Piece(address, length), flags, next);

    // Shows one head and says whether the device broke over it.
    private bool Breaks(DriverQueue queue, ushort head = 0)
    {
        queue.Show(head);
        queue.Notify();
        return IsBroken;
    }

    [Fact]
    public void Chains_are_read_in_order_wherever_their_descriptors_lie()
    {
        DriverQueue queue = Start();
        Put(queue, 3, VirtioMachine.Buffer, 2, 1, 7);
        Put(queue, 7, VirtioMachine.Buffer + 10, 0, 1, 0);
        Put(queue, 0, VirtioMachine.Buffer + 20, 3, 1, 5);
        Put(queue, 5, VirtioMachine.Buffer + 30, 3, 2, 0);
        Assert.False(Breaks(queue, 3));
        Assert.Equal(Text(0, 2) + Text(20, 3), _sink.Take());
    }

    [Fact]
    public void Descriptors_may_be_followed_by_a_table_of_more()
    {
        DriverQueue queue = Start();
        Put(queue, 1, VirtioMachine.Buffer, 1, 1, 2);
        Put(queue, 2, Table, 3 * 16, 4 | 2, 0);
        DriverQueue.Put(_machine, Table, 0, new Piece(VirtioMachine.Buffer + 5, 1), 1, 2);
        DriverQueue.Put(_machine, Table, 2, new Piece(VirtioMachine.Buffer + 6, 1), 1, 1);
        DriverQueue.Put(_machine, Table, 1, new Piece(VirtioMachine.Buffer + 7, 1), 0, 0);
        Assert.False(Breaks(queue, 1));
        Assert.Equal(Text(0, 1) + Text(5, 3), _sink.Take());
    }

    [Fact]
    public void A_chain_in_a_circle_needs_a_reset()
    {
        DriverQueue queue = Start();
        Put(queue, 0, VirtioMachine.Buffer, 1, 1, 1);
        Put(queue, 1, VirtioMachine.Buffer, 1, 1, 0);
        Assert.True(Breaks(queue));
        Assert.Equal("", _sink.Text);
    }

    [Fact]
    public void An_empty_descriptor_that_names_itself_needs_a_reset()
    {
        DriverQueue queue = Start();
        Put(queue, 0, VirtioMachine.Buffer, 0, 1, 0);
        Assert.True(Breaks(queue));
    }

    [Fact]
    public void A_descriptor_behind_the_table_needs_a_reset()
    {
        DriverQueue queue = Start();
        Put(queue, 0, VirtioMachine.Buffer, 1, 1, Size);
        Assert.True(Breaks(queue));
        queue = Start();
        Assert.True(Breaks(queue, Size));
    }

    [Fact]
    public void Memory_that_is_none_needs_a_reset()
    {
        foreach ((ulong address, int length, int flags) in new[]
        {
            (0xd000_0000ul, 4, 0), (VirtioMachine.MemorySize - 1ul, 2, 0), (ulong.MaxValue, 2, 2), (VirtioMachine.Buffer, -1, 0),
            (VirtioMachine.MemorySize - 8ul, 16, 4),
        })
        {
            DriverQueue queue = Start();
            Put(queue, 0, address, length, flags, 0);
            Assert.True(Breaks(queue));
            Assert.Equal("", _sink.Text);
        }
    }

    [Fact]
    public void Readable_behind_writable_needs_a_reset()
    {
        DriverQueue queue = Start();
        Put(queue, 0, VirtioMachine.Buffer, 1, 2 | 1, 1);
        Put(queue, 1, VirtioMachine.Buffer, 1, 0, 0);
        Assert.True(Breaks(queue));
    }

    [Theory]
    [InlineData(0, 4, 0)]
    [InlineData(24, 4, 0)]
    [InlineData(16, 4 | 1, 0)]
    [InlineData(16, 4, 4)]
    [InlineData(16, 4, 1)]
    public void A_table_that_breaks_a_rule_needs_a_reset(int length, int flags, int inner)
    {
        DriverQueue queue = Start();
        Put(queue, 0, Table, length, flags, 1);
        Put(queue, 1, VirtioMachine.Buffer, 1, 0, 0);
        DriverQueue.Put(_machine, Table, 0, new Piece(inner == 4 ? Table + 16 : VirtioMachine.Buffer, 16), inner, 1);
        DriverQueue.Put(_machine, Table, 1, new Piece(VirtioMachine.Buffer, 1), 0, 0);
        Assert.True(Breaks(queue));
        Assert.Equal("", _sink.Text);
    }

    [Fact]
    public void A_table_without_the_feature_needs_a_reset()
    {
        DriverQueue queue = Start(0);
        queue.AddIndirect(new Piece(VirtioMachine.Buffer, 1));
        queue.Notify();
        Assert.True(IsBroken);
    }

    [Fact]
    public void More_chains_than_descriptors_need_a_reset()
    {
        DriverQueue queue = Start();
        queue.SetAvailable(Size + 1);
        queue.Notify();
        Assert.True(IsBroken);
        queue = Start();
        queue.SetAvailable(0xffff);
        queue.Notify();
        Assert.True(IsBroken);
    }

    [Fact]
    public void A_broken_device_tells_once_and_does_nothing_more()
    {
        _machine.UseVectors();
        DriverQueue queue = Start();
        queue.SetAvailable(Size + 1);
        queue.Notify();
        Assert.Equal([0x40u], _machine.Sent);
        Assert.Equal(VirtioMachine.Ready | NeedsReset, _machine.Status);
        queue.SetAvailable(1);
        Put(queue, 0, VirtioMachine.Buffer, 1, 0, 0);
        queue.Notify();
        Assert.Equal("", _sink.Text);
        Assert.Equal([0x40u], _machine.Sent);
        queue = Start();
        Put(queue, 0, VirtioMachine.Buffer, 1, 0, 0);
        Assert.False(Breaks(queue));
        Assert.Equal(Text(0, 1), _sink.Text);
    }

    [Fact]
    public void Rings_go_round_and_indices_wrap()
    {
        DriverQueue queue = Start();
        for (int i = 0; i < 70_000; i++)
        {
            queue.Add(new Piece(VirtioMachine.Buffer + (ulong)(i & 0xff), 1));
            queue.Notify();
            Assert.Equal(0, queue.Take());
            Assert.Equal((char)(i & 0xff), _sink.Take()[0]);
        }

        Assert.False(IsBroken);
    }

    [Fact]
    public void With_event_indices_the_device_asks_for_what_it_waits_for()
    {
        _machine.UseVectors();
        DriverQueue queue = Start(VirtioMachine.EventIndex);
        for (int i = 0; i < 70_000; i++)
        {
            queue.InterruptAfter(i % 3 == 0 ? 2 : 1);
            queue.Add(new Piece(VirtioMachine.Buffer, 1));
            Assert.True(queue.WantsNotification);
            queue.Notify();
            Assert.Equal(0, queue.Take());
            Assert.Equal(i % 3 == 0 ? 0 : 1, _machine.Sent.Count);
            _machine.Sent.Clear();
        }
    }

    [Fact]
    public void Interrupts_come_only_where_the_driver_wants_them()
    {
        _machine.UseVectors();
        DriverQueue queue = Start();
        queue.WantsInterrupts = false;
        queue.Add(new Piece(VirtioMachine.Buffer, 1));
        queue.Notify();
        Assert.Empty(_machine.Sent);
        queue.WantsInterrupts = true;
        for (int i = 0; i < 4; i++)
            queue.Add(new Piece(VirtioMachine.Buffer, 1));
        queue.Notify();
        Assert.Single(_machine.Sent);
        Assert.True(queue.WantsNotification);
    }

    /// <summary>One descriptor of a random table.</summary>
    public sealed record RandomDescriptor(int Place, int Length, int Flags, int Next);

    private static Arbitrary<(RandomDescriptor[] Direct, RandomDescriptor[] Indirect, int Head)> Tables { get; } = Arb.From(
        from direct in Descriptors
        from indirect in Descriptors
        from head in Gen.Choose(0, Size)
        select (direct, indirect, head));

    // Mostly sensible, so that chains become long before they break.
    private static Gen<RandomDescriptor[]> Descriptors =>
        (from place in Gen.Frequency((30, Gen.Choose(0, 200)), (1, Gen.Constant(-1)))
         from length in Gen.Frequency((20, Gen.Choose(0, 20)), (1, Gen.Constant(-1)))
         from flags in Gen.Frequency(
             (12, Gen.Constant(1)), (4, Gen.Constant(0)), (4, Gen.Constant(3)), (2, Gen.Constant(2)), (3, Gen.Constant(4)), (1, Gen.Choose(0, 7)))
         from next in Gen.Frequency((20, Gen.Choose(0, Size - 1)), (1, Gen.Choose(0, 0xffff)))
         select new RandomDescriptor(place, length, flags, next)).ArrayOf(Size);

    [Fact]
    public void Any_chain_is_read_as_a_plain_walk_reads_it_or_refused_where_that_refuses_it()
    {
        int good = 0;
        int bad = 0;
        int tables = 0;
        Prop.ForAll(Tables, run =>
        {
            DriverQueue queue = Start();
            Write(queue.Descriptors, run.Direct);
            Write(Table, run.Indirect);
            string? expected = Walk(run.Direct, run.Indirect, run.Head, out bool usedTable);
            bool broken = Breaks(queue, (ushort)run.Head);
            string read = _sink.Take();
            good += expected is null ? 0 : 1;
            bad += expected is null ? 1 : 0;
            tables += usedTable && expected is not null ? 1 : 0;
            return broken == expected is null && read == (expected ?? "") && (broken || queue.TryTake(out _, out _));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
        // The property means something only if both ends were seen.
        Assert.True(good > 300 && bad > 300 && tables > 30, $"{good} good, {bad} bad, {tables} with tables");
    }

    private void Write(ulong table, RandomDescriptor[] descriptors)
    {
        for (int i = 0; i < descriptors.Length; i++)
        {
            RandomDescriptor descriptor = descriptors[i];
            bool indirect = (descriptor.Flags & 4) != 0;
            ulong address = descriptor.Place < 0 ? 0xd000_0000 : indirect ? Table : VirtioMachine.Buffer + (ulong)descriptor.Place;
            int length = indirect && descriptor.Length > 4 ? Size * 16 : descriptor.Length;
            DriverQueue.Put(_machine, table, i, new Piece(address, length), descriptor.Flags, descriptor.Next);
        }
    }

    // The rules of sections 2.7.4 and 2.7.5, one after another; null where one is broken.
    private static string? Walk(RandomDescriptor[] direct, RandomDescriptor[] indirect, int head, out bool usedTable)
    {
        usedTable = false;
        RandomDescriptor[] table = direct;
        var seen = new HashSet<(bool, int)>();
        string text = "";
        bool writes = false;
        int at = head;
        while (at < table.Length && seen.Add((usedTable, at)))
        {
            RandomDescriptor descriptor = table[at];
            if ((descriptor.Flags & 4) != 0)
            {
                // Zero, or four bytes at most, are no descriptors.
                if (usedTable || (descriptor.Flags & 1) != 0 || descriptor.Length <= 4 || descriptor.Place < 0)
                    return null;
                usedTable = true;
                table = indirect;
                at = 0;
                continue;
            }

            bool write = (descriptor.Flags & 2) != 0;
            if (descriptor.Length < 0 || (descriptor.Length > 0 && (descriptor.Place < 0 || (writes && !write))))
                return null;
            writes |= write && descriptor.Length > 0;
            if (!write)
                text += Text(descriptor.Place, descriptor.Length);
            if ((descriptor.Flags & 1) == 0)
                return text;
            at = descriptor.Next;
        }

        return null;
    }
}
