namespace Kilonova.Kernel;

// How interrupts end that device contexts have attached.
public static unsafe partial class Interrupts
{
    /// <summary>Ends the interrupts that devices may send, and that no other source may: their context is going.</summary>
    public static void Detach(ulong device)
    {
        s_lock.Acquire();
        for (uint number = Pins; number < Pins + Messages; number++)
        {
            Interrupt* interrupt = s_table + number;
            if (interrupt->Vector != 0 && interrupt->Device == device)
                Detach(number, interrupt);
        }

        s_lock.Release();
    }

    /// <summary>Ends one interrupt if a device's context has attached it. False if not.</summary>
    public static bool TryDetach(uint number, ulong device)
    {
        s_lock.Acquire();
        Interrupt* interrupt = s_table + number;
        bool attached = interrupt->Vector != 0 && interrupt->Device == device;
        if (attached)
            Detach(number, interrupt);

        s_lock.Release();
        return attached;
    }

    /// <summary>Nothing is let through, and the vector is free. With the lock.</summary>
    private static void Detach(uint number, Interrupt* interrupt)
    {
        interrupt->Masked = 1;
        Program(number, interrupt);
        Cpu.Of(interrupt->CpuNumber)->Vectors[interrupt->Vector] = 0;
        interrupt->Vector = 0;
    }
}
