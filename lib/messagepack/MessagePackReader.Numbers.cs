// Integers and floating-point numbers. An integer may stand in any of its encodings; what counts is whether it fits the type asked for.
using System;
using System.Buffers.Binary;

namespace Kilonova.MessagePack;

public ref partial struct MessagePackReader
{
    /// <summary>Reads an integer from 0 to 255.</summary>
    public bool TryReadByte(out byte value)
    {
        bool read = TryReadUnsigned(byte.MaxValue, out ulong wide);
        value = (byte)wide;
        return read;
    }

    /// <summary>Reads an integer from 0 to 2^16-1.</summary>
    public bool TryReadUInt16(out ushort value)
    {
        bool read = TryReadUnsigned(ushort.MaxValue, out ulong wide);
        value = (ushort)wide;
        return read;
    }

    /// <summary>Reads an integer from 0 to 2^32-1.</summary>
    public bool TryReadUInt32(out uint value)
    {
        bool read = TryReadUnsigned(uint.MaxValue, out ulong wide);
        value = (uint)wide;
        return read;
    }

    /// <summary>Reads an integer from 0 to 2^64-1.</summary>
    public bool TryReadUInt64(out ulong value) => TryReadUnsigned(ulong.MaxValue, out value);

    /// <summary>Reads an integer from -128 to 127.</summary>
    public bool TryReadSByte(out sbyte value)
    {
        bool read = TryReadSigned(sbyte.MinValue, sbyte.MaxValue, out long wide);
        value = (sbyte)wide;
        return read;
    }

    /// <summary>Reads an integer from -2^15 to 2^15-1.</summary>
    public bool TryReadInt16(out short value)
    {
        bool read = TryReadSigned(short.MinValue, short.MaxValue, out long wide);
        value = (short)wide;
        return read;
    }

    /// <summary>Reads an integer from -2^31 to 2^31-1.</summary>
    public bool TryReadInt32(out int value)
    {
        bool read = TryReadSigned(int.MinValue, int.MaxValue, out long wide);
        value = (int)wide;
        return read;
    }

    /// <summary>Reads an integer from -2^63 to 2^63-1.</summary>
    public bool TryReadInt64(out long value) => TryReadSigned(long.MinValue, long.MaxValue, out value);

    /// <summary>Reads a number of single precision.</summary>
    public bool TryReadSingle(out float value)
    {
        bool read = TryReadSingleBits(out uint bits);
        value = BitConverter.Int32BitsToSingle((int)bits);
        return read;
    }

    /// <summary>Reads a number of single precision as its IEEE 754 bits: nothing is rounded or quieted, and no FPU is needed.</summary>
    public bool TryReadSingleBits(out uint bits)
    {
        bits = 0;
        if (!TryBegin(MessagePackType.Float32, out Head head))
            return false;
        bits = BinaryPrimitives.ReadUInt32BigEndian(Payload(head));
        return Advance(head);
    }

    /// <summary>Reads a number of double precision; one of single precision is widened.</summary>
    public bool TryReadDouble(out double value)
    {
        if (NextType == MessagePackType.Float32)
        {
            bool readSingle = TryReadSingle(out float single);
            value = single;
            return readSingle;
        }

        bool read = TryReadDoubleBits(out ulong bits);
        value = BitConverter.Int64BitsToDouble((long)bits);
        return read;
    }

    /// <summary>Reads a number of double precision as its IEEE 754 bits; one of single precision is a type mismatch here.</summary>
    public bool TryReadDoubleBits(out ulong bits)
    {
        bits = 0;
        if (!TryBegin(MessagePackType.Float64, out Head head))
            return false;
        bits = BinaryPrimitives.ReadUInt64BigEndian(Payload(head));
        return Advance(head);
    }

    private bool TryReadUnsigned(ulong maximum, out ulong value)
    {
        value = 0;
        if (!TryBegin(MessagePackType.Integer, out Head head))
            return false;
        ulong bits = DecodeInteger(head, out bool negative);
        if (negative || bits > maximum)
            return Fail(MessagePackStatus.OutOfRange);
        value = bits;
        return Advance(head);
    }

    private bool TryReadSigned(long minimum, long maximum, out long value)
    {
        value = 0;
        if (!TryBegin(MessagePackType.Integer, out Head head))
            return false;
        ulong bits = DecodeInteger(head, out bool negative);
        bool fits = negative ? (long)bits >= minimum : bits <= (ulong)maximum;
        if (!fits)
            return Fail(MessagePackStatus.OutOfRange);
        value = (long)bits;
        return Advance(head);
    }

    /// <summary>The integer in two's complement of 64 bits. Only <paramref name="negative"/> tells -1 from 2^64-1.</summary>
    private readonly ulong DecodeInteger(Head head, out bool negative)
    {
        byte first = _input[_position];
        ReadOnlySpan<byte> payload = Payload(head);
        long signed;
        switch (first)
        {
            case MessagePackFormat.UInt8:
                negative = false;
                return payload[0];
            case MessagePackFormat.UInt16:
                negative = false;
                return BinaryPrimitives.ReadUInt16BigEndian(payload);
            case MessagePackFormat.UInt32:
                negative = false;
                return BinaryPrimitives.ReadUInt32BigEndian(payload);
            case MessagePackFormat.UInt64:
                negative = false;
                return BinaryPrimitives.ReadUInt64BigEndian(payload);
            case MessagePackFormat.Int8:
                signed = (sbyte)payload[0];
                break;
            case MessagePackFormat.Int16:
                signed = BinaryPrimitives.ReadInt16BigEndian(payload);
                break;
            case MessagePackFormat.Int32:
                signed = BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case MessagePackFormat.Int64:
                signed = BinaryPrimitives.ReadInt64BigEndian(payload);
                break;
            default:
                signed = (sbyte)first;
                break;
        }

        negative = signed < 0;
        return (ulong)signed;
    }
}
