using System.Runtime;
using System.Runtime.CompilerServices;
using System.Threading;
using Kilonova.Abi;
using Utcb = Kilonova.Abi.ArchitecturalState;

namespace Kilonova.Kernel;

/// <summary>
/// Guest execution contexts (specification, section 2.2.2): entering them, and their events, which reach a handler as messages with
/// architectural state. Vendors' code is behind <see cref="Virtualization"/>.
/// </summary>
/// <remarks>
/// A guest context that is to run has <see cref="Run"/> as continuation. Guest mode ends in the vendor's exit handler, with the guest's
/// registers in the context's frame, and the callee-saved ones in the CPU too, as after an exception (see entry.S).
/// </remarks>
public static unsafe class Guests
{
    /// <summary>Continuation of a guest context that goes on: hazards first, then the guest.</summary>
    [RuntimeExport("guests_run")]
    public static void Run(ExecutionContext* ec)
    {
        Cpu* cpu = Cpu.This;
        if ((cpu->Hazard | ec->Hazard) != 0)
            RunLater(cpu, ec);
        else if ((cpu->Guests.Ready == ec && ec->Virtual->Stamp == Volatile.Read(ref ec->Virtual->Space->Stamp)) || TryPrepare(cpu, ec))
            Virtualization.Enter(cpu, ec);
    }

    /// <summary>Makes a new context a guest context, with time of its own or with the CPU's (create_ec, flag T).</summary>
    public static void Initialize(ExecutionContext* ec, bool hasOwnTime)
    {
        ec->Flags = EcFlags.Guest | EcFlags.Global;
        ec->State = EcState.Running;
        ec->Continuation = (nint)(delegate*<ExecutionContext*, void>)&Start;
        ec->Virtual->Xcr0 = Fpu.Accept(0);
        if (hasOwnTime)
            ec->Virtual->TscOffset = 0 - EpochOf(ec->Domain);

        Virtualization.Initialize(ec);
    }

    /// <summary>The memory of a virtual CPU, charged to an account; null if there is none.</summary>
    public static VirtualCpu* TryNew(Quota* quota)
    {
        VirtualCpu* guest = (VirtualCpu*)ChargedMemory.TryTake(quota, (uint)sizeof(VirtualCpu));
        void* block = guest != null ? ChargedMemory.TryTakePage(quota) : null;
        if (block != null)
        {
            guest->Block = block;
            guest->BlockPhysical = DirectMap.ToPhysical(block);
            return guest;
        }

        if (guest != null)
            ChargedMemory.Return(quota, guest, (uint)sizeof(VirtualCpu));

        return null;
    }

    /// <summary>Undoes <see cref="TryNew"/>.</summary>
    public static void Free(Quota* quota, VirtualCpu* guest)
    {
        ChargedMemory.ReturnPage(quota, guest->Block);
        ChargedMemory.Return(quota, guest, (uint)sizeof(VirtualCpu));
    }

    /// <summary>Continuation of a guest context that got its first scheduling context.</summary>
    public static void Start(ExecutionContext* ec)
    {
        ec->Continuation = (nint)(delegate*<ExecutionContext*, void>)&Run;
        Send(Cpu.This, ec, GuestEvent.Count + MicrohypervisorEvent.Startup);
    }

    /// <summary>
    /// Sends an event of a guest context, which is current and whose frame holds its registers. Vendors have a straighter way for exits,
    /// which begins with the same <see cref="TryConnect"/>.
    /// </summary>
    public static void Send(Cpu* cpu, ExecutionContext* ec, uint number) => Event.SendSlowly(cpu, ec, number);

    /// <summary>
    /// Connects a guest context that has an event with the handler, where that is easy; compare <see cref="Event.Send"/>. Null if it is not,
    /// and then <see cref="Send"/> is the way.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ExecutionContext* TryConnect(Cpu* cpu, ExecutionContext* ec, uint number)
    {
        ulong selector = ec->EventBase + number;
        if (selector >= ObjectSpace.NearSelectors)
            return null;

        Capability capability = ObjectSpace.LookupNear(ec->Objects, selector);
        Portal* portal = (Portal*)capability.Object;
        if (!capability.Is(ObjectType.Portal, (uint)PtPermissions.EVENT) || portal->Context->Readiness != cpu->Number)
            return null;

        Event.Connect(cpu, ec, portal->Context, portal);
        return portal->Context;
    }

    /// <summary>Gives the handler, which has been connected, the state that its portal asks for, and the CPU.</summary>
    public static void Deliver(Cpu* cpu, ExecutionContext* ec, ExecutionContext* callee)
    {
        Virtualization.Save(ec, callee->Utcb, (Mtd)(uint)callee->Registers.Rsi);
        Cpu.ResumeInline(cpu, callee);
    }

    /// <summary>
    /// A handler's reply: its UTCB's state goes into the guest context, as the handler's MTD says. What most replies bring is written out.
    /// </summary>
    [RuntimeExport("guests_reply")]
    public static void Reply(Cpu* cpu, ExecutionContext* handler, ExecutionContext* ec)
    {
        Mtd mtd = (Mtd)(uint)handler->Registers.Rsi;
        if (Virtualization.TryLoadQuickly(ec, handler->Utcb, mtd))
            Finish(cpu, handler, ec);
        else
            ReplySlowly(cpu, handler, ec);
    }

