// What a virtual CPU does between an exit and the next entry: INIT and start-up, NMI, interrupts, HLT.
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Processor;

/// <summary>What a virtual CPU is doing.</summary>
public enum CpuActivity : byte
{
    /// <summary>Executes the guest.</summary>
    Running,

    /// <summary>HLT: waits for an interrupt.</summary>
    Halted,

    /// <summary>Waits for a start-up message.</summary>
    WaitForStartUp,

    /// <summary>Triple fault or shutdown: waits for INIT or reset.</summary>
    ShutDown,
}

/// <summary>What is to be injected on entry.</summary>
public enum Injection : byte
{
    None,
    Interrupt,
    NonMaskable,
}

/// <summary>How to enter the guest.</summary>
public struct EntryPlan
{
    /// <summary>False: do not enter; wait for a kick, then ask again.</summary>
    public bool Enter;

    /// <summary>What to inject.</summary>
    public Injection Injection;

    /// <summary>The vector of an interrupt to inject.</summary>
    public byte Vector;

    /// <summary>An interrupt waits until the guest can take it: exit then.</summary>
    public bool WantsInterruptWindow;

    /// <summary>An NMI waits until the guest can take it: exit then.</summary>
    public bool WantsNonMaskableWindow;

    /// <summary>The registers were set anew (INIT, start-up): write all of them back.</summary>
    public bool StateChanged;
}

/// <summary>One virtual CPU: registers, local APIC and activity. For its own exit path, but for what the APIC takes.</summary>
public sealed class VirtualCpu
{
    private readonly Pic8259Pair? _pic;

    /// <summary>Makes a virtual CPU in its state after power-on.</summary>
    /// <param name="apic">Its local APIC.</param>
    /// <param name="pic">The 8259 pair, if this CPU gets its interrupts.</param>
    public VirtualCpu(LocalApic apic, Pic8259Pair? pic)
    {
        Apic = apic;
        _pic = pic;
        Reset();
    }

    /// <summary>Registers.</summary>
    public CpuState State { get; } = new CpuState();

    /// <summary>Local APIC.</summary>
    public LocalApic Apic { get; }

    /// <summary>What it is doing.</summary>
    public CpuActivity Activity { get; private set; }

    /// <summary>The state after power-on: the bootstrap processor runs, the others wait for a start-up message.</summary>
    public void Reset()
    {
        State.Reset();
        Apic.Reset();
        Activity = Apic.IsBootstrap ? CpuActivity.Running : CpuActivity.WaitForStartUp;
    }

    /// <summary>The guest executed HLT; the instruction is over.</summary>
    public void Halt() => Activity = CpuActivity.Halted;

    /// <summary>The guest has faulted three times over.</summary>
    public void ShutDown() => Activity = CpuActivity.ShutDown;

    /// <summary>Decides how to go on. To be called before every entry, and after every kick while the CPU waits.</summary>
    /// <param name="eventPending">An event whose delivery was interrupted is injected again, so nothing else can be.</param>
    /// <param name="nonMaskableBlocked">The guest is handling an NMI.</param>
    public EntryPlan PlanEntry(bool eventPending, bool nonMaskableBlocked)
    {
        var plan = default(EntryPlan);
        Apic.Poll();
        if (Apic.HasEvents)
            TakeInitAndStartUp(ref plan);
        if (Activity is CpuActivity.WaitForStartUp or CpuActivity.ShutDown)
            return plan;

        // HLT ends before the interrupt is taken; the shadow of STI does not reach beyond HLT.
        bool open = !eventPending && (!State.InterruptShadow || Activity == CpuActivity.Halted);
        if (Apic.HasNonMaskable)
        {
            if (open && !nonMaskableBlocked && Apic.TakeNonMaskable())
                Inject(ref plan, Injection.NonMaskable, 2);
            else
                plan.WantsNonMaskableWindow = true;
        }

        bool external = _pic is not null && Apic.HasExternalInterrupt;
        int vector = external ? 0 : Apic.PendingVector();
        if (external || vector >= 0)
        {
            bool enabled = (State.Rflags & Rflags.Interrupt) != 0;
            if (open && enabled && plan.Injection == Injection.None)
                Inject(ref plan, Injection.Interrupt, Acknowledge(external, vector));
            else if (Activity == CpuActivity.Running || enabled)
                plan.WantsInterruptWindow = true;
        }

        if (Activity == CpuActivity.Halted && eventPending)
            Activity = CpuActivity.Running;
        plan.Enter = Activity == CpuActivity.Running;
        return plan;
    }

    private byte Acknowledge(bool external, int vector)
    {
        if (external)
            return _pic!.Acknowledge();
        Apic.Acknowledge(vector);
        return (byte)vector;
    }

    private void Inject(ref EntryPlan plan, Injection injection, byte vector)
    {
        plan.Injection = injection;
        plan.Vector = vector;
        Activity = CpuActivity.Running;
        State.InterruptShadow = false;
    }

    private void TakeInitAndStartUp(ref EntryPlan plan)
    {
        if (Apic.TakeInit())
        {
            State.Reset();
            Apic.Init();
            Activity = Apic.IsBootstrap ? CpuActivity.Running : CpuActivity.WaitForStartUp;
            plan.StateChanged = true;
        }

        // A start-up message to a processor that does not wait for one is lost.
        if (Apic.TakeStartUp(out byte page) && Activity == CpuActivity.WaitForStartUp)
        {
            State.StartUp(page);
            Activity = CpuActivity.Running;
            plan.StateChanged = true;
        }
    }
}
