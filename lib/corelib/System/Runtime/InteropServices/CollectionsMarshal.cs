// The insides of collections.
using System.Collections.Generic;

namespace System.Runtime.InteropServices;

public static class CollectionsMarshal
{
    /// <summary>The list's elements in place; a change of the list's size makes it stale.</summary>
    public static Span<T> AsSpan<T>(List<T>? list) => list is null ? default : list.AsSpan();
}
