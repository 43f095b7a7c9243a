using System.Runtime;
using System.Runtime.CompilerServices;

namespace Kilonova.Kernel;

/// <summary>
/// DR0 to DR3 and DR6, which VM entries do not switch. They belong to one guest context of a CPU at a time; all others exit at their first
/// access, which makes them the next owner. The monitor sees nothing of it, unless it wants these exits itself.
/// </summary>
public static unsafe class VmxDebug
{
    private const ulong AnyBreakpoint = 0xff;

    /// <summary>Bits of DR6, and of the qualification of a #DB: B0 to B3, BD, BS.</summary>
    private const ulong Causes = 0x600f;

    /// <summary>An exit for a debug register: true if it was there for the kernel alone, and the access may be tried again.</summary>
    public static bool TryHandle(Cpu* cpu, ExecutionContext* ec)
    {
        if (((uint)ec->Virtual->Vmx.Wishes & PrimaryControl.MovDr) != 0)
            return false;

        Take(cpu, ec);
        return true;
    }

    /// <summary>A guest that is about to run with breakpoints needs the registers that hold them.</summary>
    public static void Prepare(Cpu* cpu, ExecutionContext* ec)
    {
        if ((Vmx.Read(VmcsField.GuestDr7) & AnyBreakpoint) != 0)
            Take(cpu, ec);
    }

    /// <summary>A debug exception is given back to the guest, which is to find its cause in DR6 as if it had never exited.</summary>
    public static void NoteCause(Cpu* cpu, ExecutionContext* ec)
    {
        Take(cpu, ec);
        Cr.WriteDr6(Cr.ReadDr6() | (Vmx.Read(VmcsField.Qualification) & Causes));
    }

    /// <summary>Makes a context of this CPU, whose VMCS is current, the owner. The one before learns it when it is entered again.</summary>
    private static void Take(Cpu* cpu, ExecutionContext* ec)
    {
        ExecutionContext* owner = cpu->Guests.DebugOwner;
        if (owner == ec)
            return;

        if (owner != null)
        {
            owner->Virtual->Vmx.Dr6 = Cr.ReadDr6();
            Store(owner->Virtual->Debug);
            owner->Virtual->Flags &= ~VirtualCpuFlags.OwnsDebug;
        }

        Load(ec->Virtual->Debug);
        Cr.WriteDr6(ec->Virtual->Vmx.Dr6);
        cpu->Guests.DebugOwner = ec;
        ec->Virtual->Flags |= VirtualCpuFlags.OwnsDebug;
        VmxEntry.UpdateControls(ec->Virtual);
    }

    [RuntimeImport("*", "debug_save"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Store(ulong* registers);

    [RuntimeImport("*", "debug_load"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Load(ulong* registers);
}
