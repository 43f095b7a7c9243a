using Kilonova.Abi;

namespace Kilonova.Nova;

/// <summary>
/// A capability for a scheduling context, the time that a thread runs on. NOVA interface specification of 24 January 2024, section 2.3.
/// </summary>
public readonly struct SchedulingContext
{
    /// <summary>Names the capability at a selector.</summary>
    public SchedulingContext(ulong selector) => Selector = selector;

    /// <summary>The selector in the caller's object space.</summary>
    public ulong Selector { get; }

    /// <summary>Creates a scheduling context for a global thread or virtual CPU and so starts it.</summary>
    public static Status Create(ulong selector, ProtectionDomain owner, ExecutionContext ec, SchedulingDescriptor descriptor) =>
        Hypercalls.CreateSc(selector, owner.Selector, ec.Selector, descriptor.Raw);

    /// <summary>Reads the time consumed so far, in ticks of the system time counter.</summary>
    public Status ReadTime(out ulong consumed) => Hypercalls.CtrlSc(Selector, out consumed);
}

/// <summary>The scheduling context descriptor, section 4.5.</summary>
public readonly struct SchedulingDescriptor
{
    private SchedulingDescriptor(ulong raw) => Raw = raw;

    /// <summary>The register value.</summary>
    public ulong Raw { get; }

    /// <summary>1 to 127; higher preempts lower.</summary>
    public uint Priority => (uint)((Raw >> Scd.PriorityShift) & Scd.PriorityMask);

    /// <summary>Milliseconds of a slice, or microseconds of a reserved budget.</summary>
    public uint Budget => (uint)(Raw & Scd.BudgetMask);

    /// <summary>Round robin among equals.</summary>
    /// <param name="priority">1 to 127; higher preempts lower.</param>
    /// <param name="milliseconds">Time slice, 1 to 65535.</param>
    /// <param name="classOfService">Class of service, 0 where the CPU has none.</param>
    public static SchedulingDescriptor Slice(uint priority, uint milliseconds, uint classOfService = 0) =>
        new(((ulong)classOfService << Scd.ClassOfServiceShift) | (priority << Scd.PriorityShift) | milliseconds);

    /// <summary>Extension: reserved time, enforced.</summary>
    /// <param name="priority">1 to 127.</param>
    /// <param name="microseconds">Budget per period, 1 to 65535.</param>
    /// <param name="periodMicroseconds">Period, at least the budget.</param>
    public static SchedulingDescriptor Reserved(uint priority, uint microseconds, uint periodMicroseconds) =>
        new(Scd.Reserved | ((ulong)periodMicroseconds << Scd.PeriodShift) | (priority << Scd.PriorityShift) | microseconds);
}
