using System;
using System.Collections.Generic;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Kernel.Tests;

public unsafe class SlabTests
{
    private static Config Many => Config.QuickThrowOnFailure.WithMaxTest(100).WithEndSize(600);

    [Fact]
    public void Objects_are_zero_aligned_disjoint_and_leave_no_page_behind() =>
        Prop.ForAll<int[]>(operations =>
        {
            FakeMachine.Start(pages: 512);
            ulong free = FakeMachine.FreePagesAtRest();
            Dictionary<nint, uint> live = [];
            List<nint> order = [];
            foreach (int operation in operations)
            {
                uint random = (uint)operation * 2654435761;
                if (order.Count != 0 && random % 3 == 0)
                {
                    int victim = (int)((random >> 8) % (uint)order.Count);
                    nint o = order[victim];
                    order[victim] = order[^1];
                    order.RemoveAt(order.Count - 1);
                    Slab.Free((void*)o, live[o]);
                    live.Remove(o);
                    continue;
                }

                uint sizeClass = (random >> 4) % Slab.Classes;
                byte* fresh = (byte*)Slab.Allocate(sizeClass);
                Assert.True(fresh != null);
                Assert.Equal(0ul, (ulong)fresh & 63);
                Assert.Equal(-1, new Span<byte>(fresh, (int)Slab.SizeOf(sizeClass)).IndexOfAnyExcept((byte)0));
                new Span<byte>(fresh, (int)Slab.SizeOf(sizeClass)).Fill((byte)(sizeClass + 1));
                Assert.True(live.TryAdd((nint)fresh, sizeClass));
                order.Add((nint)fresh);
            }

            foreach ((nint o, uint sizeClass) in live)
            {
                // Nobody else wrote to it while it was in use.
                Assert.Equal(-1, new Span<byte>((void*)o, (int)Slab.SizeOf(sizeClass)).IndexOfAnyExcept((byte)(sizeClass + 1)));
                Slab.Free((void*)o, sizeClass);
            }

            Assert.Equal(free, FakeMachine.FreePagesAtRest());
        }).Check(Many);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(64, 0)]
    [InlineData(65, 1)]
    [InlineData(192, 2)]
    [InlineData(257, 4)]
    [InlineData(512, 5)]
    [InlineData(513, 6)]
    [InlineData(2048, 7)]
    public void Sizes_fall_into_the_smallest_class_that_fits(uint size, uint sizeClass)
    {
        Assert.Equal(sizeClass, Slab.ClassOf(size));
        Assert.True(Slab.SizeOf(sizeClass) >= size);
    }

    [Fact]
    public void Exhaustion_is_null_and_passes_when_objects_come_back()
    {
        FakeMachine.Start(pages: 16);
        List<nint> live = [];
        void* o;
        while ((o = Slab.Allocate(3)) != null)
        {
            live.Add((nint)o);
        }

        Assert.InRange(live.Count, 150, 210);
        live.ForEach(victim => Slab.Free((void*)victim, 3));
        Assert.True(Slab.Allocate(3) != null);
    }

    [Fact]
    public void Pages_of_freed_objects_serve_other_sizes()
    {
        FakeMachine.Start(pages: 16);
        for (uint round = 0; round < 40; round++)
        {
            uint sizeClass = round % 6;
            List<nint> live = [];
            void* o;
            while ((o = Slab.Allocate(sizeClass)) != null)
            {
                live.Add((nint)o);
            }

            Assert.True((ulong)live.Count * Slab.SizeOf(sizeClass) > 9 * 4096);
            live.ForEach(victim => Slab.Free((void*)victim, sizeClass));
            Slab.Drain();
        }
    }

    [Fact]
    public void An_object_may_be_freed_on_another_cpu()
    {
        FakeMachine.Start(cpus: 2, pages: 256);
        ulong free = FakeMachine.FreePagesAtRest();
        for (int i = 0; i < 1000; i++)
        {
            void* o = Slab.Allocate(1);
            Assert.True(o != null);
            FakeMachine.On(1, () => Slab.Free(o, 1));
        }

        Assert.Equal(free, FakeMachine.FreePagesAtRest());
    }

    [Fact]
    public void Freeing_something_else_is_noticed()
    {
        FakeMachine.Start();
        byte* o = (byte*)Slab.Allocate(2);
        Assert.Throws<InvalidOperationException>(() => Slab.Free(o, 3));
        Assert.Throws<InvalidOperationException>(() => Slab.Free(o + 64, 2));
    }
}
