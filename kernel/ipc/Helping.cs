namespace Kilonova.Kernel;

/// <summary>Lets the current scheduling context run whatever its chain now leads to.</summary>
public static unsafe class Helping
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run(Cpu* cpu)
    {
        SchedulingContext* sc = cpu->CurrentSc;
        ExecutionContext* ec = Chain.Tip(sc);
        if (ec->State == EcState.Running)
            Cpu.Resume(cpu, ec);
        else if (ec->State == EcState.Blocked)
            Scheduler.WaitFor(cpu, ec);
        else
            Scheduler.Stop(cpu);
    }
}