    private static void ReplySlowly(Cpu* cpu, ExecutionContext* handler, ExecutionContext* ec)
    {
        Mtd mtd = (Mtd)(uint)handler->Registers.Rsi;
        if ((mtd & Mtd.POISON) != 0)
        {
            ec->Flags &= ~EcFlags.InEvent;
            Event.Kill(cpu, handler, ec);
            return;
        }

        if ((mtd & Mtd.SPACES) != 0)
            Assign(cpu, ec, handler);

        Virtualization.Load(ec, handler->Utcb, mtd);
        Finish(cpu, handler, ec);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(Cpu* cpu, ExecutionContext* handler, ExecutionContext* ec)
    {
        ec->Flags &= ~EcFlags.InEvent;
        Kernel.Reply.Disconnect(cpu, handler, ec);
    }

    /// <summary>The translations of the virtual CPU are wrong from now on: it gets a new tag before it is entered.</summary>
    public static void Flush(Cpu* cpu, ExecutionContext* ec)
    {
        ec->Virtual->Generation = 0;
        cpu->Guests.Ready = null;
    }

    /// <summary>What a context has besides its memory is given back. On its CPU; it will never run again.</summary>
    public static void Forget(Cpu* cpu, ExecutionContext* ec)
    {
        if (cpu->Guests.Ready == ec)
            cpu->Guests.Ready = null;

        Virtualization.Forget(cpu, ec);
        Replace((KernelObject**)&ec->Virtual->Space, null);
        Replace((KernelObject**)&ec->Virtual->Ports, null);
        Replace((KernelObject**)&ec->Virtual->Registers, null);
    }

    /// <summary>When the time of a domain's virtual CPUs began: when the first that has time of its own was made. One time for all.</summary>
    private static ulong EpochOf(ProtectionDomain* domain)
    {
        ulong now = Tsc.Read();
        ulong epoch = Interlocked.CompareExchange(ref domain->GuestEpoch, now, 0);
        return epoch != 0 ? epoch : now;
    }

    /// <summary>Hazards keep the guest from running. Whatever comes of them, the way out looks again.</summary>
    private static void RunLater(Cpu* cpu, ExecutionContext* ec)
    {
        if (cpu->Hazard != 0)
        {
            Hazards.Handle(ec);
            return;
        }

        ec->Hazard = 0;
        ec->Registers.Vector = GuestEvent.Count;
        Send(cpu, ec, GuestEvent.Count + MicrohypervisorEvent.Recall);
    }

    /// <summary>
    /// Makes the CPU ready to enter a guest: spaces, tag, FPU, and whatever else the hardware does not switch. False if it cannot be
    /// entered; then something else has been done about it.
    /// </summary>
    private static bool TryPrepare(Cpu* cpu, ExecutionContext* ec)
    {
        VirtualCpu* guest = ec->Virtual;
        if (guest->Space == null || guest->Ports == null || guest->Registers == null)
        {
            Send(cpu, ec, Virtualization.InvalidState);
            return false;
        }

        if (cpu->Guests.Space != guest->Space)
        {
            // A full barrier: whoever changes entries from now on sees that the space is in use here. Who did so before has changed the
            // stamp, which is read below.
            guest->Space->Users.Add(cpu->Number);
            Interlocked.Exchange(ref *(nint*)&cpu->Guests.Space, (nint)guest->Space);
        }

        ulong stamp = Volatile.Read(ref guest->Space->Stamp);
        if (guest->Stamp != stamp)
        {
            guest->Stamp = stamp;
            guest->Generation = 0;
        }

        Fpu.EnterGuest(cpu, ec);
        if (cpu->Guests.TscAux != guest->TscAux)
        {
            cpu->Guests.TscAux = guest->TscAux;
            Msr.Write(Msr.IA32_TSC_AUX, guest->TscAux);
        }

        if (!Virtualization.TryPrepareEntry(cpu, ec))
            return false;

        cpu->Guests.Ready = ec;
        return true;
    }

    /// <summary>Assigns the spaces that the handler names; one that it does not name rightly stays as it was (MTD bit SPACES).</summary>
    private static void Assign(Cpu* cpu, ExecutionContext* ec, ExecutionContext* handler)
    {
        Utcb* utcb = (Utcb*)handler->Utcb;
        VirtualCpu* guest = ec->Virtual;
        Assign(handler, utcb->SEL_GST, ObjectType.GuestSpace, (KernelObject**)&guest->Space);
        Assign(handler, utcb->SEL_PIO, ObjectType.PioSpace, (KernelObject**)&guest->Ports);
        Assign(handler, utcb->SEL_MSR, ObjectType.MsrSpace, (KernelObject**)&guest->Registers);
        Flush(cpu, ec);
        Virtualization.Assign(ec);
    }

    private static void Assign(ExecutionContext* handler, ulong selector, ObjectType type, KernelObject** place)
    {
        Capability capability = ObjectSpace.Lookup(handler->Objects, selector);
        if (!capability.Is(type, (uint)SpacePermissions.ASSIGN))
            return;

        KernelObject.Hold(capability.Object);
        Replace(place, capability.Object);
    }

    private static void Replace(KernelObject** place, KernelObject* space)
    {
        KernelObject* old = *place;
        *place = space;
        if (old != null)
            KernelObject.Drop(old);
    }
}
