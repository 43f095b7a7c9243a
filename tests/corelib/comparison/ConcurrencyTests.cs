using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using Internal.Runtime;
using Xunit;

namespace Kilonova.CoreLibTests;

/// <summary>The core library's shared tables under several threads of the host.</summary>
public unsafe class ConcurrencyTests
{
    private const int ThreadCount = 8;

    [Fact]
    public void The_dispatch_table_has_one_record_per_interface_slot_and_type()
    {
        const int Interfaces = 20;
        const int Slots = 4;
        const int Types = 60;
        const int Combinations = Interfaces * Slots * Types;
        nint[][] records = new nint[ThreadCount][];
        long before = ComponentHeap.Allocations;

        InParallel(thread =>
        {
            nint[] mine = new nint[Combinations];

            // Every thread in another order, so that insertions meet.
            for (int round = 0; round < Combinations; round++)
            {
                int combination = (int)(((long)round * 7919 + thread * 601) % Combinations);
                nint interfaceType = 0x10000 + (combination / (Slots * Types) * 0x90);
                nint slot = combination / Types % Slots;
                nint type = 0x80000 + (combination % Types * 0x58);
                DispatchRecord* record = DispatchTable.Find(interfaceType, slot, type);
                if (record == null)
                    record = DispatchTable.Insert(interfaceType, slot, type, Code(combination));
                Assert.Equal(type, record->Type);
                Assert.Equal(Code(combination), record->Code);
                Assert.Equal(interfaceType, record->Slot->Interface);
                Assert.Equal(slot, record->Slot->Number);
                mine[combination] = (nint)record;
            }

            records[thread] = mine;
        });

        Assert.All(records, mine => Assert.Equal(records[0], mine));
        Assert.Equal(Combinations, records[0].Distinct().Count());
        Assert.Equal(Combinations + (Interfaces * Slots), ComponentHeap.Allocations - before);
    }

    [Fact]
    public void A_heap_hands_out_each_byte_once_and_stays_in_its_bounds()
    {
        const int Size = 1 << 20;
        byte* memory = (byte*)NativeMemory.AlignedAlloc(Size, 4096);
        BumpHeap heap = default;
        heap.Initialize(memory, memory + Size);
        BumpHeap* shared = &heap;
        List<(nint Start, nint Size)>[] blocks = new List<(nint, nint)>[ThreadCount];

        InParallel(thread =>
        {
            Random random = new(thread);
            blocks[thread] = [];
            while (true)
            {
                int size = random.Next(1, 400);
                nuint alignment = (nuint)8 << random.Next(4);
                byte* block = shared->TryAllocate((nuint)size, alignment, 0);
                if (block == null)
                    break;
                Assert.Equal((nuint)0, (nuint)block % alignment);
                blocks[thread].Add(((nint)block, size));
            }
        });

        (nint Start, nint Size)[] all = [.. blocks.SelectMany(list => list).OrderBy(block => block.Start)];
        Assert.Equal(all.Length, heap.AllocationCount);
        Assert.True(all[0].Start >= (nint)memory);
        Assert.True(all[^1].Start + all[^1].Size <= (nint)memory + Size);
        for (int i = 1; i < all.Length; i++)
            Assert.True(all[i - 1].Start + all[i - 1].Size <= all[i].Start);
        Assert.True(heap.FreeBytes < 4096);
        NativeMemory.AlignedFree(memory);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(104, true)]
    [InlineData(105, false)]
    [InlineData(long.MaxValue, false)]
    [InlineData(-1, false)]
    public void A_request_that_does_not_fit_fails_and_takes_nothing(long size, bool fits)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc(104, 8);
        BumpHeap heap = default;
        heap.Initialize(memory, memory + 104);

        Assert.Equal(fits, heap.TryAllocate((nuint)size) != null);
        Assert.Equal(fits ? (ulong)size : 0, heap.AllocatedBytes);
        Assert.Equal(fits ? 1 : 0, heap.AllocationCount);
        NativeMemory.AlignedFree(memory);
    }

    [Fact]
    public void Memory_is_zeroed_again_after_a_reset()
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc(256, 8);
        new Span<byte>(memory, 256).Fill(0xa5);
        BumpHeap heap = default;
        heap.Initialize(memory, memory + 256);

        byte* first = heap.TryAllocate(100);
        new Span<byte>(first, 100).Fill(0xff);
        heap.Reset();
        byte* second = heap.TryAllocate(100);

        Assert.Equal((nint)first, (nint)second);
        Assert.Equal(-1, new Span<byte>(second, 100).IndexOfAnyExcept((byte)0));
        NativeMemory.AlignedFree(memory);
    }

    private static nint Code(int combination) => 0x40_0000 + (combination * 16);

    private static void InParallel(Action<int> action)
    {
        Exception? failure = null;
        using Barrier barrier = new(ThreadCount);
        Thread[] threads = new Thread[ThreadCount];
        for (int i = 0; i < ThreadCount; i++)
        {
            int thread = i;
            threads[i] = new Thread(() =>
            {
                barrier.SignalAndWait();
                try
                {
                    action(thread);
                }
                catch (Exception exception)
                {
                    Interlocked.CompareExchange(ref failure, exception, null);
                }
            });
            threads[i].Start();
        }

        foreach (Thread thread in threads)
            thread.Join();
        Assert.Null(failure);
    }
}
