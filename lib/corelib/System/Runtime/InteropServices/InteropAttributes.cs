// Calls between C# and plain functions.
namespace System.Runtime.InteropServices;

public enum CallingConvention
{
    Winapi = 1,
    Cdecl = 2,
    StdCall = 3,
    ThisCall = 4,
    FastCall = 5,
}

public enum UnmanagedType
{
    Bool = 0x02,
    I1 = 0x03,
    U1 = 0x04,
    I4 = 0x07,
    U4 = 0x08,
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class UnmanagedCallersOnlyAttribute : Attribute
{
    public Type[]? CallConvs;
    public string? EntryPoint;
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class DllImportAttribute : Attribute
{
    public string? EntryPoint;
    public CharSet CharSet;
    public bool SetLastError;
    public bool ExactSpelling;
    public CallingConvention CallingConvention;
    public bool PreserveSig;

    public DllImportAttribute(string dllName) => Value = dllName;

    public string Value { get; }
}

public sealed class SuppressGCTransitionAttribute : Attribute
{
}

public sealed class InAttribute : Attribute
{
}

public sealed class OutAttribute : Attribute
{
}

public sealed class MarshalAsAttribute : Attribute
{
    public MarshalAsAttribute(UnmanagedType unmanagedType) => Value = unmanagedType;

    public UnmanagedType Value { get; }
}

public sealed class ComVisibleAttribute : Attribute
{
    public ComVisibleAttribute(bool visibility) => Value = visibility;

    public bool Value { get; }
}
