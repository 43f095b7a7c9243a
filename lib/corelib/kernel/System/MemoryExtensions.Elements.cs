// Equality of two elements, which in the kernel are structs.
namespace System;

public static partial class MemoryExtensions
{
    // A constrained call: no boxing, and no interface dispatch where T is a struct.
    private static bool AreEqual<T>(T left, T right)
        where T : IEquatable<T>? => left!.Equals(right);
}
