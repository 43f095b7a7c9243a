using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Kilonova.Kernel.Tests;

public unsafe class CpuSetTests
{
    [Fact]
    public void A_cpu_set_is_a_set() =>
        Prop.ForAll<int[]>(operations =>
        {
            CpuSet set = default;
            SortedSet<uint> model = [];
            foreach (int operation in operations)
            {
                uint random = (uint)operation * 2654435761;
                uint cpu = (random >> 8) % CpuSet.Capacity;
                set.Add(cpu);
                model.Add(cpu);
            }

            List<uint> members = [];
            for (uint cpu = set.Next(0); cpu < CpuSet.Capacity; cpu = set.Next(cpu + 1))
            {
                members.Add(cpu);
            }

            Assert.Equal(model.ToList(), members);
            set.Clear();
            Assert.Equal(CpuSet.Capacity, set.Next(0));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_memory_part_of_a_cpu_fits_its_place()
    {
        Assert.True(sizeof(MemoryCpu) <= MemoryCpu.Size);
        Assert.True(0x100 + (Slab.Classes * sizeof(Magazine)) <= 0x400);
        Assert.True(0x400 + (MemoryCpu.PcidSlots * sizeof(PcidSlot)) <= MemoryCpu.Size);
    }
}
