namespace Kilonova.Kernel;

public unsafe partial struct Cpu
{
    /// <summary>
    /// Makes an execution context of this CPU the one that the exit path resumes, and switches to its address space, ports and FPU state.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Resume(Cpu* cpu, ExecutionContext* ec) => ResumeInline(cpu, ec);

    /// <summary>The same where a call would weigh.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ResumeInline(Cpu* cpu, ExecutionContext* ec)
    {
        cpu->Current = ec;
        if (cpu->FpuUser != ec->FpuSelf || cpu->Space != ec->Host)
            Switch(cpu, ec);
    }

    /// <summary>The switch itself. entry.S does it for messages where it is easy, and calls this where not.</summary>
    [RuntimeExport("cpu_switch"), MethodImpl(MethodImplOptions.NoInlining)]
    private static void Switch(Cpu* cpu, ExecutionContext* ec)
    {
        if (cpu->FpuUser != ec->FpuSelf)
            Fpu.Switch(cpu, ec);

        // A domain has one host and one PIO space, so the ports change with the address space. A guest runs in neither; but on VMX its
        // exits lead to the host space, and then a thread of the domain fetches its ports by a fault.
        bool guest = (ec->Flags & EcFlags.Guest) != 0;
        if (cpu->Space != ec->Host && (!guest || Virtualization.IsVmx))
        {
            ulong* ports = guest ? null : ec->Ports->InForce;
            if (cpu->IoBitmap != ports)
                IoPermissions.Switch(cpu, ports);

            HostSpace.Activate(cpu, ec->Host);
            if (Speculation.HasBarriers)
                Speculation.Pass();

            Processor.ClearSegments();
        }
    }
}
