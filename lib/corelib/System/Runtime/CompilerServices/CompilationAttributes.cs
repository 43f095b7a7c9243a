// Attributes that steer ilc, csc and the code they make of a method, a type or an assembly.
using System.Reflection;

namespace System.Runtime.CompilerServices;

[Flags]
public enum MethodImplOptions
{
    Unmanaged = 0x0004,
    NoInlining = 0x0008,
    ForwardRef = 0x0010,
    Synchronized = 0x0020,
    NoOptimization = 0x0040,
    PreserveSig = 0x0080,
    AggressiveInlining = 0x0100,
    AggressiveOptimization = 0x0200,
    InternalCall = 0x1000,
}

public sealed class MethodImplAttribute : Attribute
{
    public MethodImplAttribute(MethodImplOptions methodImplOptions) => Value = methodImplOptions;

    public MethodImplOptions Value { get; }
}

/// <summary>ilc may replace the method's body by what it knows under the method's name.</summary>
public sealed class IntrinsicAttribute : Attribute
{
}

public sealed class NonVersionableAttribute : Attribute
{
}

public sealed class SkipLocalsInitAttribute : Attribute
{
}

public sealed class ModuleInitializerAttribute : Attribute
{
}

public sealed class DisableRuntimeMarshallingAttribute : Attribute
{
}

/// <summary>ilc evaluates the static constructor at build time or runs it at start-up, never at first use.</summary>
public sealed class EagerStaticClassConstructionAttribute : Attribute
{
}

[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class InternalsVisibleToAttribute : Attribute
{
    public InternalsVisibleToAttribute(string assemblyName) => AssemblyName = assemblyName;

    public string AssemblyName { get; }
}

[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class TypeForwardedToAttribute : Attribute
{
    public TypeForwardedToAttribute(Type destination) => Destination = destination;

    public Type Destination { get; }
}

public sealed class CompilationRelaxationsAttribute : Attribute
{
    public CompilationRelaxationsAttribute(int relaxations) => CompilationRelaxations = relaxations;

    public int CompilationRelaxations { get; }
}

public sealed class RuntimeCompatibilityAttribute : Attribute
{
    public bool WrapNonExceptionThrows { get; set; }
}
