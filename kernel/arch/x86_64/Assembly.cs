namespace Kilonova.Kernel;

/// <summary>What C# calls on its way between contexts: entry.S and instructions.S.</summary>
public static unsafe class Assembly
{
    /// <summary>Resumes the current execution context, on an empty stack.</summary>
    [RuntimeImport("*", "leave_kernel_now"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void LeaveKernel();

    /// <summary>Lets pending interrupts in; their handlers leave marks in the CPU's hazards.</summary>
    [RuntimeImport("*", "interrupt_window"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void InterruptWindow();

    /// <summary>Waits for an interrupt and never returns: the exit path starts anew on an empty stack.</summary>
    [RuntimeImport("*", "idle_wait"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void IdleWait();
}
