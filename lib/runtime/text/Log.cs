using System;
using System.Runtime.CompilerServices;
using Kilonova.Abi;

namespace Kilonova.Runtime;

/// <summary>
/// The program's log: whole lines of UTF-8 go to a sink, which start-up sets: the serial line of a bare root task, the log ring of a component.
/// </summary>
public static unsafe class Log
{
    // Written by start-up, before other threads exist, and by whoever begins the report of the program's end.
    private static delegate*<ReadOnlySpan<byte>, LogLevel, void> s_sink;
    private static delegate*<ReadOnlySpan<byte>, LogLevel, void> s_reportSink;

    /// <summary>Sets where lines go. A sink gets one line without its end, may be called by several threads at once, and never allocates.</summary>
    public static void SetSink(delegate*<ReadOnlySpan<byte>, LogLevel, void> sink) => s_sink = sink;

    /// <summary>Sets where lines go once the program reports its own end, when its usual sink may need threads that will not run again.</summary>
    public static void SetReportSink(delegate*<ReadOnlySpan<byte>, LogLevel, void> sink) => s_reportSink = sink;

    /// <summary>From now on lines go to the sink of reports, if there is one.</summary>
    public static void BeginReport()
    {
        if (s_reportSink != null)
            s_sink = s_reportSink;
    }

    /// <summary>Writes a formatted line of what happens as it should.</summary>
    public static void Write(scoped in Line line) => Write(Unsafe.AsRef(in line).Text);

    /// <summary>Writes a line of what happens as it should.</summary>
    public static void Write(ReadOnlySpan<byte> line) => Write(LogLevel.Information, line);

    /// <summary>Writes a formatted line.</summary>
    public static void Write(LogLevel level, scoped in Line line) => Write(level, Unsafe.AsRef(in line).Text);

    /// <summary>Writes a line.</summary>
    public static void Write(LogLevel level, ReadOnlySpan<byte> line)
    {
        if (s_sink != null)
            s_sink(line, level);
    }
}
