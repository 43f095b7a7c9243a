using System;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Sigma0;

/// <summary>
/// Prints what components log, and their crash reports, on the serial line: a thread of low priority, so that whoever logs much delays
/// only the printing. It remembers per log how far it is, and says how many lines it missed.
/// </summary>
internal struct LogPrinter : IThread
{
    private const uint QuotedLines = 8;

    // Touched by this thread only, but for the set-up before it starts.
    private static ulong[] s_pages = [];
    private static uint[] s_read = [];
    private static bool[] s_startsLine = [];
    private static ulong[] s_crashes = [];
    private static Semaphore s_written;

    // The session that wants the lines instead, set by its first call and cleared by the manager; and the one that has them, which this
    // thread acknowledges between lines. While somebody has them, what was read is that session's service thread's business.
    private static ulong s_wanted;
    private static ulong s_taker;

    // Set by the manager when the machine is about to be switched off.
    private static int s_drains;
    private static Semaphore s_drained;

    /// <summary>For the log service: whether a session may take lines now.</summary>
    internal static ContractStatus Attach(ulong session)
    {
        var wanted = Interlocked.CompareExchange(ref s_wanted, session, 0);
        if (wanted != 0 && wanted != session)
            return ContractStatus.Denied;

        if (Volatile.Read(ref s_taker) == session)
            return ContractStatus.Ok;

        _ = s_written.Up();
        return ContractStatus.Busy;
    }

    /// <summary>For the manager: a session has ended.</summary>
    internal static void Detach(ulong session)
    {
        if (Interlocked.CompareExchange(ref s_wanted, 0, session) == session)
            _ = s_written.Up();
    }

    /// <summary>For the manager: waits until what was logged is printed, or somebody else has it, or the deadline has passed.</summary>
    internal static void Drain(ulong deadline)
    {
        Volatile.Write(ref s_drains, 1);
        _ = s_written.Up();
        _ = s_drained.Down(deadline);
    }

    /// <summary>For the log service, after <see cref="Attach"/> said Ok: takes the next line of any log.</summary>
    internal static bool TryTake(Span<byte> text, out int log, out int length, out ulong time, out LogLevel level)
    {
        for (log = 0; log < s_pages.Length; log++)
        {
            var page = MachinePages.LogPage(s_pages[log]);
            var head = page.Head;
            if (head - s_read[log] > LogLayout.Slots)
            {
                level = LogLevel.Warning;
                time = Platform.Time;
                length = WriteMissed(head - LogLayout.Slots - s_read[log], text);
                s_read[log] = head - LogLayout.Slots;
                return true;
            }

            if (s_read[log] != head && page.TryRead(s_read[log], text, out length, out time, out _, out level))
            {
                s_read[log]++;
                return true;
            }
        }

        length = 0;
        time = 0;
        level = LogLevel.Information;
        return false;
    }

    private static int WriteMissed(ulong lines, Span<byte> text)
    {
        Line line = $"({lines} lines were overwritten)";
        line.Text.CopyTo(text);
        return line.Text.Length;
    }

    /// <summary>Whose a log is.</summary>
    internal static ReadOnlySpan<byte> NameOf(int log) => log == s_crashes.Length ? "sigma0"u8 : Program.Manager.Slots[log].Name;

    /// <summary>Prepares; the last log is the root task's own.</summary>
    internal static void Prepare(ulong ownPage, Semaphore written, Semaphore drained)
    {
        var slots = Program.Manager.Slots;
        s_written = written;
        s_drained = drained;
        s_pages = new ulong[slots.Length + 1];
        s_read = new uint[slots.Length + 1];
        s_startsLine = new bool[slots.Length + 1];
        s_crashes = new ulong[slots.Length];
        for (var i = 0; i < slots.Length; i++)
            s_pages[i] = slots[i].LogPage;

        s_pages[slots.Length] = ownPage;
        Array.Fill(s_startsLine, true);
    }

    public static void Run()
    {
        while (true)
        {
            var wanted = Volatile.Read(ref s_wanted);
            Volatile.Write(ref s_taker, wanted);

            // Read first: what was logged before somebody began to wait is printed when he goes on, where a log has been passed already, too.
            var drains = Volatile.Read(ref s_drains) != 0;
            if (wanted == 0)
                PrintAll();

            if (drains)
                _ = s_drained.Up();

            _ = s_written.DownToZero();
        }
    }

    private static void PrintAll()
    {
        for (var i = 0; i < s_pages.Length; i++)
        {
            Print(i, NameOf(i));
            if (i != s_crashes.Length && Program.Manager.Slots[i].Crashes != s_crashes[i])
            {
                s_crashes[i] = Program.Manager.Slots[i].Crashes;
                PrintCrash(Program.Manager.Slots[i]);
            }
        }
    }

    private static void Print(int log, ReadOnlySpan<byte> name)
    {
        var page = MachinePages.LogPage(s_pages[log]);
        Span<byte> text = stackalloc byte[LogLayout.MaxText];
        var head = page.Head;
        if (head - s_read[log] > LogLayout.Slots)
        {
            var missed = head - LogLayout.Slots - s_read[log];
            s_read[log] += missed;
            s_startsLine[log] = true;
            Serial.Write($"{name}| ({missed} lines were overwritten)");
        }

        // A line that is being written, or was overwritten just now, is looked at the next time.
        while (s_read[log] != head && page.TryRead(s_read[log], text, out var length, out _, out var continued, out _))
        {
            var mark = s_startsLine[log] ? "| "u8 : "+ "u8;
            Serial.Write($"{name}{mark}{text.Slice(0, length)}");
            s_startsLine[log] = !continued;
            s_read[log]++;
        }
    }

    private static void PrintCrash(ComponentSlot slot)
    {
        Serial.Write($"crash: {slot.Name}, life {slot.CrashLife}");
        ReadOnlySpan<byte> report = MachinePages.Bytes(slot.CrashPage, 1).Slice(0, slot.CrashLength);
        while (!report.IsEmpty)
        {
            var end = report.IndexOf((byte)'\n');
            var line = end < 0 ? report : report.Slice(0, end);
            Serial.Write($"  {line}");
            report = end < 0 ? default : report.Slice(end + 1);
        }

        Serial.Write($"  last lines of its log:");
        var page = MachinePages.LogPage(slot.LogPage);
        Span<byte> text = stackalloc byte[LogLayout.MaxText];
        var head = page.Head;
        for (var number = head - Math.Min(head, QuotedLines); number != head; number++)
        {
            if (page.TryRead(number, text, out var length, out _, out _, out _))
                Serial.Write($"    {text.Slice(0, length)}");
        }

        Serial.Write($"end of crash: {slot.Name}");
    }
}
