namespace Kilonova.Tool;

/// <summary>What every command's exit code means.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    internal const int Success = 0;

    /// <summary>It could not be done; the last line says why.</summary>
    internal const int Failed = 1;

    /// <summary>The command line makes no sense.</summary>
    internal const int Usage = 2;

    /// <summary>No system answers.</summary>
    internal const int NoSystem = 3;
}

/// <summary>Ends a command; the message is for people.</summary>
internal sealed class CommandException(string message, int code = ExitCode.Failed) : System.Exception(message)
{
    internal int Code { get; } = code;
}
