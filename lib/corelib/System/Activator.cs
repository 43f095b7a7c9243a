// `new T()` in generic code.
namespace System;

public static unsafe class Activator
{
    // ilc replaces both by addresses.
    [Intrinsic]
    private static extern nint DefaultConstructorOf<T>();

    [Intrinsic]
    private static extern nint AllocatorOf<T>();

    /// <summary>Where DefaultConstructorOf leads for a type without one; ilc looks the type up by name.</summary>
    private sealed class ClassWithMissingConstructor
    {
        private ClassWithMissingConstructor()
        {
        }

        internal static void MissingDefaultConstructorStaticEntryPoint() =>
            throw new MissingMemberException("No parameterless constructor.");
    }

    [Intrinsic]
    public static T CreateInstance<T>()
    {
        nint constructor = DefaultConstructorOf<T>();
        if (MethodTable.Of<T>()->IsValueType)
        {
            // A struct's own parameterless constructor takes the address of the value.
            T value = default!;
            if (constructor != 0 && HasOwnConstructor(constructor))
                ((delegate*<ref byte, void>)constructor)(ref Unsafe.As<T, byte>(ref value));
            return value;
        }
        object instance = ((delegate*<MethodTable*, object>)AllocatorOf<T>())(MethodTable.Of<T>());
        ((delegate*<object, void>)constructor)(instance);
        return Unsafe.As<object, T>(ref instance);
    }

    private static bool HasOwnConstructor(nint constructor) =>
        constructor != (nint)(delegate*<void>)&ClassWithMissingConstructor.MissingDefaultConstructorStaticEntryPoint;
}
