// Generators of values that dwell on the borders between encodings.
using System;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;

namespace Kilonova.MessagePack.Tests;

internal static class Values
{
    /// <summary>Lengths on both sides of the borders between length encodings.</summary>
    private static readonly int[] s_lengths = [0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 31, 32, 255, 256];
    private static readonly int[] s_longLengths = [65535, 65536];

    private static Gen<ulong> Bits { get; } =
        from high in Gen.Choose(int.MinValue, int.MaxValue)
        from low in Gen.Choose(int.MinValue, int.MaxValue)
        from width in Gen.Choose(0, 63)
        select (((ulong)(uint)high << 32) | (uint)low) >> width;

    private static Gen<Value> Integer { get; } =
        from bits in Bits
        from negative in Gen.Elements(false, true)
        from nudge in Gen.Choose(-1, 1)
        from border in Gen.Elements<Int128>(
            0, -32, 127, 255, 65535, uint.MaxValue, ulong.MaxValue, sbyte.MinValue, short.MinValue, int.MinValue, long.MinValue)
        from atBorder in Gen.Elements(false, true)
        let free = negative ? -(Int128)(bits >> 1) - 1 : (Int128)bits
        select (Value)new Value.Integer(atBorder ? Int128.Clamp(border + nudge, long.MinValue, ulong.MaxValue) : free);

    private static Gen<string> Hex { get; } =
        from length in Gen.Frequency((8, Gen.Choose(0, 24)), (1, Gen.Elements(s_lengths)))
        from seed in Gen.Choose(0, int.MaxValue)
        select Convert.ToHexStringLower(RandomBytes(seed, length));

    private static Gen<Value> Text { get; } =
        from length in Gen.Frequency((8, Gen.Choose(0, 16)), (1, Gen.Elements(s_lengths)))
        from characters in Gen.Elements("a", "\0", "\u007f", "\u0080", "\u07ff",
            "\u0800", "\ud7ff", "\uffff", "\U00010000", "\U0010ffff").ArrayOf(length)
        select (Value)new Value.Text(string.Concat(characters));

    private static Gen<Value> Extension { get; } =
        from type in Gen.Choose(sbyte.MinValue, sbyte.MaxValue)
        from hex in Hex
        select (Value)new Value.Extension((sbyte)(type == -1 ? 0 : type), hex);

    private static Gen<Value> Time { get; } =
        from bits in Bits
        from negative in Gen.Elements(false, true)
        from nanoseconds in Gen.Frequency((1, Gen.Constant(0)), (2, Gen.Choose(0, 999_999_999)))
        select (Value)new Value.Time(negative ? ~(long)(bits >> 1) : (long)(bits >> 1), (uint)nanoseconds);

    private static Gen<Value> Scalar { get; } = Gen.Frequency(
        (1, Gen.Constant((Value)new Value.Nil())),
        (1, Gen.Elements<Value>(new Value.Truth(false), new Value.Truth(true))),
        (4, Integer),
        (1, Bits.Select(bits => (Value)new Value.Single((uint)bits))),
        (1, Bits.Select(bits => (Value)new Value.Double(bits))),
        (2, Text),
        (1, Hex.Select(hex => (Value)new Value.Binary(hex))),
        (2, Extension),
        (2, Time));

    private static Gen<Value> Long { get; } =
        from length in Gen.Elements(s_longLengths)
        from value in Gen.Elements<Value>(
            new Value.Text(new string('k', length)),
            new Value.Binary(new string('0', 2 * length)),
            new Value.Extension(7, new string('0', 2 * length)),
            new Value.Sequence(Enumerable.Repeat<Value>(new Value.Nil(), length).ToArray()))
        select value;

    public static Gen<Value> Any { get; } = Gen.Frequency((50, Gen.Sized(Nested)), (1, Long));

    public static Arbitrary<Value> Arbitrary { get; } = Arb.From(Any);

    private static byte[] RandomBytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static Gen<Value> Nested(int size)
    {
        if (size < 2)
            return Scalar;
        Gen<Value> smaller = Nested(size / 3);
        Gen<Value> array =
            from count in Gen.Frequency((8, Gen.Choose(0, 4)), (1, Gen.Choose(14, 18)))
            from items in smaller.ArrayOf(count)
            select (Value)new Value.Sequence(items);
        Gen<Value> map =
            from count in Gen.Frequency((8, Gen.Choose(0, 4)), (1, Gen.Choose(14, 18)))
            from keys in smaller.ArrayOf(count)
            from values in smaller.ArrayOf(count)
            select (Value)new Value.Map(keys.Zip(values).ToArray());
        return Gen.Frequency((3, Scalar), (1, array), (1, map));
    }
}
