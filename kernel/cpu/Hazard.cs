namespace Kilonova.Kernel;

/// <summary>
/// Reasons to take the slow way out of the kernel. Bits of <see cref="Cpu.Hazard"/> and <see cref="ExecutionContext.Hazard"/>. Bit 0 is left
/// free: the way out adds <see cref="ExecutionContext.ReturnFromInterrupt"/>.
/// </summary>
public static class Hazard
{
    /// <summary>CPU: a scheduling context of higher priority is ready, or the current budget has ended.</summary>
    public const uint Reschedule = 1 << 3;

    /// <summary>CPU: other CPUs have left requests in <see cref="Cpu.Remote"/>.</summary>
    public const uint Remote = 1 << 1;

    /// <summary>CPU: a grace period waits for this CPU to be seen outside the kernel.</summary>
    public const uint Rcu = 1 << 2;

    /// <summary>Context, and the only one of a context: deliver a recall event (ctrl_ec).</summary>
    public const ushort Recall = 1 << 8;
}
