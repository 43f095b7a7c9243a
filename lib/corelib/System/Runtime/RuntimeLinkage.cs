// Names at link time: a method that carries a plain symbol, and a method whose body is one.
namespace System.Runtime;

/// <summary>The static method becomes a plain function with this symbol, in the System V calling convention.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RuntimeExportAttribute : Attribute
{
    public RuntimeExportAttribute(string entry) => EntryPoint = entry;

    public string EntryPoint { get; }
}

/// <summary>The extern method (with MethodImplOptions.InternalCall) is a direct call of the symbol; the library name is always "*".</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RuntimeImportAttribute : Attribute
{
    public RuntimeImportAttribute(string entry) => EntryPoint = entry;

    public RuntimeImportAttribute(string dllName, string entry)
    {
        DllName = dllName;
        EntryPoint = entry;
    }

    public string? DllName { get; }

    public string EntryPoint { get; }
}
