using System;
using System.Collections.Generic;
using System.Linq;

namespace Kilonova.Boot;

/// <summary>
/// Rows of choices so that every pair of values of every two factors stands in some row. Built greedily and without chance: the same
/// factors give the same rows.
/// </summary>
public static class CoveringArray
{
    /// <summary>Makes the rows.</summary>
    /// <param name="sizes">Number of values of each factor, at least two factors.</param>
    /// <returns>Rows of value indices, one per factor.</returns>
    public static IReadOnlyList<int[]> Pairs(params int[] sizes)
    {
        HashSet<(int, int, int, int)> open = [];
        for (int a = 0; a < sizes.Length; a++)
        {
            for (int b = a + 1; b < sizes.Length; b++)
            {
                for (int i = 0; i < sizes[a] * sizes[b]; i++)
                    open.Add((a, i / sizes[b], b, i % sizes[b]));
            }
        }

        List<int[]> rows = [];
        List<int[]> candidates = [.. All(sizes)];
        while (open.Count > 0)
        {
            int[] best = candidates.MaxBy(row => PairsOf(row).Count(open.Contains))!;
            open.ExceptWith(PairsOf(best));
            rows.Add(best);
        }

        return rows;
    }

    /// <summary>Every combination, the last factor changing fastest.</summary>
    public static IEnumerable<int[]> All(params int[] sizes)
    {
        int total = sizes.Aggregate(1, (product, size) => checked(product * size));
        for (int number = 0; number < total; number++)
        {
            int[] row = new int[sizes.Length];
            for (int factor = sizes.Length - 1, rest = number; factor >= 0; factor--)
                (rest, row[factor]) = Math.DivRem(rest, sizes[factor]);

            yield return row;
        }
    }

    private static IEnumerable<(int, int, int, int)> PairsOf(int[] row)
    {
        for (int a = 0; a < row.Length; a++)
        {
            for (int b = a + 1; b < row.Length; b++)
                yield return (a, row[a], b, row[b]);
        }
    }
}
