using System.Runtime.CompilerServices;

namespace Kilonova.Kernel;

public unsafe partial struct Cpu
{
    /// <summary>
    /// Makes an execution context of this CPU the one that the exit path resumes, and switches to its address space and FPU state.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Resume(Cpu* cpu, ExecutionContext* ec)
    {
        cpu->Current = ec;
        if (cpu->Memory.CurrentSpace != ec->Host)
        {
            HostSpace.Activate(cpu, ec->Host);

            // A domain has one host and one PIO space, so the ports change with the address space.
            ulong* bitmap = ec->Ports->InForce;
            if (cpu->IoBitmap != bitmap)
            {
                IoPermissions.Switch(cpu, bitmap);
            }
        }

        if (cpu->FpuUser != ec->FpuSelf)
        {
            Fpu.Switch(cpu, ec);
        }
    }
}
