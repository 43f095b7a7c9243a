using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Kilonova.Boot;

/// <summary>A boot that did not do what it should; the message says where the log lies.</summary>
public sealed class BootFailedException(string message) : Exception(message);

/// <summary>One boot from switching on to its verdict.</summary>
public static class BootRun
{
    private const int LinesInMessage = 25;

    /// <summary>What no sound boot prints.</summary>
    public static readonly IReadOnlyList<string> Trouble = ["panic:", "PANIC"];

    /// <summary>Boots, waits for lines, and switches off.</summary>
    /// <param name="name">Names the log, should it be needed.</param>
    /// <param name="start">Switches the machine on.</param>
    /// <param name="wanted">Texts of lines that must come in this order.</param>
    /// <param name="patience">How long to wait for them.</param>
    /// <param name="refused">Texts that must not come before; <see cref="Trouble"/> if left out.</param>
    /// <returns>The lines printed up to then.</returns>
    /// <exception cref="BootFailedException">They did not come.</exception>
    public static IReadOnlyList<string> Expect(
        string name, Func<Emulator> start, IReadOnlyList<string> wanted, TimeSpan patience, IReadOnlyList<string>? refused = null)
    {
        using Emulator emulator = start();
        Verdict verdict = emulator.Serial.Expect(wanted, refused ?? Trouble, patience);
        if (verdict.IsGood)
            return emulator.Serial.Lines;

        throw Failure(name, verdict.Reason, emulator);
    }

    /// <summary>Keeps the log of a failed boot, with what the machine does now, switches it off, and tells the log's end.</summary>
    public static BootFailedException Failure(string name, string reason, Emulator emulator)
    {
        string state = emulator.Examine();
        emulator.Dispose();
        string log = Path.Combine(Directory.CreateDirectory(Repository.Logs).FullName, name + ".log");
        File.WriteAllText(log, $"{name}: {reason}\n{emulator.Report()}{state}");
        StringBuilder message = new($"{name}: {reason}\nThe log is {Path.GetRelativePath(Repository.Root, log)}; it ends:\n");
        foreach (string line in emulator.Serial.Lines.TakeLast(LinesInMessage))
            message.Append("  | ").AppendLine(line);

        return new BootFailedException(message.ToString());
    }
}
