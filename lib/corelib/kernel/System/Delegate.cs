// ilc wants the names. Without the members that initialise one, creating a delegate does not compile; use function pointers.
namespace System;

public abstract class Delegate
{
    internal object? _firstParameter;
    internal object? _helperObject;
    internal nint _extraFunctionPointerOrData;
    internal nint _functionPointer;

    private protected Delegate()
    {
    }
}

public abstract class MulticastDelegate : Delegate
{
    private protected MulticastDelegate()
    {
    }
}
