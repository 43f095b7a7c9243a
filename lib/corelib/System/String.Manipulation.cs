// Parts of strings and strings with changes.
using System.Collections.Generic;
using System.Text;

namespace System;

public sealed partial class String
{
    public string Substring(int startIndex)
    {
        if ((uint)startIndex > (uint)Length)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(startIndex));
        return Substring(startIndex, Length - startIndex);
    }

    public string Substring(int startIndex, int length)
    {
        if ((uint)startIndex > (uint)Length)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(startIndex));
        if ((uint)length > (uint)(Length - startIndex))
            ThrowHelper.ThrowArgumentOutOfRange(nameof(length));
        return length == Length ? this : new string(new ReadOnlySpan<char>(ref Unsafe.Add(ref _firstChar, startIndex), length));
    }

    public string Remove(int startIndex) => Substring(0, startIndex);

    public string Remove(int startIndex, int count) =>
        Concat(AsSpan(0, startIndex), AsSpan(startIndex + count, Length - startIndex - count));

    public string Insert(int startIndex, string value) =>
        Concat(AsSpan(0, startIndex), value, AsSpan(startIndex, Length - startIndex));

    public string Replace(char oldChar, char newChar)
    {
        if (IndexOf(oldChar) < 0)
            return this;
        string result = new string((ReadOnlySpan<char>)this);
        for (int i = 0; i < result.Length; i++)
        {
            ref char c = ref Unsafe.Add(ref result._firstChar, i);
            if (c == oldChar)
                c = newChar;
        }
        return result;
    }

    public string Replace(string oldValue, string? newValue)
    {
        ArgumentException.ThrowIfNullOrEmpty(oldValue);
        int match = IndexOf(oldValue);
        if (match < 0)
            return this;
        StringBuilder builder = new StringBuilder(Length);
        int position = 0;
        for (; match >= 0; match = IndexOf(oldValue, position))
        {
            builder.Append(AsSpan(position, match - position)).Append(newValue);
            position = match + oldValue.Length;
        }
        return builder.Append(AsSpan(position, Length - position)).ToString();
    }

    public string PadLeft(int totalWidth, char paddingChar = ' ') =>
        totalWidth <= Length ? this : Concat(new string(paddingChar, totalWidth - Length), this);

    public string PadRight(int totalWidth, char paddingChar = ' ') =>
        totalWidth <= Length ? this : Concat(this, new string(paddingChar, totalWidth - Length));

    public string Trim() => FromPart(AsSpan(0, Length).Trim());

    public string Trim(char trimChar) => FromPart(AsSpan(0, Length).Trim(trimChar));

    public string TrimStart()
    {
        int start = 0;
        while (start < Length && char.IsWhiteSpace(this[start]))
            start++;
        return Substring(start);
    }

    public string TrimStart(char trimChar) => FromPart(AsSpan(0, Length).TrimStart(trimChar));

    public string TrimEnd()
    {
        int end = Length;
        while (end > 0 && char.IsWhiteSpace(this[end - 1]))
            end--;
        return Substring(0, end);
    }

    public string TrimEnd(char trimChar) => FromPart(AsSpan(0, Length).TrimEnd(trimChar));

    public string ToUpperInvariant()
    {
        string result = new string((ReadOnlySpan<char>)this);
        for (int i = 0; i < result.Length; i++)
            Unsafe.Add(ref result._firstChar, i) = char.ToUpperInvariant(this[i]);
        return result;
    }

    public string ToLowerInvariant()
    {
        string result = new string((ReadOnlySpan<char>)this);
        for (int i = 0; i < result.Length; i++)
            Unsafe.Add(ref result._firstChar, i) = char.ToLowerInvariant(this[i]);
        return result;
    }

    public string ToUpper() => ToUpperInvariant();

    public string ToLower() => ToLowerInvariant();

    public string[] Split(char separator, StringSplitOptions options = StringSplitOptions.None) =>
        Split(new string(separator, 1), int.MaxValue, options);

    public string[] Split(char separator, int count, StringSplitOptions options = StringSplitOptions.None) =>
        Split(new string(separator, 1), count, options);

    public string[] Split(string? separator, StringSplitOptions options = StringSplitOptions.None) =>
        Split(separator, int.MaxValue, options);

    /// <summary>At most count parts, the last of them holding the rest. Without a separator the text is one part.</summary>
    public string[] Split(string? separator, int count, StringSplitOptions options = StringSplitOptions.None)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        List<string> parts = new List<string>();
        int position = 0;
        while (parts.Count < count)
        {
            bool isLast = parts.Count + 1 == count;
            int end = isLast || IsNullOrEmpty(separator) ? -1 : IndexOf(separator, position);
            string part = end < 0 ? Substring(position) : Substring(position, end - position);
            if ((options & StringSplitOptions.TrimEntries) != 0)
                part = part.Trim();
            if (part.Length != 0 || (options & StringSplitOptions.RemoveEmptyEntries) == 0)
                parts.Add(part);
            if (end < 0)
                break;
            position = end + separator!.Length;
        }
        return parts.ToArray();
    }

    private ReadOnlySpan<char> AsSpan(int start, int length) => ((ReadOnlySpan<char>)this).Slice(start, length);

    private string FromPart(ReadOnlySpan<char> part) => part.Length == Length ? this : new string(part);
}
