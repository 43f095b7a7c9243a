using System;
using Kilonova.KernelTests;
using Kilonova.Runtime;

namespace Kilonova.Limits;

/// <summary>
/// What the kernel promises about scarce things, extensions included: operations that cannot be paid for change nothing, nothing leaks, and
/// reserved time is a limit too. With "time" on the command line only the last, for emulators that count instructions; with "machine" all
/// memory of the machine is used up; "cycles=N" says how often objects of each kind are created and destroyed.
/// </summary>
internal static class Program
{
    private static void Main()
    {
        Suite.Begin("limits"u8);
        if (RootTask.CommandLine.IndexOf("time"u8) >= 0)
        {
            ReservationTests.Run();
        }
        else if (RootTask.CommandLine.IndexOf("machine"u8) >= 0)
        {
            MachineTests.Run();
        }
        else
        {
            ExhaustionTests.Run();
            SlotTests.Run();
            CycleTests.Run();
        }

        Suite.End();
    }
}
