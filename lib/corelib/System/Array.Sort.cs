// Sorting and searching what is sorted.
using System.Collections.Generic;

namespace System;

public abstract partial class Array
{
    public static void Sort<T>(T[] array) => Sort(array, 0, array.Length, null);

    public static void Sort<T>(T[] array, IComparer<T>? comparer) => Sort(array, 0, array.Length, comparer);

    public static void Sort<T>(T[] array, int index, int length) => Sort(array, index, length, null);

    public static void Sort<T>(T[] array, int index, int length, IComparer<T>? comparer)
    {
        CheckRange(array, index, length);
        SpanSorter<T>.Sort(new Span<T>(array, index, length), comparer ?? Comparer<T>.Default);
    }

    public static void Sort<T>(T[] array, Comparison<T> comparison)
    {
        ArgumentNullException.ThrowIfNull(array);
        SpanSorter<T>.Sort(new Span<T>(array), Comparer<T>.Create(comparison));
    }

    /// <summary>Index of an equal element, or the complement of the index of the first larger one.</summary>
    public static int BinarySearch<T>(T[] array, T value) => BinarySearch(array, 0, array.Length, value, null);

    public static int BinarySearch<T>(T[] array, T value, IComparer<T>? comparer) => BinarySearch(array, 0, array.Length, value, comparer);

    public static int BinarySearch<T>(T[] array, int index, int length, T value, IComparer<T>? comparer)
    {
        CheckRange(array, index, length);
        comparer ??= Comparer<T>.Default;
        int low = index;
        int high = index + length - 1;
        while (low <= high)
        {
            int middle = low + ((high - low) >> 1);
            int order = comparer.Compare(array[middle], value);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }
}

/// <summary>Insertion sort for short stretches, heap sort for the others: no recursion, no memory, n log n for any input. Not stable.</summary>
internal static class SpanSorter<T>
{
    private const int InsertionSortLimit = 16;

    internal static void Sort(Span<T> items, IComparer<T> comparer)
    {
        try
        {
            if (items.Length <= InsertionSortLimit)
                InsertionSort(items, comparer);
            else
                HeapSort(items, comparer);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException("Failed to compare two elements in the array.", exception);
        }
    }

    private static void InsertionSort(Span<T> items, IComparer<T> comparer)
    {
        for (int i = 1; i < items.Length; i++)
        {
            T item = items[i];
            int hole = i;
            for (; hole > 0 && comparer.Compare(items[hole - 1], item) > 0; hole--)
                items[hole] = items[hole - 1];
            items[hole] = item;
        }
    }

    private static void HeapSort(Span<T> items, IComparer<T> comparer)
    {
        for (int root = (items.Length / 2) - 1; root >= 0; root--)
            SiftDown(items, root, comparer);
        for (int last = items.Length - 1; last > 0; last--)
        {
            (items[0], items[last]) = (items[last], items[0]);
            SiftDown(items.Slice(0, last), 0, comparer);
        }
    }

    private static void SiftDown(Span<T> heap, int root, IComparer<T> comparer)
    {
        T item = heap[root];
        while (true)
        {
            int child = (2 * root) + 1;
            if (child >= heap.Length)
                break;
            if (child + 1 < heap.Length && comparer.Compare(heap[child], heap[child + 1]) < 0)
                child++;
            if (comparer.Compare(item, heap[child]) >= 0)
                break;
            heap[root] = heap[child];
            root = child;
        }
        heap[root] = item;
    }
}
