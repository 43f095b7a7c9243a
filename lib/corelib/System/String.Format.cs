// Composite formatting: "{index[,alignment][:format]}".
using System.Text;

namespace System;

public sealed partial class String
{
    public static string Format(string format, object? arg0) => Format(format, [arg0]);

    public static string Format(string format, object? arg0, object? arg1) => Format(format, [arg0, arg1]);

    public static string Format(string format, object? arg0, object? arg1, object? arg2) => Format(format, [arg0, arg1, arg2]);

    public static string Format(string format, params object?[] args) => Format(format, new ReadOnlySpan<object?>(args));

    public static string Format(IFormatProvider? provider, string format, params object?[] args) =>
        Format(format, new ReadOnlySpan<object?>(args));

    public static string Format(string format, params ReadOnlySpan<object?> args)
    {
        ArgumentNullException.ThrowIfNull(format);
        StringBuilder builder = new StringBuilder(format.Length + 16);
        int position = 0;
        while (position < format.Length)
        {
            char c = format[position++];
            if (c is '{' or '}')
            {
                bool doubled = position < format.Length && format[position] == c;
                if (!doubled && c == '}')
                    ThrowBadComposite();
                if (!doubled)
                {
                    AppendItem(builder, format, ref position, args);
                    continue;
                }
                position++;
            }
            builder.Append(c);
        }
        return builder.ToString();
    }

    private static void AppendItem(StringBuilder builder, string format, ref int position, ReadOnlySpan<object?> args)
    {
        int end = format.IndexOf('}', position);
        if (end < 0)
            ThrowBadComposite();
        ReadOnlySpan<char> item = format.AsSpan(position, end - position);
        position = end + 1;

        ReadOnlySpan<char> itemFormat = default;
        int colon = item.IndexOf(':');
        if (colon >= 0)
        {
            itemFormat = item.Slice(colon + 1);
            item = item.Slice(0, colon);
        }
        int alignment = 0;
        int comma = item.IndexOf(',');
        if (comma >= 0)
        {
            if (!int.TryParse(item.Slice(comma + 1), out alignment))
                ThrowBadComposite();
            item = item.Slice(0, comma);
        }
        if (!int.TryParse(item, Globalization.NumberStyles.AllowTrailingWhite, null, out int index))
            ThrowBadComposite();
        if ((uint)index >= (uint)args.Length)
            throw new FormatException("Index (zero based) must be greater than or equal to zero and less than the size of the argument list.");
        builder.AppendAligned(args[index], alignment, itemFormat.IsEmpty ? null : new string(itemFormat));
    }

    [Diagnostics.CodeAnalysis.DoesNotReturn]
    private static void ThrowBadComposite() => throw new FormatException("Input string was not in a correct format.");
}
