// Names of events for people.
using System;
using Kilonova.Abi;

namespace Kilonova.Vmm.Exits;

/// <summary>What an event is called in reports.</summary>
public static class ExitNames
{
    /// <summary>The name of an event; what has none of its own is "other".</summary>
    public static ReadOnlySpan<byte> Of(uint number, VirtualizationKind kind) => number switch
    {
        GuestEvent.Count + MicrohypervisorEvent.Startup => "startup"u8,
        GuestEvent.Count + MicrohypervisorEvent.Recall => "recall"u8,
        _ => kind == VirtualizationKind.Svm ? OfSvm(number) : OfVmx(number),
    };

    private static ReadOnlySpan<byte> OfSvm(uint number) => number switch
    {
        SvmExit.Debug or SvmExit.AlignmentCheck => "exception"u8,
        SvmExit.WriteTaskPriority => "task priority"u8,
        SvmExit.NonMaskableInterrupt => "NMI window"u8,
        SvmExit.VirtualInterrupt => "interrupt window"u8,
        SvmExit.ReadTimestamp or SvmExit.ReadTimestampAndId => "time stamp counter"u8,
        SvmExit.Cpuid => "CPUID"u8,
        SvmExit.Halt => "HLT"u8,
        SvmExit.Port => "port"u8,
        SvmExit.Msr => "MSR"u8,
        SvmExit.Shutdown => "triple fault"u8,
        SvmEvent.NestedPageFault => "memory"u8,
        SvmEvent.Invalid => "invalid state"u8,
        _ => "other"u8,
    };

    private static ReadOnlySpan<byte> OfVmx(uint number) => number switch
    {
        VmxEvent.NmiWindow => "NMI window"u8,
        VmxEvent.InterruptWindow => "interrupt window"u8,
        VmxEvent.Rdtsc or VmxEvent.Rdtscp => "time stamp counter"u8,
        VmxEvent.Cpuid => "CPUID"u8,
        VmxEvent.Hlt => "HLT"u8,
        VmxEvent.IoAccess => "port"u8,
        VmxEvent.Rdmsr or VmxEvent.Wrmsr => "MSR"u8,
        VmxEvent.CrAccess => "control register"u8,
        VmxEvent.ExceptionOrNmi => "exception"u8,
        VmxEvent.TaskSwitch => "task switch"u8,
        VmxEvent.TripleFault => "triple fault"u8,
        VmxEvent.EptViolation => "memory"u8,
        VmxEvent.EptMisconfiguration => "invalid memory"u8,
        VmxEvent.EntryFailureState => "invalid state"u8,
        VmxEvent.EntryFailureMsr => "invalid MSR"u8,
        VmxEvent.EntryFailureMce => "machine check"u8,
        _ => "other"u8,
    };
}
