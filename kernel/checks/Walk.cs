namespace Kilonova.Kernel;

/// <summary>
/// Walks everything that the kernel can reach and compares what must agree: references with capabilities, links in both directions,
/// queues with states, accounts with what is charged to them, free lists with counts. Reached by hypercall 0xf of the root domain.
/// </summary>
/// <remarks>
/// Only one CPU may be in the kernel: every other one must sleep, and nothing may wait for a grace period; else the answer is ABORTED and
/// the caller tries again. What the kernel itself refers to and has allocated at boot is taken from the first walk (RSI 0); all later ones
/// (RSI 1) compare with it. RDX returns the number of violations; each of the first is printed.
/// </remarks>
public static unsafe partial class Walk
{
    /// <summary>The operation of hypercall 0xf; unknown to the kernel that is shipped.</summary>
    public const ExtensionOperation Operation = (ExtensionOperation)15;

    /// <summary>What RAX must hold ("WALK"): to whoever does not know, this kernel answers like the one that is shipped.</summary>
    private const ulong Key = 0x4b4c_4157;

    private const int Printed = 20;

    private static ulong s_violations;
    private static bool s_isFirst;

    /// <summary>The hypercall.</summary>
    public static void Enter(ExecutionContext* ec)
    {
        if (ec->Domain != Machine.Root || ec->Registers.Rax != Key)
        {
            ec->Registers.Rdi = (ulong)Status.BAD_HYP;
            return;
        }

        // Twice: a CPU that was looked at may have been given something by one that was not yet. It has either still to do by then, or
        // what it did asked for a grace period.
        ulong period = Rcu.Started;
        if (!IsQuiet(Cpu.This) || !IsQuiet(Cpu.This) || Rcu.Started != period)
        {
            ec->Registers.Rdi = (ulong)Status.ABORTED;
            return;
        }

        s_violations = 0;
        s_isFirst = ec->Registers.Rsi == 0;
        Everything(Cpu.This);
        ec->Registers.Rdx = s_violations;
        ec->Registers.Rdi = (ulong)Status.SUCCESS;
    }

    private static void Everything(Cpu* self)
    {
        Discover(self);
        for (KernelObject* o = s_objects; o != null; o = o->WalkNext)
        {
            CheckReferences(o);
            CheckTree(o);
            CheckObject(o);
        }

        CheckAccounts();
        for (uint i = 0; i < Machine.CpuCount; i++)
            CheckCpu(Cpu.Of(i));

        Slab.Walk();
        PhysicalMemory.Walk();
        Forget();
    }

    private static bool IsQuiet(Cpu* self)
    {
        for (uint i = 0; i < Machine.CpuCount; i++)
        {
            Cpu* cpu = Cpu.Of(i);
            if (!cpu->Remote.IsEmpty || !Rcu.IsEmpty(cpu))
                return false;

            // Who fell asleep while a grace period was being started may have its mark, and has been reported for (Rcu.Start).
            if (cpu != self && (cpu->Current != cpu->Idle || cpu->Memory.RcuIdle == 0 || (cpu->Hazard & ~Hazard.Rcu) != 0))
                return false;
        }

        return true;
    }

    /// <summary>States that something holds about an object or structure.</summary>
    public static void That(bool condition, System.ReadOnlySpan<byte> what, void* where, ulong got = 0, ulong expected = 0)
    {
        if (condition)
            return;

        if (++s_violations > Printed)
            return;

        Log.Begin(LogLevel.Error);
        Log.Write("walk: "u8);
        Log.Write(what);
        Log.Write(" at $ got $ expected $"u8, (ulong)where, got, expected);
        Log.End();
    }
}
