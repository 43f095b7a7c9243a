// A view of the console: text out, lines in. docs/components.md.
using System;

namespace Kilonova.Contracts;

/// <summary>The service "console": each session is a view of its own.</summary>
[Protocol(0x636f_6e73, version: 1)]
public interface IConsole
{
    /// <summary>Shows text at the end of the view: UTF-8; a line feed ends a line. Other control characters become '?'.</summary>
    [Operation(1)]
    ContractStatus Write([MaxLength(1024)] ReadOnlySpan<byte> text);

    /// <summary>Takes a line that was typed in the view.</summary>
    /// <returns>Busy when there is none yet. TooLong lines do not exist: the console takes no more keys.</returns>
    [Operation(2)]
    ContractStatus ReadLine([MaxLength(256)] Span<byte> line, out int length);

    /// <summary>Names a semaphore that is upped for every line that is typed.</summary>
    [Operation(3)]
    ContractStatus Notify([Delegated] ObjectRange semaphore);

    /// <summary>
    /// Takes keys as they are pressed. The first call makes the view raw for good: keys are not shown and not gathered into lines, and what
    /// is written is shown as it is, control characters included. The newest raw view is the one that is shown unless somebody chose another.
    /// </summary>
    /// <returns>Busy when there are none. The semaphore of <see cref="Notify"/> is upped for each.</returns>
    [Operation(4)]
    ContractStatus ReadKeys([MaxLength(64)] Span<byte> keys, out int length);
}
