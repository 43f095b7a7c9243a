// What is new is zero; what is equal may be compared; memory comes aligned.
using System;
using System.Runtime.InteropServices;
using static Kilonova.Behaviours.Report;

namespace Kilonova.Behaviours;

internal static unsafe class MemoryBehaviour
{
    private sealed class Large
    {
        internal long A, B, C, D, E, F, G, H;
        internal object? O;

        internal bool IsZero => (A | B | C | D | E | F | G | H) == 0 && O is null;
    }

    [StructLayout(LayoutKind.Explicit)]
    private struct Union
    {
        [FieldOffset(0)]
        internal ulong Whole;

        [FieldOffset(0)]
        internal uint Low;

        [FieldOffset(4)]
        internal uint High;
    }

    private struct Buffer
    {
        internal fixed byte Bytes[16];
        internal int Count;
    }

    internal static void Run()
    {
        Area("memory");
        bool zero = true;
        for (int i = 0; i < 100; i++)
        {
            byte[] array = new byte[i];
            foreach (byte b in array)
                zero &= b == 0;
            Array.Fill(array, (byte)0xff);
            zero &= new Large().IsZero;
        }
        Value("new is zero", zero);
        Value("string of zeros", new string('\0', 3).Length);
        bool aligned = true;
        for (nuint alignment = 8; alignment <= 4096; alignment *= 2)
        {
            byte* block = (byte*)NativeMemory.AlignedAlloc(alignment + 1, alignment);
            aligned &= (nuint)block % alignment == 0;
            NativeMemory.Fill(block, alignment + 1, 0xaa);
        }
        Value("aligned", aligned);
        byte* zeroed = (byte*)NativeMemory.AllocZeroed(33);
        int sum = 0;
        for (int i = 0; i < 33; i++)
            sum += zeroed[i];
        Value("zeroed", sum);
        Union union = default;
        union.Whole = Opaque(0x1122334455667788ul);
        Value("union", union.High + " " + union.Low + " " + sizeof(Union));
        Buffer buffer = default;
        buffer.Bytes[3] = Opaque((byte)9);
        Buffer copy = buffer;
        copy.Bytes[3]++;
        Value("fixed buffer", buffer.Bytes[3] + copy.Bytes[3] + sizeof(Buffer));
        Moves();
    }

    // Every length up to 70, every distance up to 20 either way.
    private static void Moves()
    {
        byte[] buffer = new byte[200];
        uint hash = 2166136261;
        for (int length = 0; length < 70; length++)
        {
            for (int distance = -20; distance <= 20; distance++)
            {
                for (int i = 0; i < buffer.Length; i++)
                    buffer[i] = (byte)((i * 7) + length);
                buffer.AsSpan(60, length).CopyTo(buffer.AsSpan(60 + distance));
                buffer.AsSpan(150, length / 2).Fill((byte)distance);
                foreach (byte b in buffer)
                    hash = (hash ^ b) * 16777619;
            }
        }
        Value("moves", hash);
    }
}
