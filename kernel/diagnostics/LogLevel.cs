namespace Kilonova.Kernel;

/// <summary>How much a line of the log matters.</summary>
public enum LogLevel : byte
{
    /// <summary>What went wrong and stopped something.</summary>
    Error,

    /// <summary>What is wrong, or missing, but can be lived with.</summary>
    Warning,

    /// <summary>What somebody who looks at a boot wants to know.</summary>
    Info,

    /// <summary>What somebody who looks for a fault wants to know.</summary>
    Debug,
}
