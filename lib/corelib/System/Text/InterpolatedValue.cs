// One value of an interpolated string, written without boxing where its type formats itself.
namespace System.Text;

internal static class InterpolatedValue
{
    internal static void Append<T>(StringBuilder builder, T value, string? format)
    {
        if (value is ISpanFormattable)
        {
            // The compiler knows T for structs, so these casts cost nothing and box nothing.
            Span<char> buffer = stackalloc char[Number.BufferSize];
            if (((ISpanFormattable)value).TryFormat(buffer, out int written, format, null))
            {
                builder.Append(buffer.Slice(0, written));
                return;
            }
        }
        builder.Append(value is IFormattable ? ((IFormattable)value).ToString(format, null) : value?.ToString());
    }
}
