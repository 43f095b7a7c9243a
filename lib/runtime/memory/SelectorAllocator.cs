using System.Numerics;
using System.Threading;

namespace Kilonova.Runtime;

/// <summary>
/// Hands out selectors of an object space, singly or in aligned groups of up to 64. Any number of threads may use it at once: a word of the
/// bitmap changes by compare and exchange only. The bitmap belongs to the owner; a set bit is a selector in use.
/// </summary>
public unsafe struct SelectorAllocator
{
    /// <summary>Largest order of a group.</summary>
    public const int MaxOrder = 6;

    private const int BitsPerWord = 64;

    private readonly ulong* _words;
    private readonly int _count;
    private readonly ulong _base;

    /// <summary>Manages <paramref name="words"/> times 64 selectors from <paramref name="base"/> (a multiple of 64) on, all free.</summary>
    public SelectorAllocator(ulong @base, ulong* bitmap, int words)
    {
        _base = @base;
        _words = bitmap;
        _count = words;
        for (var i = 0; i < words; i++)
            bitmap[i] = 0;
    }

    /// <summary>
    /// Takes 2^order selectors, the first a multiple of 2^order. False when there is no such group, as above <see cref="MaxOrder"/> always.
    /// </summary>
    public readonly bool TryTake(int order, out ulong selector)
    {
        selector = 0;
        if ((uint)order > MaxOrder)
            return false;

        var group = Group(order);
        for (var i = 0; i < _count; i++)
        {
            var word = Volatile.Read(ref _words[i]);
            for (var bit = 0; bit < BitsPerWord; bit += 1 << order)
            {
                if ((word & (group << bit)) != 0)
                    continue;

                var found = Interlocked.CompareExchange(ref _words[i], word | (group << bit), word);
                if (found == word)
                {
                    selector = _base + (ulong)(i * BitsPerWord + bit);
                    return true;
                }

                // Somebody else changed the word: look at it again from its start.
                word = found;
                bit = -(1 << order);
            }
        }

        return false;
    }

    /// <summary>Gives 2^order selectors back; their capabilities must be gone.</summary>
    public readonly void Return(ulong selector, int order)
    {
        var index = selector - _base;
        _ = Interlocked.And(ref _words[index / BitsPerWord], ~(Group(order) << (int)(index % BitsPerWord)));
    }

    /// <summary>Number of selectors in use.</summary>
    public readonly int Used
    {
        get
        {
            var used = 0;
            for (var i = 0; i < _count; i++)
                used += BitOperations.PopCount(Volatile.Read(ref _words[i]));

            return used;
        }
    }

    private static ulong Group(int order) => order == MaxOrder ? ulong.MaxValue : (1ul << (1 << order)) - 1;
}
