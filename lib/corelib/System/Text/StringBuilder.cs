// Text under construction, in one array that doubles when it is full.
namespace System.Text;

public sealed class StringBuilder
{
    private const int DefaultCapacity = 16;

    private char[] _characters;
    private int _length;

    public StringBuilder()
        : this(DefaultCapacity)
    {
    }

    public StringBuilder(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _characters = new char[capacity == 0 ? DefaultCapacity : capacity];
    }

    public StringBuilder(string? value)
        : this(Math.Max(DefaultCapacity, value?.Length ?? 0)) => Append(value);

    public int Capacity => _characters.Length;

    public int Length
    {
        get => _length;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            if (value > _length)
                Append('\0', value - _length);
            _length = value;
        }
    }

    public char this[int index]
    {
        get
        {
            if ((uint)index >= (uint)_length)
                ThrowHelper.ThrowIndexOutOfRange();
            return _characters[index];
        }

        set
        {
            if ((uint)index >= (uint)_length)
                ThrowHelper.ThrowArgumentOutOfRange(nameof(index));
            _characters[index] = value;
        }
    }

    public StringBuilder Append(char value)
    {
        if (_length == _characters.Length)
            Grow(1);
        _characters[_length++] = value;
        return this;
    }

    public StringBuilder Append(char value, int repeatCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(repeatCount);
        for (int i = 0; i < repeatCount; i++)
            Append(value);
        return this;
    }

    public StringBuilder Append(string? value) => Append((ReadOnlySpan<char>)value);

    public StringBuilder Append(string? value, int startIndex, int count) => Append(((ReadOnlySpan<char>)value).Slice(startIndex, count));

    public StringBuilder Append(char[]? value) => Append(new ReadOnlySpan<char>(value));

    public StringBuilder Append(ReadOnlySpan<char> value)
    {
        if (value.Length > _characters.Length - _length)
            Grow(value.Length);
        value.CopyTo(new Span<char>(_characters, _length, value.Length));
        _length += value.Length;
        return this;
    }

    public StringBuilder Append(object? value) => Append(value?.ToString());

    public StringBuilder Append(bool value) => Append(value.ToString());

    public StringBuilder Append(byte value) => AppendFormattable(value, default);

    public StringBuilder Append(sbyte value) => AppendFormattable(value, default);

    public StringBuilder Append(short value) => AppendFormattable(value, default);

    public StringBuilder Append(ushort value) => AppendFormattable(value, default);

    public StringBuilder Append(int value) => AppendFormattable(value, default);

    public StringBuilder Append(uint value) => AppendFormattable(value, default);

    public StringBuilder Append(long value) => AppendFormattable(value, default);

    public StringBuilder Append(ulong value) => AppendFormattable(value, default);

    public StringBuilder AppendLine() => Append('\n');

    public StringBuilder AppendLine(string? value) => Append(value).Append('\n');

    public StringBuilder AppendFormat(string format, params object?[] args) => Append(string.Format(format, args));

    public StringBuilder Append([InterpolatedStringHandlerArgument("")] ref AppendInterpolatedStringHandler handler) => this;

    public StringBuilder Insert(int index, string? value)
    {
        if ((uint)index > (uint)_length)
            ThrowHelper.ThrowArgumentOutOfRange(nameof(index));
        ReadOnlySpan<char> text = value;
        if (text.Length > _characters.Length - _length)
            Grow(text.Length);
        Array.Copy(_characters, index, _characters, index + text.Length, _length - index);
        text.CopyTo(new Span<char>(_characters, index, text.Length));
        _length += text.Length;
        return this;
    }

    public StringBuilder Insert(int index, char value) => Insert(index, value.ToString());

    public StringBuilder Remove(int startIndex, int length)
    {
        if ((uint)startIndex > (uint)_length || (uint)length > (uint)(_length - startIndex))
            ThrowHelper.ThrowArgumentOutOfRange(nameof(length));
        Array.Copy(_characters, startIndex + length, _characters, startIndex, _length - startIndex - length);
        _length -= length;
        return this;
    }

    public StringBuilder Replace(string oldValue, string? newValue)
    {
        string replaced = ToString().Replace(oldValue, newValue);
        _length = 0;
        return Append(replaced);
    }

    public StringBuilder Clear()
    {
        _length = 0;
        return this;
    }

    public void CopyTo(int sourceIndex, Span<char> destination, int count) =>
        new ReadOnlySpan<char>(_characters, 0, _length).Slice(sourceIndex, count).CopyTo(destination);

    public override string ToString() => new string(new ReadOnlySpan<char>(_characters, 0, _length));

    public string ToString(int startIndex, int length) =>
        new string(new ReadOnlySpan<char>(_characters, 0, _length).Slice(startIndex, length));

    internal StringBuilder AppendFormattable<T>(T value, ReadOnlySpan<char> format)
        where T : ISpanFormattable
    {
        int written;
        while (!value.TryFormat(new Span<char>(_characters, _length, _characters.Length - _length), out written, format, null))
            Grow(_characters.Length - _length + 1);
        _length += written;
        return this;
    }

    internal void AppendAligned(object? value, int alignment, string? format)
    {
        int start = _length;
        Append(value is IFormattable formattable ? formattable.ToString(format, null) : value?.ToString());
        Align(start, alignment);
    }

    /// <summary>Fills what was appended since start up with blanks: in front for a positive width, behind for a negative one.</summary>
    internal void Align(int start, int alignment)
    {
        int missing = Math.Abs(alignment) - (_length - start);
        if (missing <= 0)
            return;
        if (alignment > 0)
            Insert(start, new string(' ', missing));
        else
            Append(' ', missing);
    }

    private void Grow(int additional) => Array.Resize(ref _characters, Math.Max(checked(_length + additional), _characters.Length * 2));

    /// <summary>Appends the parts of an interpolated string as the compiler hands them over.</summary>
    [InterpolatedStringHandler]
    public struct AppendInterpolatedStringHandler
    {
        private readonly StringBuilder _builder;

        public AppendInterpolatedStringHandler(int literalLength, int formattedCount, StringBuilder stringBuilder) =>
            _builder = stringBuilder;

        public readonly void AppendLiteral(string value) => _builder.Append(value);

        public readonly void AppendFormatted(string? value) => _builder.Append(value);

        public readonly void AppendFormatted(ReadOnlySpan<char> value) => _builder.Append(value);

        public readonly void AppendFormatted<T>(T value) => InterpolatedValue.Append(_builder, value, null);

        public readonly void AppendFormatted<T>(T value, string? format) => InterpolatedValue.Append(_builder, value, format);

        public readonly void AppendFormatted<T>(T value, int alignment, string? format = null)
        {
            int start = _builder.Length;
            InterpolatedValue.Append(_builder, value, format);
            _builder.Align(start, alignment);
        }
    }
}
