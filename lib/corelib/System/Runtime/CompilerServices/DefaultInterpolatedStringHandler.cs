// What $"..." becomes when a string is asked for.
using System.Text;

namespace System.Runtime.CompilerServices;

[InterpolatedStringHandler]
public ref struct DefaultInterpolatedStringHandler
{
    // .NET's estimate of a formatted value's length.
    private const int GuessedLengthPerValue = 11;

    private readonly StringBuilder _builder;

    public DefaultInterpolatedStringHandler(int literalLength, int formattedCount) =>
        _builder = new StringBuilder(literalLength + (formattedCount * GuessedLengthPerValue));

    public DefaultInterpolatedStringHandler(int literalLength, int formattedCount, IFormatProvider? provider)
        : this(literalLength, formattedCount)
    {
    }

    public readonly void AppendLiteral(string value) => _builder.Append(value);

    public readonly void AppendFormatted(string? value) => _builder.Append(value);

    public readonly void AppendFormatted(ReadOnlySpan<char> value) => _builder.Append(value);

    public readonly void AppendFormatted(string? value, int alignment = 0, string? format = null) =>
        AppendFormatted<string?>(value, alignment, format);

    public readonly void AppendFormatted<T>(T value) => InterpolatedValue.Append(_builder, value, null);

    public readonly void AppendFormatted<T>(T value, string? format) => InterpolatedValue.Append(_builder, value, format);

    public readonly void AppendFormatted<T>(T value, int alignment) => AppendFormatted(value, alignment, null);

    public readonly void AppendFormatted<T>(T value, int alignment, string? format)
    {
        int start = _builder.Length;
        InterpolatedValue.Append(_builder, value, format);
        _builder.Align(start, alignment);
    }

    public override readonly string ToString() => _builder.ToString();

    public readonly string ToStringAndClear()
    {
        string result = _builder.ToString();
        _builder.Clear();
        return result;
    }
}
