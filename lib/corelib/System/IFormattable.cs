// Values that write themselves as text.
namespace System;

/// <summary>Accepted where .NET has it and ignored: there are no cultures.</summary>
public interface IFormatProvider
{
    object? GetFormat(Type? formatType);
}

public interface IFormattable
{
    string ToString(string? format, IFormatProvider? formatProvider);
}

public interface ISpanFormattable : IFormattable
{
    /// <summary>False, with nothing useful written, if the destination is too small.</summary>
    bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider);
}

public interface IUtf8SpanFormattable
{
    /// <summary>False, with nothing useful written, if the destination is too small.</summary>
    bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider);
}
