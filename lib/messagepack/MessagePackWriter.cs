// Writes MessagePack into a span, every value in its smallest encoding (MessagePack specification, "Formats").
using System;
using System.Buffers.Binary;

namespace Kilonova.MessagePack;

/// <summary>
/// A forward writer. A value that cannot be written leaves no byte behind and records why in <see cref="Status"/>; after that first
/// failure nothing more is written, so a caller may check once at the end. The caller writes as many elements as a header announced.
/// </summary>
public ref partial struct MessagePackWriter
{
    private const int NegativeFixIntMinimum = -32;

    private readonly Span<byte> _output;
    private int _position;
    private MessagePackStatus _status;

    /// <summary>Creates a writer at the start of <paramref name="output"/>.</summary>
    public MessagePackWriter(Span<byte> output)
    {
        _output = output;
        _position = 0;
        _status = MessagePackStatus.Ok;
    }

    /// <summary>The first failure, or <see cref="MessagePackStatus.Ok"/>.</summary>
    public readonly MessagePackStatus Status => _status;

    /// <summary>Bytes written so far: whole values only.</summary>
    public readonly int Position => _position;

    /// <summary>What was written so far, as part of the output span.</summary>
    public readonly ReadOnlySpan<byte> Written => _output.Slice(0, _position);

    /// <summary>Writes nil.</summary>
    public void WriteNil() => WriteByte(MessagePackFormat.Nil);

    /// <summary>Writes a truth value.</summary>
    public void WriteBoolean(bool value) => WriteByte(value ? MessagePackFormat.True : MessagePackFormat.False);

    /// <summary>Writes an integer.</summary>
    public void WriteUInt64(ulong value)
    {
        if (value <= MessagePackFormat.PositiveFixIntMaximum)
            WriteByte((byte)value);
        else if (value <= byte.MaxValue)
            WriteNumber(MessagePackFormat.UInt8, sizeof(byte), value);
        else if (value <= ushort.MaxValue)
            WriteNumber(MessagePackFormat.UInt16, sizeof(ushort), value);
        else if (value <= uint.MaxValue)
            WriteNumber(MessagePackFormat.UInt32, sizeof(uint), value);
        else
            WriteNumber(MessagePackFormat.UInt64, sizeof(ulong), value);
    }

    /// <summary>Writes an integer.</summary>
    public void WriteInt64(long value)
    {
        if (value >= 0)
            WriteUInt64((ulong)value);
        else if (value >= NegativeFixIntMinimum)
            WriteByte((byte)value);
        else if (value >= sbyte.MinValue)
            WriteNumber(MessagePackFormat.Int8, sizeof(sbyte), (ulong)value);
        else if (value >= short.MinValue)
            WriteNumber(MessagePackFormat.Int16, sizeof(short), (ulong)value);
        else if (value >= int.MinValue)
            WriteNumber(MessagePackFormat.Int32, sizeof(int), (ulong)value);
        else
            WriteNumber(MessagePackFormat.Int64, sizeof(long), (ulong)value);
    }

    /// <summary>Writes a number of single precision.</summary>
    public void WriteSingle(float value) => WriteSingleBits((uint)BitConverter.SingleToInt32Bits(value));

    /// <summary>Writes a number of single precision given by its IEEE 754 bits.</summary>
    public void WriteSingleBits(uint bits) => WriteNumber(MessagePackFormat.Float32, sizeof(uint), bits);

    /// <summary>Writes a number of double precision; it is not narrowed, even where that would lose nothing.</summary>
    public void WriteDouble(double value) => WriteDoubleBits((ulong)BitConverter.DoubleToInt64Bits(value));

    /// <summary>Writes a number of double precision given by its IEEE 754 bits.</summary>
    public void WriteDoubleBits(ulong bits) => WriteNumber(MessagePackFormat.Float64, sizeof(ulong), bits);

    /// <summary>Writes text that is UTF-8 already, and fails where it is not.</summary>
    public void WriteString(ReadOnlySpan<byte> text)
    {
        if (!Utf8Validator.IsValid(text))
            Fail(MessagePackStatus.InvalidText);
        else if (TryReserveString(text.Length, out Span<byte> room))
            text.CopyTo(room);
    }

    /// <summary>Writes bytes.</summary>
    public void WriteBinary(ReadOnlySpan<byte> data)
    {
        Span<byte> room;
        bool reserved = data.Length switch
        {
            <= byte.MaxValue => TryReserve(MessagePackFormat.Bin8, sizeof(byte), data.Length, data.Length, out room),
            <= ushort.MaxValue => TryReserve(MessagePackFormat.Bin16, sizeof(ushort), data.Length, data.Length, out room),
            _ => TryReserve(MessagePackFormat.Bin32, sizeof(uint), data.Length, data.Length, out room),
        };
        if (reserved)
            data.CopyTo(room);
    }

    /// <summary>Writes the head of an array of <paramref name="count"/> elements, which the caller writes next.</summary>
    public void WriteArrayHeader(uint count)
    {
        if (count <= MessagePackFormat.FixContainerMask)
            WriteByte((byte)(MessagePackFormat.FixArray | count));
        else if (count <= ushort.MaxValue)
            WriteNumber(MessagePackFormat.Array16, sizeof(ushort), count);
        else
            WriteNumber(MessagePackFormat.Array32, sizeof(uint), count);
    }

    /// <summary>Writes the head of a map of <paramref name="count"/> pairs; the caller writes key and value of each next.</summary>
    public void WriteMapHeader(uint count)
    {
        if (count <= MessagePackFormat.FixContainerMask)
            WriteByte((byte)(MessagePackFormat.FixMap | count));
        else if (count <= ushort.MaxValue)
            WriteNumber(MessagePackFormat.Map16, sizeof(ushort), count);
        else
            WriteNumber(MessagePackFormat.Map32, sizeof(uint), count);
    }

    /// <summary>Writes an extension. Types 0 to 127 belong to applications, negative ones to the format.</summary>
    public void WriteExtension(sbyte type, ReadOnlySpan<byte> data)
    {
        if (TryReserveExtension(type, data.Length, out Span<byte> room))
            data.CopyTo(room);
    }

    /// <summary>Writes a point in time; fails where its nanoseconds reach a second.</summary>
    public void WriteTimestamp(MessagePackTimestamp value)
    {
        if (value.Nanoseconds >= MessagePackTimestamp.NanosecondsPerSecond)
        {
            Fail(MessagePackStatus.InvalidTimestamp);
        }
        else if (((ulong)value.Seconds >> MessagePackFormat.Timestamp64SecondBits) != 0)
        {
            if (!TryReserveExtension(MessagePackFormat.TimestampType, sizeof(uint) + sizeof(long), out Span<byte> room))
                return;
            BinaryPrimitives.WriteUInt32BigEndian(room, value.Nanoseconds);
            BinaryPrimitives.WriteInt64BigEndian(room.Slice(sizeof(uint)), value.Seconds);
        }
        else if (value.Nanoseconds != 0 || value.Seconds > uint.MaxValue)
        {
            if (!TryReserveExtension(MessagePackFormat.TimestampType, sizeof(ulong), out Span<byte> room))
                return;
            ulong nanoseconds = (ulong)value.Nanoseconds << MessagePackFormat.Timestamp64SecondBits;
            BinaryPrimitives.WriteUInt64BigEndian(room, nanoseconds | (ulong)value.Seconds);
        }
        else if (TryReserveExtension(MessagePackFormat.TimestampType, sizeof(uint), out Span<byte> room))
        {
            BinaryPrimitives.WriteUInt32BigEndian(room, (uint)value.Seconds);
        }
    }

    /// <summary>
    /// Writes one value that is encoded already; fails with the reader's status where it is not exactly one well-formed value.
    /// </summary>
    public void WriteRaw(ReadOnlySpan<byte> encoded)
    {
        var reader = new MessagePackReader(encoded);
        if (!reader.TrySkip() || !reader.TryReadEnd())
            Fail(reader.Status);
        else if (TryReserve(encoded.Length, out Span<byte> room))
            encoded.CopyTo(room);
    }

    private void WriteByte(byte value)
    {
        if (TryReserve(1, out Span<byte> room))
            room[0] = value;
    }

    /// <summary>Writes a first byte and the low <paramref name="size"/> bytes of a number behind it.</summary>
    private void WriteNumber(byte first, int size, ulong value) => TryReserve(first, size, (long)value, 0, out _);

    private bool TryReserveString(int length, out Span<byte> room) => length switch
    {
        <= MessagePackFormat.FixStrMask => TryReserve((byte)(MessagePackFormat.FixStr | length), 0, 0, length, out room),
        <= byte.MaxValue => TryReserve(MessagePackFormat.Str8, sizeof(byte), length, length, out room),
        <= ushort.MaxValue => TryReserve(MessagePackFormat.Str16, sizeof(ushort), length, length, out room),
        _ => TryReserve(MessagePackFormat.Str32, sizeof(uint), length, length, out room),
    };

    private bool TryReserveExtension(sbyte type, int length, out Span<byte> room)
    {
        long size = length + 1L;
        bool reserved = length switch
        {
            1 => TryReserve(MessagePackFormat.FixExt1, 0, 0, size, out room),
            2 => TryReserve(MessagePackFormat.FixExt2, 0, 0, size, out room),
            4 => TryReserve(MessagePackFormat.FixExt4, 0, 0, size, out room),
            8 => TryReserve(MessagePackFormat.FixExt8, 0, 0, size, out room),
            16 => TryReserve(MessagePackFormat.FixExt16, 0, 0, size, out room),
            <= byte.MaxValue => TryReserve(MessagePackFormat.Ext8, sizeof(byte), length, size, out room),
            <= ushort.MaxValue => TryReserve(MessagePackFormat.Ext16, sizeof(ushort), length, size, out room),
            _ => TryReserve(MessagePackFormat.Ext32, sizeof(uint), length, size, out room),
        };
        if (!reserved)
            return false;
        room[0] = (byte)type;
        room = room.Slice(1);
        return true;
    }

    /// <summary>Takes room for a whole value, writes its head (first byte and a big-endian field) and yields the room behind.</summary>
    private bool TryReserve(byte first, int fieldSize, long field, long payloadSize, out Span<byte> payload)
    {
        payload = default;
        if (!TryReserve(1L + fieldSize + payloadSize, out Span<byte> room))
            return false;
        room[0] = first;
        for (int i = fieldSize; i > 0; i--)
        {
            room[i] = (byte)field;
            field >>= 8;
        }

        payload = room.Slice(1 + fieldSize);
        return true;
    }

    private bool TryReserve(long size, out Span<byte> room)
    {
        room = default;
        if (_status != MessagePackStatus.Ok)
            return false;
        if (size > _output.Length - _position)
            return Fail(MessagePackStatus.OutputFull);
        room = _output.Slice(_position, (int)size);
        _position += (int)size;
        return true;
    }

    private bool Fail(MessagePackStatus status)
    {
        if (_status == MessagePackStatus.Ok)
            _status = status;
        return false;
    }
}
