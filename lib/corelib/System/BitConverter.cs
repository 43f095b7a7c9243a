// Numbers as their bits and as bytes in the processor's order.
using System.Runtime.InteropServices;

namespace System;

public static class BitConverter
{
    public static readonly bool IsLittleEndian = true;

    public static int SingleToInt32Bits(float value) => Unsafe.BitCast<float, int>(value);

    public static uint SingleToUInt32Bits(float value) => Unsafe.BitCast<float, uint>(value);

    public static long DoubleToInt64Bits(double value) => Unsafe.BitCast<double, long>(value);

    public static ulong DoubleToUInt64Bits(double value) => Unsafe.BitCast<double, ulong>(value);

    public static float Int32BitsToSingle(int value) => Unsafe.BitCast<int, float>(value);

    public static float UInt32BitsToSingle(uint value) => Unsafe.BitCast<uint, float>(value);

    public static double Int64BitsToDouble(long value) => Unsafe.BitCast<long, double>(value);

    public static double UInt64BitsToDouble(ulong value) => Unsafe.BitCast<ulong, double>(value);

    public static short ToInt16(ReadOnlySpan<byte> value) => MemoryMarshal.Read<short>(value);

    public static ushort ToUInt16(ReadOnlySpan<byte> value) => MemoryMarshal.Read<ushort>(value);

    public static int ToInt32(ReadOnlySpan<byte> value) => MemoryMarshal.Read<int>(value);

    public static uint ToUInt32(ReadOnlySpan<byte> value) => MemoryMarshal.Read<uint>(value);

    public static long ToInt64(ReadOnlySpan<byte> value) => MemoryMarshal.Read<long>(value);

    public static ulong ToUInt64(ReadOnlySpan<byte> value) => MemoryMarshal.Read<ulong>(value);
}
