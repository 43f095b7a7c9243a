using Kilonova.Abi;

namespace Kilonova.Nova;

/// <summary>Platform power management, NOVA interface specification of 24 January 2024, section 5.5.1. Root domain only.</summary>
public static class Platform
{
    /// <summary>Enters a sleep state; S5 does not return.</summary>
    /// <param name="state">1 to 5.</param>
    /// <param name="a">First byte of the ACPI package for the state.</param>
    /// <param name="b">Second byte of the ACPI package for the state.</param>
    public static Status Sleep(uint state, uint a, uint b) =>
        Hypercalls.CtrlHw(
            (uint)CtrlHwOperation.SleepState, state | (a << SleepDescriptor.AShift) | (b << SleepDescriptor.BShift));

    /// <summary>Resets the platform; does not return.</summary>
    public static Status Reset() => Hypercalls.CtrlHw((uint)CtrlHwOperation.SleepState, SleepDescriptor.Reset);

    /// <summary>The system time counter, section 3.1.</summary>
    public static ulong Time => Syscall.Time();
}
