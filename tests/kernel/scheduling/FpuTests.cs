using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Scheduling;

/// <summary>Vector registers belong to their thread, sections 2.2 and 5.3.2.</summary>
internal static unsafe class FpuTests
{
    private const int Rounds = 300;

    private static Semaphore s_done;
    private static uint s_wrong;

    internal static void Run()
    {
        Suite.Run("Threads_that_take_turns_keep_their_vector_registers"u8, &KeptAcrossSwitches);
        Suite.Run("An_exception_keeps_vector_registers"u8, &KeptAcrossExceptions);
    }

    // Sleeping gives way to the others, which fill the registers with values of their own.
    private static void UseRegisters(nint seed)
    {
        var never = new Semaphore(RootSelectors.Never);
        for (var i = 0; i < Rounds; i++)
        {
            var value = ((ulong)seed << 32) + (ulong)(i * 16);
            Probe.WriteFpu(value);
            _ = never.Down(1);
            if (Probe.FpuHolds(value) == 0)
                s_wrong++;
        }

        _ = s_done.Up();
    }

    private static void KeptAcrossSwitches()
    {
        const uint Threads = 4;
        s_done = Lab.Semaphore(0);
        s_wrong = 0;
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            for (var i = 1; i <= Threads; i++)
                _ = Lab.Run(cpu, &UseRegisters, i, Lab.Priority + (uint)(i & 1));
        }

        for (var i = 0u; i < Threads * Lab.CpuCount; i++)
            Check.Succeeds(Lab.WaitFor(s_done, 60_000), "done"u8);

        Check.Equal(s_wrong, 0, "registers that changed"u8);
    }

    private static void KeptAcrossExceptions()
    {
        Fault.Expect();
        Probe.WriteFpu(0x1234_5678);
        _ = Probe.Undefined();
        var kept = Probe.FpuHolds(0x1234_5678);
        Fault.Check(HostEvent.UD, "#UD"u8);
        Check.Equal(kept, 1, "kept"u8);
    }
}
