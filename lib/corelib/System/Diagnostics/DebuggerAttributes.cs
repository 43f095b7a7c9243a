// Hints to debuggers and to the compiler's conditional calls.
namespace System.Diagnostics;

[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
public sealed class ConditionalAttribute : Attribute
{
    public ConditionalAttribute(string conditionString) => ConditionString = conditionString;

    public string ConditionString { get; }
}

[AttributeUsage(AttributeTargets.Assembly | AttributeTargets.Module)]
public sealed class DebuggableAttribute : Attribute
{
    public DebuggableAttribute(DebuggingModes modes) => DebuggingFlags = modes;

    public DebuggingModes DebuggingFlags { get; }

    [Flags]
    public enum DebuggingModes
    {
        None = 0x000,
        Default = 0x001,
        IgnoreSymbolStoreSequencePoints = 0x002,
        EnableEditAndContinue = 0x004,
        DisableOptimizations = 0x100,
    }
}

public sealed class DebuggerHiddenAttribute : Attribute
{
}

public sealed class DebuggerNonUserCodeAttribute : Attribute
{
}

public sealed class DebuggerStepThroughAttribute : Attribute
{
}

public enum DebuggerBrowsableState
{
    Never = 0,
    Collapsed = 2,
    RootHidden = 3,
}

public sealed class DebuggerBrowsableAttribute : Attribute
{
    public DebuggerBrowsableAttribute(DebuggerBrowsableState state) => State = state;

    public DebuggerBrowsableState State { get; }
}

public sealed class DebuggerDisplayAttribute : Attribute
{
    public DebuggerDisplayAttribute(string? value) => Value = value;

    public string? Value { get; }

    public string? Name { get; set; }

    public string? Type { get; set; }
}

public sealed class DebuggerTypeProxyAttribute : Attribute
{
    public DebuggerTypeProxyAttribute(Type type)
    {
    }

    public DebuggerTypeProxyAttribute(string typeName)
    {
    }
}

public sealed class StackTraceHiddenAttribute : Attribute
{
}
