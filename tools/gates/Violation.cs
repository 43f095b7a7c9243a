namespace Kilonova.Gates;

/// <summary>What a gate found: its name, and a message that says where and what.</summary>
public sealed record Violation(string Gate, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Gate}: {Message}";
}
