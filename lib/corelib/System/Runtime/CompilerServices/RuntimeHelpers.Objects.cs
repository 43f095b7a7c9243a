// Objects, arrays and the stack.
namespace System.Runtime.CompilerServices;

public static unsafe partial class RuntimeHelpers
{
    /// <summary>In the layout of a string: header, MethodTable pointer and length before the characters.</summary>
    public static int OffsetToStringData => 12;

    /// <summary>An array initialiser; ilc replaces the call.</summary>
    [Intrinsic]
    public static void InitializeArray(Array array, RuntimeFieldHandle fldHandle) =>
        ThrowHelper.FailFast("RuntimeHelpers.InitializeArray was not expanded"u8);

    /// <summary>Derived from the address, whatever the type overrides.</summary>
    public static int GetHashCode(object? o)
    {
        nuint address = (nuint)Unsafe.AddressOf(o);
        return (int)(address >> 3) ^ (int)(address >> 35);
    }

    public static T[] GetSubArray<T>(T[] array, Range range)
    {
        (int start, int length) = range.GetOffsetAndLength(array.Length);
        return new ReadOnlySpan<T>(array, start, length).ToArray();
    }

    /// <summary>Nothing to do: a stack overflow hits the guard page and ends the component.</summary>
    public static void EnsureSufficientExecutionStack()
    {
    }
}
