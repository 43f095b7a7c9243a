namespace Kilonova.Abi;

/// <summary>The version of everything in this assembly; docs/abi.md lists what changed when.</summary>
public static class AbiVersion
{
    /// <summary>Raised by every change that a program could notice.</summary>
    public const uint Current = 2;
}
