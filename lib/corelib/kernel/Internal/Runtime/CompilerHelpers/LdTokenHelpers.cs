// What ldtoken becomes. Only the field tokens of constant tables occur, and the code that uses them is expanded: typeof finds no body.
namespace Internal.Runtime.CompilerHelpers;

internal static unsafe class LdTokenHelpers
{
    private static RuntimeTypeHandle GetRuntimeTypeHandle(MethodTable* type) => new RuntimeTypeHandle(type);

    private static RuntimeMethodHandle GetRuntimeMethodHandle(nint method) => default;

    private static RuntimeFieldHandle GetRuntimeFieldHandle(nint field) => default;
}
