using System.Runtime;
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
        if (cpu->FpuUser != ec->FpuSelf)
        {
            ResumeSlowly(cpu, ec);
            return;
        }

        HostSpace* space = ec->Host;
        if (cpu->Memory.CurrentSpace != space)
        {
            // A domain has one host and one PIO space, so the ports change with the address space.
            ulong* bitmap = ec->Ports->InForce;
            if (cpu->IoBitmap != bitmap)
            {
                if (bitmap != null && bitmap != cpu->MappedIoBitmap)
                {
                    ResumeSlowly(cpu, ec);
                    return;
                }

                cpu->IoBitmap = bitmap;
                cpu->IoBitmapBase = bitmap != null ? IoPermissions.BitmapBase : IoPermissions.NoBitmap;
            }

            HostSpace.Activate(cpu, space);
        }
    }

    /// <summary>The same for whatever can be asked, from whatever point of entry.S or of the above.</summary>
    [RuntimeExport("cpu_resume_slowly"), MethodImpl(MethodImplOptions.NoInlining)]
    private static void ResumeSlowly(Cpu* cpu, ExecutionContext* ec)
    {
        if (cpu->FpuUser != ec->FpuSelf)
        {
            Fpu.Switch(cpu, ec);
        }

        if (cpu->IoBitmap != ec->Ports->InForce)
        {
            IoPermissions.Switch(cpu, ec->Ports->InForce);
        }

        if (cpu->Memory.CurrentSpace != ec->Host)
        {
            HostSpace.Activate(cpu, ec->Host);
        }
        else
        {
            HostSpace.Synchronize(cpu, ec->Host);
        }
    }
}
