namespace Kilonova.Kernel;

/// <summary>What a CPU does when nothing is ready: waits for an interrupt, and looks again.</summary>
public static unsafe class Idle
{
    /// <summary>Continuation of the idle context. Interrupts are off until the wait itself, so no mark is missed.</summary>
    public static void Wait(ExecutionContext* ec)
    {
        Cpu* cpu = Cpu.This;
        if (cpu->Hazard != 0 || !Rcu.EnterIdle(cpu))
        {
            Hazards.Handle(ec);
            return;
        }

        Assembly.IdleWait();
    }
}
