// Copies of a span's contents.
namespace System;

public readonly ref partial struct Span<T>
{
    public T[] ToArray() => ((ReadOnlySpan<T>)this).ToArray();

    /// <summary>The text of a span of characters; of others a word.</summary>
    public override string ToString() => ((ReadOnlySpan<T>)this).ToString();
}

public readonly ref partial struct ReadOnlySpan<T>
{
    public T[] ToArray()
    {
        if (_length == 0)
            return Array.Empty<T>();
        T[] result = new T[_length];
        CopyTo(result);
        return result;
    }

    /// <summary>The text of a span of characters; of others a word.</summary>
    public override string ToString() =>
        typeof(T) == typeof(char) ? new string(new ReadOnlySpan<char>(ref Unsafe.As<T, char>(ref _reference), _length)) : "span";
}
