using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Kilonova.Kernel;

/// <summary>A set of CPUs by number, 0 to 511. Members are added atomically; the rest is for sets that nobody changes.</summary>
/// <remarks>No fixed buffer: functions with one among their locals check their stack frame whenever they return.</remarks>
[StructLayout(LayoutKind.Sequential, Size = (int)Capacity / 8)]
public struct CpuSet
{
    /// <summary>CPUs that a set has room for.</summary>
    public const uint Capacity = 512;

    private ulong _first;

    /// <summary>Adds a CPU. Atomic; no write if it is a member already.</summary>
    public void Add(uint cpu)
    {
        ulong bit = 1ul << (int)(cpu & 63);
        if ((Word(cpu) & bit) == 0)
            Interlocked.Or(ref Word(cpu), bit);
    }

    /// <summary>Removes all CPUs. Not atomic.</summary>
    public void Clear()
    {
        for (uint cpu = 0; cpu < Capacity; cpu += 64)
            Word(cpu) = 0;
    }

    /// <summary>The first member that is not less than <paramref name="from"/>; <see cref="Capacity"/> if there is none.</summary>
    public uint Next(uint from)
    {
        while (from < Capacity)
        {
            ulong rest = Word(from) >> (int)(from & 63);
            if (rest != 0)
                return from + (uint)BitOperations.TrailingZeroCount(rest);

            from = (from | 63) + 1;
        }

        return Capacity;
    }

    [UnscopedRef]
    private ref ulong Word(uint cpu) => ref Unsafe.Add(ref _first, (int)(cpu >> 6));
}
