// Reads MessagePack from a span (MessagePack specification, "Formats"). Made for input that nobody vouches for: every length is held
// against the bytes that are left, nothing recurses, nothing is allocated, nothing is thrown.
using System;
using System.Buffers.Binary;

namespace Kilonova.MessagePack;

/// <summary>
/// A forward reader. Every <c>TryRead</c> either yields a value and moves behind it, or records why not in <see cref="Status"/>,
/// yields the default and stays; after that first failure everything fails, so a caller may check once at the end.
/// Spans that it yields point into the input.
/// </summary>
public ref partial struct MessagePackReader
{
    /// <summary>Deepest nesting of containers that <see cref="TrySkip"/> and <see cref="TryReadRaw"/> pass over.</summary>
    public const int MaximumDepth = 64;

    private readonly ReadOnlySpan<byte> _input;
    private readonly bool _validateText;
    private int _position;
    private MessagePackStatus _status;

    /// <summary>Creates a reader at the start of <paramref name="input"/>.</summary>
    /// <param name="input">The encoded values. Must not change meanwhile: copy shared memory first.</param>
    /// <param name="validateText">Whether strings that are not UTF-8 are refused.</param>
    public MessagePackReader(ReadOnlySpan<byte> input, bool validateText = true)
    {
        _input = input;
        _validateText = validateText;
        _position = 0;
        _status = MessagePackStatus.Ok;
    }

    /// <summary>The first failure, or <see cref="MessagePackStatus.Ok"/>.</summary>
    public readonly MessagePackStatus Status => _status;

    /// <summary>Offset of the next value in bytes; after a failure, of the value that failed.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes that are left.</summary>
    public readonly int Remaining => _input.Length - _position;

    /// <summary>Type of the next value. Tells nothing about whether the whole value is there.</summary>
    public readonly MessagePackType NextType
    {
        get
        {
            if (_status != MessagePackStatus.Ok || _position == _input.Length)
                return MessagePackType.None;
            return Head.Classify(_input[_position]).Type;
        }
    }

    /// <summary>Reads nil.</summary>
    public bool TryReadNil() => TryBegin(MessagePackType.Nil, out Head head) && Advance(head);

    /// <summary>Reads a truth value.</summary>
    public bool TryReadBoolean(out bool value)
    {
        value = false;
        if (!TryBegin(MessagePackType.Boolean, out Head head))
            return false;
        value = _input[_position] == MessagePackFormat.True;
        return Advance(head);
    }

    /// <summary>Reads text as UTF-8 bytes.</summary>
    public bool TryReadString(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!TryBegin(MessagePackType.String, out Head head))
            return false;
        ReadOnlySpan<byte> payload = Payload(head);
        if (_validateText && !Utf8Validator.IsValid(payload))
            return Fail(MessagePackStatus.InvalidText);
        text = payload;
        return Advance(head);
    }

    /// <summary>Reads bytes.</summary>
    public bool TryReadBinary(out ReadOnlySpan<byte> data)
    {
        data = default;
        if (!TryBegin(MessagePackType.Binary, out Head head))
            return false;
        data = Payload(head);
        return Advance(head);
    }

    /// <summary>
    /// Reads the head of an array; its elements follow. Never more of them than bytes are left, so a loop over them ends.
    /// </summary>
    public bool TryReadArrayHeader(out int count) => TryReadContainerHeader(MessagePackType.Array, out count);

    /// <summary>Reads the head of a map; as many pairs of key and value follow. Never more of them than half the bytes left.</summary>
    public bool TryReadMapHeader(out int count) => TryReadContainerHeader(MessagePackType.Map, out count);

    /// <summary>Reads an extension with its type: 0 to 127 for applications, negative for the format itself.</summary>
    public bool TryReadExtension(out sbyte type, out ReadOnlySpan<byte> data)
    {
        type = 0;
        data = default;
        if (!TryBegin(MessagePackType.Extension, out Head head))
            return false;
        ReadOnlySpan<byte> payload = Payload(head);
        type = (sbyte)payload[0];
        data = payload.Slice(1);
        return Advance(head);
    }

    /// <summary>Reads a timestamp in any of its three encodings.</summary>
    public bool TryReadTimestamp(out MessagePackTimestamp value)
    {
        value = default;
        if (!TryBegin(MessagePackType.Extension, out Head head))
            return false;
        ReadOnlySpan<byte> payload = Payload(head);
        if ((sbyte)payload[0] != MessagePackFormat.TimestampType)
            return Fail(MessagePackStatus.TypeMismatch);
        if (!TryDecodeTimestamp(payload.Slice(1), out MessagePackTimestamp decoded))
            return Fail(MessagePackStatus.InvalidTimestamp);
        value = decoded;
        return Advance(head);
    }

    /// <summary>Succeeds where nothing follows any more.</summary>
    public bool TryReadEnd()
    {
        if (_status != MessagePackStatus.Ok)
            return false;
        return _position == _input.Length || Fail(MessagePackStatus.TrailingData);
    }

    /// <summary>Passes over one value with all that it contains, checking its form (and its texts) on the way.</summary>
    public bool TrySkip()
    {
        Span<uint> pending = stackalloc uint[MaximumDepth];
        int depth = 0;
        do
        {
            if (!TryPeek(out Head head) || !TextsFit(head))
                return false;
            Advance(head);

            uint children = (uint)head.Children;
            if (children != 0)
            {
                if (depth == MaximumDepth)
                    return Fail(MessagePackStatus.TooDeep);
                pending[depth++] = children;
                continue;
            }

            while (depth > 0 && --pending[depth - 1] == 0)
                depth--;
        }
        while (depth > 0);
        return true;
    }

    /// <summary>Like <see cref="TrySkip"/>, and yields the encoded value.</summary>
    public bool TryReadRaw(out ReadOnlySpan<byte> encoded)
    {
        int start = _position;
        bool skipped = TrySkip();
        encoded = skipped ? _input.Slice(start, _position - start) : default;
        return skipped;
    }

    private bool TryReadContainerHeader(MessagePackType type, out int count)
    {
        count = 0;
        if (!TryBegin(type, out Head head))
            return false;
        count = (int)head.Length;
        return Advance(head);
    }

    private static bool TryDecodeTimestamp(ReadOnlySpan<byte> data, out MessagePackTimestamp value)
    {
        switch (data.Length)
        {
            case sizeof(uint):
                value = new MessagePackTimestamp(BinaryPrimitives.ReadUInt32BigEndian(data), 0);
                break;
            case sizeof(ulong):
                ulong both = BinaryPrimitives.ReadUInt64BigEndian(data);
                long seconds = (long)(both & ((1UL << MessagePackFormat.Timestamp64SecondBits) - 1));
                value = new MessagePackTimestamp(seconds, (uint)(both >> MessagePackFormat.Timestamp64SecondBits));
                break;
            case sizeof(uint) + sizeof(ulong):
                uint nanoseconds = BinaryPrimitives.ReadUInt32BigEndian(data);
                value = new MessagePackTimestamp(BinaryPrimitives.ReadInt64BigEndian(data.Slice(sizeof(uint))), nanoseconds);
                break;
            default:
                value = default;
                return false;
        }

        return value.Nanoseconds < MessagePackTimestamp.NanosecondsPerSecond;
    }

    private bool TextsFit(Head head)
    {
        if (head.Type != MessagePackType.String || !_validateText || Utf8Validator.IsValid(Payload(head)))
            return true;
        return Fail(MessagePackStatus.InvalidText);
    }

    private readonly ReadOnlySpan<byte> Payload(Head head) => _input.Slice(_position + head.Size, (int)head.PayloadLength);

    private bool Advance(Head head)
    {
        _position += head.Size + (int)head.PayloadLength;
        return true;
    }

    private bool Fail(MessagePackStatus status)
    {
        _status = status;
        return false;
    }
}
