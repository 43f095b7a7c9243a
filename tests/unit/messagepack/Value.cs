// A MessagePack value as a tree, for tests: written, read back and described in a line of text that any implementation can produce.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Kilonova.MessagePack.Tests;

public abstract record Value
{
    public abstract void WriteTo(ref MessagePackWriter writer);

    /// <summary>One line without surplus: the grammar is at the head of crosscheck.py.</summary>
    public abstract string Describe();

    public sealed override string ToString() => Describe();

    public byte[] Encode()
    {
        for (int size = 256; ; size *= 4)
        {
            byte[] buffer = new byte[size];
            var writer = new MessagePackWriter(buffer);
            WriteTo(ref writer);
            if (writer.Status == MessagePackStatus.Ok)
                return writer.Written.ToArray();
            if (writer.Status != MessagePackStatus.OutputFull)
                throw new InvalidOperationException($"writing {Describe()}: {writer.Status}");
        }
    }

    public static Value? Read(ref MessagePackReader reader)
    {
        switch (reader.NextType)
        {
            case MessagePackType.Nil:
                return reader.TryReadNil() ? new Nil() : null;
            case MessagePackType.Boolean:
                return reader.TryReadBoolean(out bool truth) ? new Truth(truth) : null;
            case MessagePackType.Integer:
                return ReadInteger(ref reader);
            case MessagePackType.Float32:
                return reader.TryReadSingleBits(out uint single) ? new Single(single) : null;
            case MessagePackType.Float64:
                return reader.TryReadDoubleBits(out ulong bits) ? new Double(bits) : null;
            case MessagePackType.String:
                return reader.TryReadString(out ReadOnlySpan<byte> text) ? new Text(Encoding.UTF8.GetString(text)) : null;
            case MessagePackType.Binary:
                return reader.TryReadBinary(out ReadOnlySpan<byte> data) ? new Binary(Convert.ToHexStringLower(data)) : null;
            case MessagePackType.Array:
                return ReadArray(ref reader);
            case MessagePackType.Map:
                return ReadMap(ref reader);
            case MessagePackType.Extension:
                return ReadExtension(ref reader);
            default:
                reader.TrySkip();
                return null;
        }
    }

    private static Value? ReadInteger(ref MessagePackReader reader)
    {
        MessagePackReader copy = reader;
        if (copy.TryReadInt64(out long signed))
        {
            reader = copy;
            return new Integer(signed);
        }

        return reader.TryReadUInt64(out ulong unsigned) ? new Integer(unsigned) : null;
    }

    private static Value? ReadArray(ref MessagePackReader reader)
    {
        if (!reader.TryReadArrayHeader(out int count))
            return null;
        var items = new List<Value>();
        for (int i = 0; i < count; i++)
        {
            if (Read(ref reader) is not Value item)
                return null;
            items.Add(item);
        }

        return new Sequence(items.ToArray());
    }

    private static Value? ReadMap(ref MessagePackReader reader)
    {
        if (!reader.TryReadMapHeader(out int count))
            return null;
        var pairs = new List<(Value, Value)>();
        for (int i = 0; i < count; i++)
        {
            if (Read(ref reader) is not Value key || Read(ref reader) is not Value value)
                return null;
            pairs.Add((key, value));
        }

        return new Map(pairs.ToArray());
    }

    private static Value? ReadExtension(ref MessagePackReader reader)
    {
        MessagePackReader copy = reader;
        if (copy.TryReadTimestamp(out MessagePackTimestamp time))
        {
            reader = copy;
            return new Time(time.Seconds, time.Nanoseconds);
        }

        return reader.TryReadExtension(out sbyte type, out ReadOnlySpan<byte> data)
            ? new Extension(type, Convert.ToHexStringLower(data))
            : null;
    }

    public sealed record Nil : Value
    {
        public override void WriteTo(ref MessagePackWriter writer) => writer.WriteNil();

        public override string Describe() => "nil";
    }

    public sealed record Truth(bool Is) : Value
    {
        public override void WriteTo(ref MessagePackWriter writer) => writer.WriteBoolean(Is);

        public override string Describe() => Is ? "true" : "false";
    }

    public sealed record Integer(Int128 Number) : Value
    {
        public override void WriteTo(ref MessagePackWriter writer)
        {
            if (Number <= long.MaxValue)
                writer.WriteInt64((long)Number);
            else
                writer.WriteUInt64((ulong)Number);
        }

        public override string Describe() => "i:" + Number.ToString(CultureInfo.InvariantCulture);
    }

    public sealed record Single(uint Bits) : Value
    {
        public override void WriteTo(ref MessagePackWriter writer) => writer.WriteSingleBits(Bits);

        public override string Describe() => $"f32:{Bits:x8}";
    }

    public sealed record Double(ulong Bits) : Value
    {
        public override void WriteTo(ref MessagePackWriter writer) => writer.WriteDoubleBits(Bits);

        public override string Describe() => $"f64:{Bits:x16}";
    }

    public sealed record Text(string Characters) : Value
    {
        public override void WriteTo(ref MessagePackWriter writer) => writer.WriteString(Characters);

        public override string Describe() => "s:" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Characters));
    }

    public sealed record Binary(string Hex) : Value
    {
        public override void WriteTo(ref MessagePackWriter writer) => writer.WriteBinary(Convert.FromHexString(Hex));

        public override string Describe() => "b:" + Hex;
    }

    public sealed record Extension(sbyte Type, string Hex) : Value
    {
        public override void WriteTo(ref MessagePackWriter writer) => writer.WriteExtension(Type, Convert.FromHexString(Hex));

        public override string Describe() => $"x:{Type}:{Hex}";
    }

    public sealed record Time(long Seconds, uint Nanoseconds) : Value
    {
        public override void WriteTo(ref MessagePackWriter writer) => writer.WriteTimestamp(new MessagePackTimestamp(Seconds, Nanoseconds));

        public override string Describe() => $"t:{Seconds}:{Nanoseconds}";
    }

    public sealed record Sequence(Value[] Items) : Value
    {
        public override void WriteTo(ref MessagePackWriter writer)
        {
            writer.WriteArrayHeader((uint)Items.Length);
            foreach (Value item in Items)
                item.WriteTo(ref writer);
        }

        public override string Describe() => string.Join(' ', Items.Select(item => item.Describe()).Prepend("[").Append("]"));
    }

    public sealed record Map((Value Key, Value Value)[] Pairs) : Value
    {
        public override void WriteTo(ref MessagePackWriter writer)
        {
            writer.WriteMapHeader((uint)Pairs.Length);
            foreach ((Value key, Value value) in Pairs)
            {
                key.WriteTo(ref writer);
                value.WriteTo(ref writer);
            }
        }

        public override string Describe() =>
            string.Join(' ', Pairs.Select(pair => $"{pair.Key.Describe()} {pair.Value.Describe()}").Prepend("{").Append("}"));
    }
}
