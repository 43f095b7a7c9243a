// Sorting and searching.
using System;
using System.Collections.Generic;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static class SortingBehaviour
{
    private sealed class Descending : IComparer<int>
    {
        public int Compare(int x, int y) => y.CompareTo(x);
    }

    private sealed class Version : IComparable<Version>
    {
        internal readonly int Number;

        internal Version(int number) => Number = number;

        public int CompareTo(Version? other) => other is null ? 1 : Number.CompareTo(other.Number);

        public override string ToString() => "v" + Number;
    }

    internal static void Run()
    {
        Area("sorting");
        foreach (int length in new[] { 0, 1, 2, 15, 16, 17, 40, 300 })
        {
            uint state = 12345;
            int[] array = new int[length];
            for (int i = 0; i < length; i++)
            {
                state = (state * 1664525) + 1013904223;
                array[i] = (int)(state >> 16) % 100;
            }
            Array.Sort(array);
            Values($"{length} numbers", array);
            Array.Sort(array, new Descending());
            Value($"{length} descending", length == 0 ? "" : array[0] + " " + array[length - 1]);
        }
        string[] words = { "pear", "Apple", "fig", "banana", "apple" };
        Array.Sort(words, string.CompareOrdinal);
        Values("words", words);
        List<Version> versions = new List<Version> { new Version(3), new Version(1), new Version(2) };
        versions.Sort();
        Values("comparable", versions);
        versions.Sort((x, y) => y.Number - x.Number);
        Values("by comparison", versions);
        int[] sorted = { 1, 3, 5, 7 };
        Value("search", Array.BinarySearch(sorted, 5) + " " + Array.BinarySearch(sorted, 4) + " " + Array.BinarySearch(sorted, 0) + " " + Array.BinarySearch(sorted, 9));
        long[] longs = { 3, -1, long.MinValue, long.MaxValue };
        longs.AsSpan().Sort();
        Values("span", longs);
        (int, string)[] tuples = { (2, "b"), (1, "z"), (2, "a") };
        Array.Sort(tuples, (x, y) => x.Item1 != y.Item1 ? x.Item1 - y.Item1 : string.CompareOrdinal(x.Item2, y.Item2));
        Values("tuples", tuples);
        Throws("not comparable", () => Array.Sort(new[] { new object(), new object() }));
        Value("compare", Comparer<int>.Default.Compare(1, 2) + " " + Comparer<string>.Default.Compare("b", null) + " " + Comparer<int?>.Default.Compare(null, 1));
        Value("equal", EqualityComparer<int>.Default.Equals(1, 1) + " " + EqualityComparer<string>.Default.Equals("a", "A".ToLowerInvariant()) + " " +
            EqualityComparer<int?>.Default.Equals(null, 0) + " " + EqualityComparer<object>.Default.Equals(null, null));
        Value("made once", ReferenceEquals(Comparer<int>.Default, Comparer<int>.Default) + " " +
            ReferenceEquals(Comparer<string>.Default, Comparer<string>.Default) + " " +
            ReferenceEquals(EqualityComparer<bool>.Default, EqualityComparer<bool>.Default) + " " +
            ReferenceEquals(EqualityComparer<object>.Default, EqualityComparer<object>.Default) + " " +
            ReferenceEquals(EqualityComparer<int?>.Default, EqualityComparer<int?>.Default));
    }
}
