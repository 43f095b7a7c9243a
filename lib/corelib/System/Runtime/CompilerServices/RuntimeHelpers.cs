// Questions to the compiler about types and constants.
namespace System.Runtime.CompilerServices;

public static unsafe partial class RuntimeHelpers
{
    /// <summary>The bytes of an array initialiser as a span of read-only memory; ilc replaces the call.</summary>
    [Intrinsic]
    public static ReadOnlySpan<T> CreateSpan<T>(RuntimeFieldHandle fldHandle)
    {
        ThrowHelper.FailFast("RuntimeHelpers.CreateSpan was not expanded"u8);
        return default;
    }

    [Intrinsic]
    public static bool IsReferenceOrContainsReferences<T>()
        where T : allows ref struct => IsReferenceOrContainsReferences<T>();

    internal static ref byte GetRawData(this object obj) => ref Unsafe.As<RawData>(obj).Data;
}
