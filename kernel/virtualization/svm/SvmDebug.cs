using System.Runtime;
using System.Runtime.CompilerServices;

namespace Kilonova.Kernel;

/// <summary>
/// DR0 to DR3, which VMRUN does not switch. They belong to one guest context of a CPU at a time; all others exit at their first access,
/// which makes them the next owner. The monitor sees nothing of it, unless it wants these exits itself.
/// </summary>
public static unsafe class SvmDebug
{
    /// <summary>The enable bits of DR7.</summary>
    public const ulong AnyBreakpoint = 0xff;

    /// <summary>An exit for a debug register: true if it was there for the kernel alone, and the access may be tried again.</summary>
    public static bool TryHandle(Cpu* cpu, ExecutionContext* ec, uint code)
    {
        VirtualCpu* guest = ec->Virtual;
        ulong bit = 1ul << (int)(32 + code - SvmExit.DebugFirst);
        if ((Svm.DebugIntercepts & bit) == 0 || (guest->Flags & VirtualCpuFlags.OwnsDebug) != 0 || (guest->Intercepts & bit) != 0)
            return false;

        Take(cpu, ec);
        return true;
    }

    /// <summary>Makes a context of this CPU the owner of its debug registers.</summary>
    public static void Take(Cpu* cpu, ExecutionContext* ec)
    {
        ExecutionContext* owner = cpu->Guests.DebugOwner;
        if (owner != null)
        {
            Store(owner->Virtual->Debug);
            SetOwner(owner, VirtualCpuFlags.None);
        }

        Load(ec->Virtual->Debug);
        cpu->Guests.DebugOwner = ec;
        SetOwner(ec, VirtualCpuFlags.OwnsDebug);
    }

    private static void SetOwner(ExecutionContext* ec, VirtualCpuFlags owns)
    {
        VirtualCpu* guest = ec->Virtual;
        guest->Flags = (guest->Flags & ~VirtualCpuFlags.OwnsDebug) | owns;
        Vmcb* block = (Vmcb*)guest->Block;
        block->RegisterIntercepts = guest->Intercepts | Svm.Forced(ec);
        block->Clean = 0;
    }

    [RuntimeImport("*", "debug_save"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Store(ulong* registers);

    [RuntimeImport("*", "debug_load"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Load(ulong* registers);
}
