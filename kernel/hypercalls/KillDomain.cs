namespace Kilonova.Kernel;

/// <summary>
/// Kills a protection domain (docs/abi.md, Extensions). RDI: domain, with all five permissions. Its contexts stop on all CPUs, their
/// callers get ABORTED, and all that its spaces held, and had passed on, is taken back.
/// </summary>
/// <remarks>
/// The cursor holds the domain and the phase. A context that kills its own domain does the work first and dies last.
/// </remarks>
public static unsafe class KillDomain
{
    private const ulong Contexts = 0;
    private const ulong Objects = 1;
    private const ulong Host = 2;
    private const ulong Ports = 3;
    private const ulong Last = 4;

    public static void Begin(ExecutionContext* ec)
    {
        ProtectionDomain* domain = (ProtectionDomain*)ObjectSpace.FindObject(
            ec->Objects, ec->Registers.Rdi >> HypercallRegister.SelectorShift, ObjectType.ProtectionDomain, (uint)PdPermissions.All);
        if (domain == null)
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CAP;
            return;
        }

        domain->Lock.Acquire();
        domain->Killed = 1;
        domain->Lock.Release();
        Operation.Hold(&ec->Cursor.Object, &domain->Head);
        ec->Cursor.Word0 = Contexts;
        Continue(ec);
    }

    private static void Continue(ExecutionContext* ec)
    {
        ec->Continuation = ExecutionContext.ReturnFromHypercall;
        ProtectionDomain* domain = (ProtectionDomain*)ec->Cursor.Object;
        while (ec->Cursor.Word0 != Last)
        {
            bool finished = ec->Cursor.Word0 switch
            {
                Contexts => StopContext(ec, domain),
                Objects => Clear(ec, (KernelObject*)domain->Objects),
                Host => Clear(ec, (KernelObject*)domain->Host),
                _ => Clear(ec, (KernelObject*)domain->Ports),
            };
            if (finished)
                ec->Cursor.Word0++;

            if (Hazards.Yield(ec, &Continue))
                return;
        }

        bool suicide = ec->Domain == domain;
        ec->Registers.Rdi = (ulong)Status.SUCCESS;
        Operation.End(ec);
        if (suicide)
        {
            Death.Strike(Cpu.This, ec);
            Helping.Run(Cpu.This);
        }
    }

    /// <summary>
    /// Stops the next context of the domain, or looks whether one on another CPU that has been told to stop has done so. True when none is
    /// left. Between steps nothing is held: the killer itself may be killed.
    /// </summary>
    private static bool StopContext(ExecutionContext* ec, ProtectionDomain* domain)
    {
        ExecutionContext* victim = Membership.HoldAny(domain);
        if (victim == null)
            return true;

        Cpu* cpu = Cpu.This;
        if (victim == ec || Volatile.Read(ref *(byte*)&victim->State) == (byte)EcState.Dead)
            Membership.Leave(victim);
        else if (victim->CpuNumber == cpu->Number)
            Death.Strike(cpu, victim);
        else
            RemoteQueue.Post(victim, RemoteAction.Die);

        KernelObject.Drop(&victim->Head);
        return false;
    }

    private static bool Clear(ExecutionContext* ec, KernelObject* space)
    {
        if (space == null)
            return true;

        // The domain, which is held, holds its spaces.
        if (ec->Revocation.Space == null)
            Revocation.BeginAll(&ec->Revocation, space);

        if (Revocation.Step(&ec->Revocation))
            return false;

        ec->Revocation.Space = null;
        return true;
    }
}
