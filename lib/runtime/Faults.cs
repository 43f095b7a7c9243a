#if FREESTANDING
using System;
using Kilonova.Abi;
using Kilonova.Formats;
using System.Diagnostics.CodeAnalysis;
using System.Runtime;
using System.Runtime.CompilerServices;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>
/// The ends that a program can come to from within: lib/corelib calls these by name. They report on the failing thread's own stack and then
/// do what start-up set as the program's end.
/// </summary>
public static unsafe class Faults
{
    // Written once by start-up.
    private static delegate*<void> s_end;

    // A yielding thread sleeps so many ticks of the system time counter: long enough for others, short for itself.
    private const ulong YieldTicks = 20_000;

    // Written once by start-up.
    private static Semaphore s_never;

    /// <summary>Sets how the program ends, and a semaphore with counter 0 that nobody ever ups, on which threads sleep.</summary>
    public static void Initialize(delegate*<void> end, Semaphore never)
    {
        s_end = end;
        s_never = never;
    }

    /// <summary>Ends the program because it cannot go on.</summary>
    [DoesNotReturn]
    public static void Fail(ReadOnlySpan<byte> message)
    {
        UnwindRegisters registers;
        Here(&registers);
        Log.BeginReport();
        Log.Write(LogLevel.Error, $"panic: {message}");
        WriteStack(ref registers);
        End();
    }

    /// <summary>Ends the program as its start-up decided.</summary>
    [DoesNotReturn]
    public static void End()
    {
        if (s_end != null)
            s_end();

        Sleep();
    }

    /// <summary>The running thread never runs again.</summary>
    [DoesNotReturn]
    public static void Sleep()
    {
        while (true)
            _ = s_never.Down();
    }

    [RuntimeExport("runtime_fail")]
    private static void OnFail(byte* message, int length) => Fail(new ReadOnlySpan<byte>(message, length));

    [RuntimeExport("runtime_unhandled_exception")]
    private static void OnUnhandledException(nint methodTable, char* name, int nameLength, char* message, int messageLength)
    {
        UnwindRegisters registers;
        Here(&registers);
        var line = new Line(0, 0);
        line.AppendLiteral("panic: unhandled ");
        line.AppendFormatted(new ReadOnlySpan<char>(name, nameLength));
        if (messageLength > 0)
        {
            line.AppendLiteral(": ");
            line.AppendFormatted(new ReadOnlySpan<char>(message, messageLength));
        }

        Log.BeginReport();
        Log.Write(LogLevel.Error, line);
        WriteStack(ref registers);
        End();
    }

    // Without names in the image somebody else has them, and reports the stack.
    private static void WriteStack(ref UnwindRegisters registers)
    {
        if (SymbolTable.Count(Image.Symbols) != 0)
            CrashReport.WriteStack(ref registers, ThreadBlock.Current, true);
    }

    [RuntimeExport("runtime_yield")]
    private static void OnYield() => _ = s_never.Down(Platform.Time + YieldTicks);

    [RuntimeExport("runtime_thread_ended")]
    private static void OnThreadEnded() => Sleep();

    [RuntimeImport("*", "runtime_here")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Here(UnwindRegisters* registers);
}
#endif
