using System;
using System.IO;
using System.Text;
using System.Threading;

namespace Kilonova.Tool;

/// <summary>This terminal's keyboard.</summary>
internal static class Terminal
{
    /// <summary>The key that leaves: Ctrl-].</summary>
    internal const char Leave = (char)0x1d;

    private const int LookMilliseconds = 10;

    /// <summary>Passes keys on to a line until somebody leaves or the other end has ended.</summary>
    internal static void PassKeys(Stream line, Func<bool> hasEnded)
    {
        Console.TreatControlCAsInput = true;
        while (!hasEnded())
        {
            if (!Console.KeyAvailable)
            {
                Thread.Sleep(LookMilliseconds);
                continue;
            }

            var key = Console.ReadKey(intercept: true);
            if (key.KeyChar == Leave)
                return;

            line.Write(Encoding.UTF8.GetBytes(key.Key == ConsoleKey.Enter ? "\r" : $"{key.KeyChar}".TrimEnd('\0')));
        }
    }
}
