// Equality of two elements; null equals null.
namespace System;

public static partial class MemoryExtensions
{
    // A constrained call: no boxing, and no interface dispatch where T is a struct.
    private static bool AreEqual<T>(T left, T right)
        where T : IEquatable<T>? => left is null ? right is null : left.Equals(right);
}
