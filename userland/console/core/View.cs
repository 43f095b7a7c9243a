using System;

namespace Kilonova.Console;

/// <summary>What one client has written, as far as it is kept, and what was typed for it. No allocation after its construction.</summary>
public sealed class View
{
    /// <summary>Bytes of text that are kept.</summary>
    public const int Scrollback = 8192;

    /// <summary>Longest line that can be typed.</summary>
    public const int MaxLine = 256;

    /// <summary>Lines that wait for their reader.</summary>
    public const int MaxWaiting = 8;

    private readonly byte[] _text = new byte[Scrollback];
    private readonly byte[] _input = new byte[MaxLine];
    private readonly byte[] _waiting = new byte[MaxWaiting * MaxLine];
    private readonly int[] _lengths = new int[MaxWaiting];
    private readonly byte[] _name = new byte[32];
    private long _written;
    private int _nameLength;
    private int _inputLength;
    private int _firstWaiting;
    private int _waitingCount;

    /// <summary>The session that it belongs to; 0 for an unused view.</summary>
    public ulong Session { get; private set; }

    /// <summary>Its name.</summary>
    public ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    /// <summary>Keys go to the client one by one, and its text is shown as it is.</summary>
    public bool IsRaw { get; set; }

    /// <summary>The line that is being typed; a raw view has none.</summary>
    public ReadOnlySpan<byte> Input => _input.AsSpan(0, IsRaw ? 0 : _inputLength);

    /// <summary>Number of bytes that are kept.</summary>
    public int Kept => (int)Math.Min(_written, Scrollback);

    /// <summary>A byte of the kept text, 0 for the oldest.</summary>
    public byte this[int index] => _text[(int)((_written - Kept + index) % Scrollback)];

    /// <summary>Bytes ever written to it.</summary>
    public long Written => _written;

    /// <summary>Copies kept text.</summary>
    /// <param name="position">Where to begin, counted in bytes ever written.</param>
    /// <param name="text">Gets it.</param>
    /// <param name="start">Position of the first byte; behind <paramref name="position"/> when what stood there is not kept any more.</param>
    /// <returns>Bytes copied.</returns>
    public int Read(ulong position, Span<byte> text, out ulong start)
    {
        start = Math.Max(Math.Min(position, (ulong)_written), (ulong)(_written - Kept));
        var length = (int)Math.Min((ulong)_written - start, (ulong)text.Length);
        for (var i = 0; i < length; i++)
            text[i] = _text[(int)((start + (ulong)i) % Scrollback)];

        return length;
    }

    /// <summary>Makes it an empty view of a session.</summary>
    public void Begin(ulong session, ReadOnlySpan<byte> name)
    {
        Session = session;
        _nameLength = Math.Min(name.Length, _name.Length);
        name.Slice(0, _nameLength).CopyTo(_name);
        _written = 0;
        _inputLength = 0;
        _waitingCount = 0;
        IsRaw = false;
    }

    /// <summary>Its session has ended.</summary>
    public void End() => Session = 0;

    /// <summary>Keeps a byte of text.</summary>
    public void Append(byte value) => _text[(int)(_written++ % Scrollback)] = value;

    /// <summary>Adds a key to the line; false when it is full.</summary>
    public bool TryType(byte key)
    {
        if (_inputLength == MaxLine)
            return false;

        _input[_inputLength++] = key;
        return true;
    }

    /// <summary>Takes the last character back.</summary>
    /// <returns>Bytes that it had; 0 when there is none.</returns>
    public int Erase()
    {
        var before = _inputLength;
        while (_inputLength > 0 && IsContinuation(_input[--_inputLength]))
        {
        }

        return before - _inputLength;
    }

    /// <summary>Whether a byte of UTF-8 goes on with a character.</summary>
    public static bool IsContinuation(byte value) => (value & 0xc0) == 0x80;

    /// <summary>Characters of UTF-8 text.</summary>
    public static int Characters(ReadOnlySpan<byte> text)
    {
        var count = 0;
        foreach (var value in text)
            count += IsContinuation(value) ? 0 : 1;

        return count;
    }

    /// <summary>Takes the oldest keys of a raw view.</summary>
    /// <returns>How many.</returns>
    public int TakeKeys(Span<byte> keys)
    {
        var count = Math.Min(keys.Length, _inputLength);
        _input.AsSpan(0, count).CopyTo(keys);
        _inputLength -= count;
        _input.AsSpan(count, _inputLength).CopyTo(_input);
        return count;
    }

    /// <summary>Hands the line over; false, and it stays, when too many wait.</summary>
    public bool TryEnter(out ReadOnlySpan<byte> line)
    {
        line = default;
        if (_waitingCount == MaxWaiting)
            return false;

        var slot = (_firstWaiting + _waitingCount++) % MaxWaiting;
        Input.CopyTo(_waiting.AsSpan(slot * MaxLine));
        _lengths[slot] = _inputLength;
        line = _waiting.AsSpan(slot * MaxLine, _inputLength);
        _inputLength = 0;
        return true;
    }

    /// <summary>Takes the oldest line that waits; what does not fit is cut off.</summary>
    public bool TryTakeLine(Span<byte> line, out int length)
    {
        length = 0;
        if (_waitingCount == 0)
            return false;

        length = Math.Min(_lengths[_firstWaiting], line.Length);
        _waiting.AsSpan(_firstWaiting * MaxLine, length).CopyTo(line);
        _firstWaiting = (_firstWaiting + 1) % MaxWaiting;
        _waitingCount--;
        return true;
    }
}
