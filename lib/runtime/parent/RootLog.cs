using System;
using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>The root task's own log page, for when a thread of its own prints what components and root task have logged.</summary>
public static unsafe class RootLog
{
    // Written once.
    private static byte* s_page;
    private static Semaphore s_written;

    /// <summary>From now on lines of the log go to a page, and a semaphore is upped. Reports of the root task's own end still go out at once.</summary>
    public static void Redirect(ulong page, Semaphore written)
    {
        s_page = (byte*)(PhysicalMemory.Window + (page << MachinePages.Shift));
        s_written = written;
        Log.SetReportSink(&SerialLine.WriteLine);
        Log.SetSink(&Write);
    }

    private static void Write(ReadOnlySpan<byte> line, LogLevel level)
    {
        new LogPage(s_page).Write(line, Platform.Time, level);
        _ = s_written.Up();
    }
}
