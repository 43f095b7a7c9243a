// Loops over raw references, and the bulk operations that ilc calls by name.
namespace System;

internal static unsafe partial class SpanHelpers
{
    internal static void Memmove(ref byte destination, ref byte source, nuint byteCount) =>
        Memory.Move(ref destination, ref source, byteCount);

    internal static void Fill(ref byte destination, byte value, nuint byteCount) => Memory.Set(ref destination, value, byteCount);

    internal static void ClearWithoutReferences(ref byte destination, nuint byteCount) => Memory.Set(ref destination, 0, byteCount);

    internal static void Clear<T>(ref T destination, nuint elementCount) =>
        Memory.Set(ref Unsafe.As<T, byte>(ref destination), 0, elementCount * (nuint)sizeof(T));

    internal static bool SequenceEqual(ref char first, ref char second, int length)
    {
        for (int i = 0; i < length; i++)
        {
            if (Unsafe.Add(ref first, i) != Unsafe.Add(ref second, i))
                return false;
        }
        return true;
    }

    internal static int SequenceCompareTo(ref char first, int firstLength, ref char second, int secondLength)
    {
        int common = firstLength < secondLength ? firstLength : secondLength;
        for (int i = 0; i < common; i++)
        {
            int difference = Unsafe.Add(ref first, i) - Unsafe.Add(ref second, i);
            if (difference != 0)
                return difference;
        }
        return firstLength - secondLength;
    }
}
