// The root of all classes. Its only field is the one that ilc's code generator and every helper know: the MethodTable pointer.
namespace System;

public partial class Object
{
    // Name and position are fixed by the compiler.
    internal unsafe MethodTable* m_pEEType;

    public Object()
    {
    }

    public virtual bool Equals(object? obj) => ReferenceEquals(this, obj);

    /// <summary>Derived from the address: nothing is ever moved.</summary>
    public virtual unsafe int GetHashCode()
    {
        nuint address = (nuint)Unsafe.AddressOf(this);
        return (int)(address >> 3) ^ (int)(address >> 35);
    }

    /// <summary>Without reflection data there is no name to give; types that want a text override this.</summary>
    public virtual string? ToString() => "object";

    public static bool Equals(object? objA, object? objB) => objA == objB || (objA != null && objB != null && objA.Equals(objB));

    public static bool ReferenceEquals(object? objA, object? objB) => objA == objB;
}
