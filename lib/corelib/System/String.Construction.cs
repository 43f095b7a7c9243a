// Making strings. ilc redirects `new string(x)` to the static Ctor(x) with the same parameters.
using System.Collections.Generic;

namespace System;

public sealed unsafe partial class String
{
    public static readonly string Empty = "";

#pragma warning disable CS0824, CS8618 // The constructors have no bodies: see Ctor.
    public extern String(char[]? value);

    public extern String(char[] value, int startIndex, int length);

    public extern String(char c, int count);

    public extern String(char* value);

    public extern String(char* value, int startIndex, int length);

    public extern String(ReadOnlySpan<char> value);
#pragma warning restore CS0824, CS8618

    private static string Ctor(char[]? value) => Ctor(new ReadOnlySpan<char>(value));

    private static string Ctor(char[] value, int startIndex, int length) => Ctor(new ReadOnlySpan<char>(value, startIndex, length));

    private static string Ctor(char c, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        string result = FastAllocateString(count);
        new Span<char>(ref result._firstChar, count).Fill(c);
        return result;
    }

    private static string Ctor(char* value)
    {
        int length = 0;
        while (value != null && value[length] != 0)
            length++;
        return Ctor(new ReadOnlySpan<char>(value, length));
    }

    private static string Ctor(char* value, int startIndex, int length) => Ctor(new ReadOnlySpan<char>(value + startIndex, length));

    private static string Ctor(ReadOnlySpan<char> value)
    {
        if (value.IsEmpty)
            return Empty;
        string result = FastAllocateString(value.Length);
        value.CopyTo(new Span<char>(ref result._firstChar, value.Length));
        return result;
    }

    /// <summary>Zeroed text of the given length, to be filled before anybody else sees it.</summary>
    internal static string FastAllocateString(int length)
    {
        if (length == 0)
            return Empty;
        return Unsafe.As<string>(ObjectAllocator.NewArray(MethodTable.Of<string>(), length));
    }

    internal static string CreateFromAscii(byte* text, int length)
    {
        string result = FastAllocateString(length);
        for (int i = 0; i < length; i++)
            Unsafe.Add(ref result._firstChar, i) = (char)text[i];
        return result;
    }

    public static string Concat(string? str0, string? str1) => Concat([str0, str1]);

    public static string Concat(string? str0, string? str1, string? str2) => Concat([str0, str1, str2]);

    public static string Concat(string? str0, string? str1, string? str2, string? str3) => Concat([str0, str1, str2, str3]);

    public static string Concat(params string?[] values) => Concat(new ReadOnlySpan<string?>(values));

    public static string Concat(params ReadOnlySpan<string?> values)
    {
        int length = 0;
        foreach (string? value in values)
            length = checked(length + (value?.Length ?? 0));
        string result = FastAllocateString(length);
        int position = 0;
        foreach (string? value in values)
        {
            if (value is null)
                continue;
            ((ReadOnlySpan<char>)value).CopyTo(new Span<char>(ref Unsafe.Add(ref result._firstChar, position), value.Length));
            position += value.Length;
        }
        return result;
    }

    public static string Concat(object? arg0) => arg0?.ToString() ?? Empty;

    public static string Concat(object? arg0, object? arg1) => Concat(arg0?.ToString(), arg1?.ToString());

    public static string Concat(object? arg0, object? arg1, object? arg2) => Concat(arg0?.ToString(), arg1?.ToString(), arg2?.ToString());

    public static string Concat(params object?[] args)
    {
        string?[] texts = new string?[args.Length];
        for (int i = 0; i < args.Length; i++)
            texts[i] = args[i]?.ToString();
        return Concat(texts);
    }

    public static string Concat(ReadOnlySpan<char> str0, ReadOnlySpan<char> str1)
    {
        string result = FastAllocateString(checked(str0.Length + str1.Length));
        Span<char> text = new Span<char>(ref result._firstChar, result.Length);
        str0.CopyTo(text);
        str1.CopyTo(text.Slice(str0.Length));
        return result;
    }

    public static string Concat(ReadOnlySpan<char> str0, ReadOnlySpan<char> str1, ReadOnlySpan<char> str2) =>
        Concat(Concat(str0, str1), str2);

    public static string Join(string? separator, params string?[] value) => Join(separator, new ReadOnlySpan<string?>(value));

    public static string Join(char separator, params string?[] value) => Join(separator.ToString(), new ReadOnlySpan<string?>(value));

    public static string Join(string? separator, params ReadOnlySpan<string?> value)
    {
        Text.StringBuilder builder = new Text.StringBuilder();
        for (int i = 0; i < value.Length; i++)
        {
            if (i != 0)
                builder.Append(separator);
            builder.Append(value[i]);
        }
        return builder.ToString();
    }

    public static string Join<T>(string? separator, IEnumerable<T> values)
    {
        Text.StringBuilder builder = new Text.StringBuilder();
        bool first = true;
        foreach (T value in values)
        {
            if (!first)
                builder.Append(separator);
            first = false;
            builder.Append(value?.ToString());
        }
        return builder.ToString();
    }

    public static string Join<T>(char separator, IEnumerable<T> values) => Join(separator.ToString(), values);

    /// <summary>No table of interned strings is kept; literals are one object per image already.</summary>
    public static string Intern(string str) => str;

    public object Clone() => this;

    public char[] ToCharArray() => ((ReadOnlySpan<char>)this).ToArray();

    public void CopyTo(Span<char> destination) => ((ReadOnlySpan<char>)this).CopyTo(destination);

    public void CopyTo(int sourceIndex, char[] destination, int destinationIndex, int count) =>
        ((ReadOnlySpan<char>)this).Slice(sourceIndex, count).CopyTo(new Span<char>(destination, destinationIndex, count));
}
