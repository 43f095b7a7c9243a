// Spans, casts between them, byte orders.
using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static class SpanBehaviour
{
    private struct Pair
    {
        internal ushort First;
        internal ushort Middle;
        internal uint Second;
    }

    [InlineArray(4)]
    private struct Four
    {
        private int _element;
    }

    private static ReadOnlySpan<int> Constants => [100, 200, 300];

    internal static void Run()
    {
        Area("span");
        int[] array = { 1, 2, 3, 4, 5, 6 };
        Span<int> span = array;
        Values("slice", span.Slice(2, 3).ToArray());
        Values("range", span[1..^1].ToArray());
        Value("length", span.Slice(4).Length);
        Value("empty", Span<int>.Empty.IsEmpty && default(ReadOnlySpan<int>).Length == 0);
        Throws("slice beyond", () => Opaque(new int[3]).AsSpan().Slice(2, 2));
        Throws("index beyond", () => Opaque(Opaque(new int[3]).AsSpan()[Opaque(3)]));
        Throws("index before", () => Opaque(Opaque(new int[3]).AsSpan()[Opaque(-1)]));
        Throws("of null and length", () => new Span<int>(null, 0, 1));
        span.Slice(0, 4).CopyTo(span.Slice(2));
        Values("copied up", array);
        span.Slice(2, 4).CopyTo(span);
        Values("copied down", array);
        Throws("copy too long", () => Opaque(new int[3]).AsSpan().CopyTo(new int[2]));
        Value("try copy", span.TryCopyTo(new int[5]) + " " + span.TryCopyTo(new int[6]));
        span.Slice(1, 2).Clear();
        span.Slice(3, 2).Fill(9);
        Values("cleared and filled", array);
        span.Reverse();
        Values("reversed", array);
        int sum = 0;
        foreach (ref int item in span)
            sum += item++;
        foreach (int item in (ReadOnlySpan<int>)span)
            sum += item;
        Value("enumerated", sum);
        Value("constants", Constants[Opaque(1)] + Constants.Length);
        Span<int> stack = stackalloc int[3] { 7, 8, 9 };
        Value("on the stack", stack[0] + stack[2]);
        Four four = default;
        four[2] = Opaque(8);
        Span<int> inline = four;
        Value("inline array", inline[2] + inline.Length);

        Value("sequence equal", "hello"u8.SequenceEqual("hello"u8) && !"hello"u8.SequenceEqual("help!"u8));
        Value("strings equal", new[] { "a", null }.AsSpan().SequenceEqual(new[] { "a", null }));
        Value("starts", "hello"u8.StartsWith("he"u8) && !"hello"u8.StartsWith("hello!"u8));
        Value("ends", "hello"u8.EndsWith("lo"u8));
        Value("index", "hello"u8.IndexOf((byte)'l') + " " + "hello"u8.LastIndexOf((byte)'l') + " " + "hello"u8.IndexOf((byte)'x'));
        Value("index of part", "hello"u8.IndexOf("lo"u8) + " " + "hello"u8.IndexOf("ol"u8) + " " + "hello"u8.IndexOf(""u8));
        Value("any", "hello".AsSpan().IndexOfAny('x', 'l') + " " + "hello".AsSpan().IndexOfAny("yo"));
        Value("contains", "hello"u8.Contains((byte)'e'));
        Value("order", Math.Sign("abc"u8.SequenceCompareTo("abd"u8)) + " " + Math.Sign("b"u8.SequenceCompareTo("abc"u8)) + " " + Math.Sign("a"u8.SequenceCompareTo(""u8)));
        Value("trimmed", Encode("--x-"u8.Trim((byte)'-')));
        Value("search", new[] { 1, 3, 5 }.AsSpan().BinarySearch(3) + " " + new[] { 1, 3, 5 }.AsSpan().BinarySearch(4));

        Casts();
        ByteOrders();
    }

    private static void Casts()
    {
        byte[] bytes = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
        Value("cast length", MemoryMarshal.Cast<byte, uint>(bytes).Length);
        Value("cast value", MemoryMarshal.Cast<byte, ushort>(bytes)[1]);
        Value("as bytes", Convert.ToHexString(MemoryMarshal.AsBytes(new[] { 0x01020304, -1 }.AsSpan())));
        Value("read", MemoryMarshal.Read<Pair>(bytes).Second);
        Value("try read", MemoryMarshal.TryRead(bytes.AsSpan(0, 3), out uint value) + " " + value);
        Throws("read beyond", () => Opaque(MemoryMarshal.Read<ulong>(new byte[7])));
        Pair pair = new Pair { First = 0x1122, Middle = 0x7788, Second = 0x33445566 };
        MemoryMarshal.Write(bytes, in pair);
        Value("written", Convert.ToHexString(bytes));
        MemoryMarshal.AsRef<Pair>(bytes.AsSpan()).First = 0xffff;
        Value("by reference", Convert.ToHexString(bytes));
        Value("bit cast", Unsafe.BitCast<float, int>(Opaque(1.5f)));
        Value("double bits", BitConverter.DoubleToInt64Bits(Opaque(-2.0)));
        Value("size", Unsafe.SizeOf<Pair>());
        Value("offset", Unsafe.ByteOffset(ref bytes[1], ref bytes[4]));
        Value("same", Unsafe.AreSame(ref bytes[1], ref Unsafe.Add(ref bytes[0], 1)));
    }

    private static void ByteOrders()
    {
        byte[] buffer = new byte[8];
        BinaryPrimitives.WriteUInt16BigEndian(buffer, Opaque((ushort)0x0102));
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(2), Opaque(0x03040506u));
        BinaryPrimitives.WriteInt16BigEndian(buffer.AsSpan(6), Opaque((short)-2));
        Value("byte orders", Convert.ToHexString(buffer));
        Value("big long", BinaryPrimitives.ReadUInt64BigEndian(buffer));
        Value("little int", BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(3)));
        Value("reversed", BinaryPrimitives.ReverseEndianness(Opaque(0x01020304)) + " " + BinaryPrimitives.ReverseEndianness(Opaque((short)1)) + " " +
            BinaryPrimitives.ReverseEndianness(Opaque(1ul)));
        Value("too short", BinaryPrimitives.TryReadInt64BigEndian(buffer.AsSpan(1), out _));
        Throws("too short to write", () => BinaryPrimitives.WriteInt32BigEndian(new byte[3], 1));
    }

    private static string Encode(ReadOnlySpan<byte> text) => System.Text.Encoding.UTF8.GetString(text);
}
