namespace Kilonova.Shell;

/// <summary>Bounds of what the control service tells.</summary>
internal static class Bounds
{
    /// <summary>Longest name.</summary>
    internal const int Longest = 32;

    /// <summary>Longest line of a log.</summary>
    internal const int LongestText = 128;

    /// <summary>Most bytes of a crash report at a time.</summary>
    internal const int CrashPiece = 2048;
}
