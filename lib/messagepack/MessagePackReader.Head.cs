// The head of a value: what its first byte and the length field behind it say, and whether the input can hold what they promise.
using System;
using System.Buffers.Binary;

namespace Kilonova.MessagePack;

public ref partial struct MessagePackReader
{
    /// <summary>Finds the next head, which must be of the type asked for.</summary>
    private bool TryBegin(MessagePackType expected, out Head head)
    {
        if (!TryPeek(out head))
            return false;
        return head.Type == expected || Fail(MessagePackStatus.TypeMismatch);
    }

    /// <summary>Finds the next head and makes sure that its payload (or at least one byte per element) lies in the input.</summary>
    private bool TryPeek(out Head head)
    {
        head = default;
        if (_status != MessagePackStatus.Ok)
            return false;
        if (_position == _input.Length)
            return Fail(MessagePackStatus.Truncated);

        ReadOnlySpan<byte> rest = _input.Slice(_position);
        Head found = Head.Classify(rest[0]);
        if (found.Type == MessagePackType.Invalid)
            return Fail(MessagePackStatus.InvalidFormat);
        if (found.Size > rest.Length)
            return Fail(MessagePackStatus.Truncated);
        found = found.WithLengthFrom(rest);
        if (found.PayloadLength + found.Children > (ulong)(rest.Length - found.Size))
            return Fail(MessagePackStatus.Truncated);
        head = found;
        return true;
    }

    private readonly struct Head
    {
        private readonly byte _lengthField;

        private Head(MessagePackType type, uint length, byte lengthField = 0)
        {
            Type = type;
            Length = length;
            _lengthField = lengthField;
        }

        public MessagePackType Type { get; }

        /// <summary>Bytes of a number, string, binary or extension, elements of an array, pairs of a map.</summary>
        public uint Length { get; }

        /// <summary>Bytes of the head: the first byte and the length field.</summary>
        public int Size => 1 + _lengthField;

        /// <summary>Bytes behind the head that belong to the value itself. An extension's type counts among them.</summary>
        public ulong PayloadLength => Type switch
        {
            MessagePackType.Array or MessagePackType.Map => 0,
            MessagePackType.Extension => (ulong)Length + 1,
            _ => Length,
        };

        /// <summary>Values that follow as parts of this one. Once the input was seen to hold a byte for each, it fits 32 bits.</summary>
        public ulong Children => Type switch
        {
            MessagePackType.Array => Length,
            MessagePackType.Map => 2UL * Length,
            _ => 0,
        };

        public static Head Classify(byte first)
        {
            if (first <= MessagePackFormat.PositiveFixIntMaximum || first >= MessagePackFormat.NegativeFixInt)
                return new Head(MessagePackType.Integer, 0);
            if (first <= MessagePackFormat.FixMapMaximum)
                return new Head(MessagePackType.Map, (uint)first & MessagePackFormat.FixContainerMask);
            if (first <= MessagePackFormat.FixArrayMaximum)
                return new Head(MessagePackType.Array, (uint)first & MessagePackFormat.FixContainerMask);
            if (first <= MessagePackFormat.FixStrMaximum)
                return new Head(MessagePackType.String, (uint)first & MessagePackFormat.FixStrMask);

            return first switch
            {
                MessagePackFormat.Nil => new Head(MessagePackType.Nil, 0),
                MessagePackFormat.False or MessagePackFormat.True => new Head(MessagePackType.Boolean, 0),
                MessagePackFormat.Bin8 => new Head(MessagePackType.Binary, 0, sizeof(byte)),
                MessagePackFormat.Bin16 => new Head(MessagePackType.Binary, 0, sizeof(ushort)),
                MessagePackFormat.Bin32 => new Head(MessagePackType.Binary, 0, sizeof(uint)),
                MessagePackFormat.Ext8 => new Head(MessagePackType.Extension, 0, sizeof(byte)),
                MessagePackFormat.Ext16 => new Head(MessagePackType.Extension, 0, sizeof(ushort)),
                MessagePackFormat.Ext32 => new Head(MessagePackType.Extension, 0, sizeof(uint)),
                MessagePackFormat.Float32 => new Head(MessagePackType.Float32, sizeof(uint)),
                MessagePackFormat.Float64 => new Head(MessagePackType.Float64, sizeof(ulong)),
                MessagePackFormat.UInt8 or MessagePackFormat.Int8 => new Head(MessagePackType.Integer, sizeof(byte)),
                MessagePackFormat.UInt16 or MessagePackFormat.Int16 => new Head(MessagePackType.Integer, sizeof(ushort)),
                MessagePackFormat.UInt32 or MessagePackFormat.Int32 => new Head(MessagePackType.Integer, sizeof(uint)),
                MessagePackFormat.UInt64 or MessagePackFormat.Int64 => new Head(MessagePackType.Integer, sizeof(ulong)),
                MessagePackFormat.FixExt1 => new Head(MessagePackType.Extension, 1),
                MessagePackFormat.FixExt2 => new Head(MessagePackType.Extension, 2),
                MessagePackFormat.FixExt4 => new Head(MessagePackType.Extension, 4),
                MessagePackFormat.FixExt8 => new Head(MessagePackType.Extension, 8),
                MessagePackFormat.FixExt16 => new Head(MessagePackType.Extension, 16),
                MessagePackFormat.Str8 => new Head(MessagePackType.String, 0, sizeof(byte)),
                MessagePackFormat.Str16 => new Head(MessagePackType.String, 0, sizeof(ushort)),
                MessagePackFormat.Str32 => new Head(MessagePackType.String, 0, sizeof(uint)),
                MessagePackFormat.Array16 => new Head(MessagePackType.Array, 0, sizeof(ushort)),
                MessagePackFormat.Array32 => new Head(MessagePackType.Array, 0, sizeof(uint)),
                MessagePackFormat.Map16 => new Head(MessagePackType.Map, 0, sizeof(ushort)),
                MessagePackFormat.Map32 => new Head(MessagePackType.Map, 0, sizeof(uint)),
                _ => new Head(MessagePackType.Invalid, 0),
            };
        }

        /// <summary>The same head with the length that stands behind its first byte, if one does.</summary>
        public Head WithLengthFrom(ReadOnlySpan<byte> encoded) => _lengthField switch
        {
            sizeof(byte) => new Head(Type, encoded[1], _lengthField),
            sizeof(ushort) => new Head(Type, BinaryPrimitives.ReadUInt16BigEndian(encoded.Slice(1)), _lengthField),
            sizeof(uint) => new Head(Type, BinaryPrimitives.ReadUInt32BigEndian(encoded.Slice(1)), _lengthField),
            _ => this,
        };
    }
}
