// ilc wants the names of the casting helpers. The kernel has no objects to cast: code that reaches one of them does not link.
namespace System.Runtime;

internal static unsafe class TypeCast
{
    /// <summary>Defined nowhere, on purpose.</summary>
    [RuntimeImport("*", "the_kernel_has_no_objects_to_cast")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Refuse();

    internal static object? IsInstanceOfClass(MethodTable* target, object? obj) => Never();

    internal static object? CheckCastClass(MethodTable* target, object? obj) => Never();

    internal static object? CheckCastClassSpecial(MethodTable* target, object? obj) => Never();

    internal static object? IsInstanceOfInterface(MethodTable* target, object? obj) => Never();

    internal static object? CheckCastInterface(MethodTable* target, object? obj) => Never();

    internal static object? IsInstanceOfAny(MethodTable* target, object? obj) => Never();

    internal static object? CheckCastAny(MethodTable* target, object? obj) => Never();

    internal static bool IsInstanceOfException(MethodTable* target, object? obj) => Never() is null;

    internal static void StelemRef(object?[] array, nint index, object? value) => Refuse();

    internal static ref object? LdelemaRef(object?[] array, nint index, MethodTable* elementType)
    {
        Refuse();
        return ref Unsafe.NullRef<object?>();
    }

    private static object? Never()
    {
        Refuse();
        return null;
    }
}
