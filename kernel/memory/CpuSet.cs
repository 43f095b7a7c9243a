using System.Numerics;
using System.Threading;

namespace Kilonova.Kernel;

/// <summary>
/// A set of CPUs by number, 0 to 511. Single members are added and removed atomically; the rest is for sets that nobody changes.
/// </summary>
public unsafe struct CpuSet
{
    /// <summary>CPUs that a set has room for.</summary>
    public const uint Capacity = 512;

    private const int Words = (int)Capacity / 64;

    private fixed ulong _words[Words];

    /// <summary>Whether a CPU is a member.</summary>
    public bool Contains(uint cpu) => (_words[cpu >> 6] & (1ul << (int)(cpu & 63))) != 0;

    /// <summary>Adds a CPU. Atomic; no write if it is a member already.</summary>
    public void Add(uint cpu)
    {
        ulong bit = 1ul << (int)(cpu & 63);
        if ((_words[cpu >> 6] & bit) == 0)
            Interlocked.Or(ref _words[cpu >> 6], bit);
    }

    /// <summary>Removes a CPU. Atomic.</summary>
    public void Remove(uint cpu) => Interlocked.And(ref _words[cpu >> 6], ~(1ul << (int)(cpu & 63)));

    /// <summary>Removes all CPUs. Not atomic.</summary>
    public void Clear()
    {
        for (int i = 0; i < Words; i++)
            _words[i] = 0;
    }

    /// <summary>Adds all members of another set. Not atomic.</summary>
    public void UnionWith(CpuSet* other)
    {
        for (int i = 0; i < Words; i++)
            _words[i] |= other->_words[i];
    }

    /// <summary>Number of members.</summary>
    public uint Count
    {
        get
        {
            int count = 0;
            for (int i = 0; i < Words; i++)
                count += BitOperations.PopCount(_words[i]);

            return (uint)count;
        }
    }

    /// <summary>The first member that is not less than <paramref name="from"/>; <see cref="Capacity"/> if there is none.</summary>
    public uint Next(uint from)
    {
        while (from < Capacity)
        {
            ulong rest = _words[from >> 6] >> (int)(from & 63);
            if (rest != 0)
                return from + (uint)BitOperations.TrailingZeroCount(rest);

            from = (from | 63) + 1;
        }

        return Capacity;
    }
}
