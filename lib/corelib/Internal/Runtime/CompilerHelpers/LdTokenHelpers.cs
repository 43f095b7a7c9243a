// What ldtoken and typeof become.
namespace Internal.Runtime.CompilerHelpers;

internal static unsafe class LdTokenHelpers
{
    private static RuntimeTypeHandle GetRuntimeTypeHandle(MethodTable* type) => new RuntimeTypeHandle(type);

    private static RuntimeMethodHandle GetRuntimeMethodHandle(nint method) => default;

    private static RuntimeFieldHandle GetRuntimeFieldHandle(nint field) => default;

    private static Type GetRuntimeType(MethodTable* type) => RuntimeType.Get(type);
}
