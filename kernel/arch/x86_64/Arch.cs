namespace Kilonova.Kernel;

/// <summary>Stopping CPUs, for the diagnostics.</summary>
public static unsafe class Arch
{
    private const ulong Second = 1_000_000_000;

    private static uint s_stopping;
    private static uint s_stopped;

    /// <summary>Whether the machine is being stopped: an NMI then means halt.</summary>
    public static bool IsStopping => Volatile.Read(ref s_stopping) != 0;

    /// <summary>Stops this CPU for ever.</summary>
    public static void Halt()
    {
        Interlocked.Increment(ref s_stopped);
        Processor.Halt();
    }

    /// <summary>Stops all other CPUs by NMI and waits, not for ever, until they have stopped.</summary>
    public static void StopOthers()
    {
        Volatile.Write(ref s_stopping, 1);
        if (!LocalApic.IsInitialized)
            return;

        LocalApic.SendNmiToOthers();
        ulong start = Tsc.Read();
        while (Volatile.Read(ref s_stopped) + 1 < Machine.CpuCount && Tsc.Read() - start < Second)
            Tlb.Pause();
    }
}
