// Marks on iterators.
namespace System.Runtime.CompilerServices;

public class StateMachineAttribute : Attribute
{
    public StateMachineAttribute(Type stateMachineType) => StateMachineType = stateMachineType;

    public Type StateMachineType { get; }
}

public sealed class IteratorStateMachineAttribute : StateMachineAttribute
{
    public IteratorStateMachineAttribute(Type stateMachineType)
        : base(stateMachineType)
    {
    }
}

/// <summary>What a switch expression throws when no arm matches.</summary>
public sealed class SwitchExpressionException : InvalidOperationException
{
    public SwitchExpressionException()
        : base("Non-exhaustive switch expression failed to match its input.")
    {
    }

    public SwitchExpressionException(object? unmatchedValue)
        : this() => UnmatchedValue = unmatchedValue;

    public object? UnmatchedValue { get; }

    internal override string TypeName => "System.Runtime.CompilerServices.SwitchExpressionException";
}
