// Interpolated strings straight into UTF-8, as .NET 8 has them: Utf8.TryWrite(span, $"...", out int written). Allocates nothing for
// literals, strings, spans, integers, characters and everything else that formats itself into UTF-8.
namespace System.Text.Unicode;

public static class Utf8
{
    /// <summary>False if the text did not fit; then the destination holds a part of it and bytesWritten is 0.</summary>
    public static bool TryWrite(
        Span<byte> destination,
        [InterpolatedStringHandlerArgument(nameof(destination))] ref TryWriteInterpolatedStringHandler handler,
        out int bytesWritten)
    {
        bytesWritten = handler.Fits ? handler.Written : 0;
        return handler.Fits;
    }

    [InterpolatedStringHandler]
    public ref struct TryWriteInterpolatedStringHandler
    {
        private readonly Span<byte> _destination;
        private int _written;
        private bool _fits;

        public TryWriteInterpolatedStringHandler(int literalLength, int formattedCount, Span<byte> destination, out bool shouldAppend)
        {
            _destination = destination;
            _written = 0;
            _fits = literalLength <= destination.Length;
            shouldAppend = _fits;
        }

        internal readonly bool Fits => _fits;

        internal readonly int Written => _written;

        public bool AppendLiteral(string value) => AppendFormatted((ReadOnlySpan<char>)value);

        public bool AppendFormatted(string? value) => AppendFormatted((ReadOnlySpan<char>)value);

        public bool AppendFormatted(ReadOnlySpan<char> value) =>
            Accept(Text.Utf8.TryEncode(value, _destination.Slice(_written), out int written), written);

        public bool AppendFormatted(ReadOnlySpan<byte> utf8Value) =>
            Accept(utf8Value.TryCopyTo(_destination.Slice(_written)), utf8Value.Length);

        public bool AppendFormatted<T>(T value) => AppendFormatted(value, null);

        public bool AppendFormatted<T>(T value, string? format)
        {
            if (value is IUtf8SpanFormattable)
            {
                // The compiler knows T for structs, so this cast boxes nothing.
                bool fits = ((IUtf8SpanFormattable)value).TryFormat(_destination.Slice(_written), out int written, format, null);
                return Accept(fits, written);
            }
            string? text = value is IFormattable ? ((IFormattable)value).ToString(format, null) : value?.ToString();
            return AppendFormatted((ReadOnlySpan<char>)text);
        }

        public bool AppendFormatted<T>(T value, int alignment) => AppendFormatted(value, alignment, null);

        public bool AppendFormatted<T>(T value, int alignment, string? format)
        {
            int start = _written;
            return AppendFormatted(value, format) && Align(start, alignment);
        }

        public bool AppendFormatted(ReadOnlySpan<char> value, int alignment, string? format = null)
        {
            int start = _written;
            return AppendFormatted(value) && Align(start, alignment);
        }

        // Fills the text behind start up with blanks: in front for a positive width, behind for a negative one. Widths count bytes.
        private bool Align(int start, int alignment)
        {
            int length = _written - start;
            int missing = Math.Abs(alignment) - length;
            if (missing <= 0)
                return true;
            if (missing > _destination.Length - _written)
                return Accept(false, 0);
            Span<byte> field = _destination.Slice(start, length + missing);
            if (alignment > 0)
            {
                field.Slice(0, length).CopyTo(field.Slice(missing));
                field.Slice(0, missing).Fill((byte)' ');
            }
            else
            {
                field.Slice(length).Fill((byte)' ');
            }
            return Accept(true, missing);
        }

        private bool Accept(bool fits, int written)
        {
            _fits = fits;
            if (fits)
                _written += written;
            return fits;
        }
    }
}
