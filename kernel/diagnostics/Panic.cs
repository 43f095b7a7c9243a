using System.Diagnostics.CodeAnalysis;

namespace Kilonova.Kernel;

/// <summary>The end: a report on every console, then all CPUs stop.</summary>
public static unsafe class Panic
{
    /// <summary>
    /// Stops the machine because of something that is not the kernel's fault, such as a damaged table: a message, no report. Text and
    /// detail form one line.
    /// </summary>
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Stop(ReadOnlySpan<byte> reason, ReadOnlySpan<byte> detail = default)
    {
        Seize();
        Log.Begin(LogLevel.Error);
        Log.Write(reason);
        Log.Write(detail);
        Log.End();
        Finish();
    }

    /// <summary>States what the machine must offer. Where it does not, it is stopped with a message.</summary>
    public static void Require([DoesNotReturnIf(false)] bool condition, ReadOnlySpan<byte> otherwise)
    {
        if (!condition)
            Stop(otherwise);
    }

    /// <summary>States that there was memory for something that the kernel cannot start without.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RequireMemory([DoesNotReturnIf(false)] bool condition)
    {
        if (!condition)
            StopForMemory();
    }

    /// <summary>Stops the machine because of a fault in the kernel: a message and the stack.</summary>
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Fail(ReadOnlySpan<byte> reason)
    {
        Begin(reason);
        StackTrace.PrintOwn();
        Finish();
    }

    /// <summary>States that a condition holds. A violation is a fault in the kernel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Assert([DoesNotReturnIf(false)] bool condition, ReadOnlySpan<byte> what)
    {
        if (!condition)
            Fail(what);
    }

    /// <summary>First part of a report, for callers that add registers: takes the log over, stops the other CPUs, says why.</summary>
    public static void Begin(ReadOnlySpan<byte> reason)
    {
        Seize();
        Log.Begin(LogLevel.Error);
        Log.Write("kernel panic: "u8);
        Log.Write(reason);
        Log.End();
    }

    /// <summary>Last part of a report.</summary>
    [DoesNotReturn]
    public static void Finish()
    {
        Log.Error("the machine is stopped"u8);
        while (true)
            Arch.Halt();
    }

    /// <summary>Where failed checks of compiled code and core library end.</summary>
    [RuntimeExport("kernel_fail")]
    private static void FailChecks(byte* message, int length) => Fail(MemoryMarshal.CreateReadOnlySpan(ref *message, length));

    [DoesNotReturn]
    private static void StopForMemory() => Stop("not enough memory to start the kernel and the root domain"u8);

    private static void Seize()
    {
        if (!Log.Seize())
            Arch.Halt();

        Arch.StopOthers();
    }
}
