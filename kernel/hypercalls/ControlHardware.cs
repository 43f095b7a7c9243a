namespace Kilonova.Kernel;

/// <summary>
/// ctrl_hw (specification, section 5.5.1). RDI: operation in the flags, descriptor above. Only the root domain may call it. Power off
/// and reset are here; the other sleep states and the quality-of-service settings answer as on a machine without them.
/// </summary>
public static unsafe class ControlHardware
{
    private const ulong SoftOff = 5;

    /// <summary>1 once somebody has begun a transition.</summary>
    private static int s_transition;

    [RuntimeExport("hypercall_ctrl_hw")]
    public static void Enter(ExecutionContext* ec)
    {
        ulong identifier = ec->Registers.Rdi;
        ec->Registers.Rdi = (ulong)Control(
            ec,
            (CtrlHwOperation)((identifier >> HypercallRegister.FlagsShift) & HypercallRegister.FlagsMask),
            identifier >> HypercallRegister.SelectorShift);
    }

    private static Status Control(ExecutionContext* ec, CtrlHwOperation operation, ulong descriptor)
    {
        if (ec->Domain != Machine.Root)
            return Status.BAD_HYP;

        if (operation is >= CtrlHwOperation.QosConfiguration and <= CtrlHwOperation.MbaDelay)
            return Status.BAD_FTR;

        if (operation != CtrlHwOperation.SleepState)
            return Status.BAD_PAR;

        ulong state = descriptor & SleepDescriptor.StateMask;
        if (state is not (SoftOff or SleepDescriptor.Reset))
            return state is >= 1 and < SoftOff ? Status.BAD_FTR : Status.BAD_PAR;

        if (System.Threading.Interlocked.Exchange(ref s_transition, 1) != 0)
            return Status.ABORTED;

        bool possible = state == SoftOff
            ? Power.TryOff(SleepType(descriptor, SleepDescriptor.AShift), SleepType(descriptor, SleepDescriptor.BShift))
            : Power.TryReset();
        s_transition = 0;
        return possible ? Status.SUCCESS : Status.BAD_FTR;
    }

    private static uint SleepType(ulong descriptor, int shift) => (uint)((descriptor >> shift) & SleepDescriptor.TypeMask);
}
