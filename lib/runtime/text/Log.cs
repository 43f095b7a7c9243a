using System;
using System.Runtime.CompilerServices;

namespace Kilonova.Runtime;

/// <summary>
/// The program's log: whole lines of UTF-8 go to a sink, which start-up sets: the serial line of a bare root task, the log ring of a component.
/// </summary>
public static unsafe class Log
{
    // Written once by start-up, before other threads exist.
    private static delegate*<ReadOnlySpan<byte>, void> s_sink;

    /// <summary>Sets where lines go. A sink gets one line without its end, may be called by several threads at once, and never allocates.</summary>
    public static void SetSink(delegate*<ReadOnlySpan<byte>, void> sink) => s_sink = sink;

    /// <summary>Writes a formatted line.</summary>
    public static void Write(scoped in Line line) => Write(Unsafe.AsRef(in line).Text);

    /// <summary>Writes a line.</summary>
    public static void Write(ReadOnlySpan<byte> line)
    {
        if (s_sink != null)
            s_sink(line);
    }
}
