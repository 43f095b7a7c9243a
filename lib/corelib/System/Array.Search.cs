// Finding and changing elements.
using System.Collections.Generic;
using System.Collections.ObjectModel;

namespace System;

public abstract partial class Array
{
    public static int IndexOf<T>(T[] array, T value)
    {
        ArgumentNullException.ThrowIfNull(array);
        return IndexOf(array, value, 0, array.Length);
    }

    public static int IndexOf<T>(T[] array, T value, int startIndex) => IndexOf(array, value, startIndex, array.Length - startIndex);

    public static int IndexOf<T>(T[] array, T value, int startIndex, int count)
    {
        CheckRange(array, startIndex, count);
        EqualityComparer<T> comparer = EqualityComparer<T>.Default;
        for (int i = startIndex; i < startIndex + count; i++)
        {
            if (comparer.Equals(array[i], value))
                return i;
        }
        return -1;
    }

    public static int LastIndexOf<T>(T[] array, T value)
    {
        ArgumentNullException.ThrowIfNull(array);
        EqualityComparer<T> comparer = EqualityComparer<T>.Default;
        for (int i = array.Length - 1; i >= 0; i--)
        {
            if (comparer.Equals(array[i], value))
                return i;
        }
        return -1;
    }

    public static int FindIndex<T>(T[] array, Predicate<T> match)
    {
        for (int i = 0; i < array.Length; i++)
        {
            if (match(array[i]))
                return i;
        }
        return -1;
    }

    public static T? Find<T>(T[] array, Predicate<T> match)
    {
        int index = FindIndex(array, match);
        return index < 0 ? default : array[index];
    }

    public static bool Exists<T>(T[] array, Predicate<T> match) => FindIndex(array, match) >= 0;

    public static bool TrueForAll<T>(T[] array, Predicate<T> match)
    {
        foreach (T item in array)
        {
            if (!match(item))
                return false;
        }
        return true;
    }

    public static void ForEach<T>(T[] array, Action<T> action)
    {
        foreach (T item in array)
            action(item);
    }

    public static TOutput[] ConvertAll<TInput, TOutput>(TInput[] array, Converter<TInput, TOutput> converter)
    {
        TOutput[] result = new TOutput[array.Length];
        for (int i = 0; i < array.Length; i++)
            result[i] = converter(array[i]);
        return result;
    }

    public static void Fill<T>(T[] array, T value)
    {
        for (int i = 0; i < array.Length; i++)
            array[i] = value;
    }

    public static void Fill<T>(T[] array, T value, int startIndex, int count)
    {
        CheckRange(array, startIndex, count);
        for (int i = startIndex; i < startIndex + count; i++)
            array[i] = value;
    }

    public static void Reverse<T>(T[] array) => MemoryExtensions.Reverse(new Span<T>(array));

    public static void Reverse<T>(T[] array, int index, int length) => MemoryExtensions.Reverse(new Span<T>(array, index, length));

    public static ReadOnlyCollection<T> AsReadOnly<T>(T[] array) => new ReadOnlyCollection<T>(array);

    private static void CheckRange<T>(T[] array, int start, int count)
    {
        ArgumentNullException.ThrowIfNull(array);
        if ((uint)start > (uint)array.Length)
            ThrowHelper.ThrowArgumentOutOfRange("startIndex");
        if ((uint)count > (uint)(array.Length - start))
            ThrowHelper.ThrowArgumentOutOfRange(nameof(count));
    }
}
