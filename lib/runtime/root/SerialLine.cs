using System;
using Kilonova.Abi;

namespace Kilonova.Runtime;

/// <summary>
/// The first serial port of a PC, polled: a 16550 at 0x3f8, which firmware or kernel has set up. PC16550D data sheet, section 8. A missing
/// port reads as all ones, so that writing to it never waits.
/// </summary>
public static class SerialLine
{
    /// <summary>First of the ports.</summary>
    public const uint Port = 0x3f8;

    /// <summary>2^order ports.</summary>
    public const uint Order = 3;

    private const uint LineStatus = 5;
    private const uint TransmitterEmpty = 1 << 5;
    private const int MaxPolls = 1_000_000;

    /// <summary>Writes one line and its end. Threads on other CPUs may mix theirs in between bytes: take a lock around it where that matters.</summary>
    public static void WriteLine(ReadOnlySpan<byte> line)
    {
        for (var i = 0; i < line.Length; i++)
            Write(line[i]);

        Write((byte)'\r');
        Write((byte)'\n');
    }

    /// <summary>Writes one line and its end, as the sink of a root task's log: whoever reads along wants the text alone.</summary>
    public static void WriteLine(ReadOnlySpan<byte> line, LogLevel level)
    {
        _ = level;
        WriteLine(line);
    }

    private static void Write(byte value)
    {
        for (var i = 0; i < MaxPolls && (Ports.In8(Port + LineStatus) & TransmitterEmpty) == 0; i++)
        {
        }

        Ports.Out8(Port, value);
    }
}
