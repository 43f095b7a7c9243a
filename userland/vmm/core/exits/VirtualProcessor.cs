// What a virtual CPU does on its exits. This part is about time, interrupts and what is common to all exits.
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Vmm.Emulation;
using Kilonova.Vmm.Models;
using Kilonova.Vmm.Policy;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Exits;

/// <summary>The parts of one virtual CPU, made before its <see cref="VirtualProcessor"/>.</summary>
public sealed class ProcessorParts
{
    /// <summary>Registers, local APIC, activity.</summary>
    public VirtualCpu Cpu { get; init; } = null!;

    /// <summary>Its emulator.</summary>
    public Emulator Emulator { get; init; } = null!;

    /// <summary>Its walker of page tables.</summary>
    public PageWalker Walker { get; init; } = null!;

    /// <summary>Its CPUID.</summary>
    public CpuidPolicy Cpuid { get; init; } = null!;

    /// <summary>Its model-specific registers.</summary>
    public MsrPolicy Msrs { get; init; } = null!;

    /// <summary>The machine's ports.</summary>
    public PortBus Ports { get; init; } = null!;

    /// <summary>Hears of resets.</summary>
    public IMachineControl Machine { get; init; } = null!;

    /// <summary>Whose virtual machines they are.</summary>
    public VirtualizationKind Kind { get; init; }
}

/// <summary>
/// One virtual CPU at its exits: takes the state that the exit's portal transferred, answers, and says what is to be transferred back.
/// All methods but <see cref="IKick.Kick"/> belong to the thread that handles the exit; there is one at a time. Methods that need vector
/// registers say so, the others run on threads without. Nothing is allocated after construction.
/// </summary>
public sealed partial class VirtualProcessor : IKick
{
    // What the virtual CPU's thread does, as far as a kick must know.
    private const int InGuest = 0;
    private const int InMonitor = 1;
    private const int Asleep = 2;

    private readonly VirtualCpu _cpu;
    private readonly LocalApic _apic;
    private readonly Emulator _emulator;
    private readonly PageWalker _walker;
    private readonly CpuidPolicy _cpuid;
    private readonly MsrPolicy _msrs;
    private readonly PortBus _ports;
    private readonly IMachineControl _machine;
    private readonly IVirtualCpuHost _host;
    private readonly VirtualizationKind _kind;

    // Written by the virtual CPU's own thread, read by kicks.
    private int _place;

    // Set by kicks, cleared by the virtual CPU's thread before it looks what there is.
    private int _kicked;

    private readonly ulong[] _exits = new ulong[GuestEvent.Count + MicrohypervisorEvent.Count];

    // An event that the next entry delivers, in the form of InterruptionInfo; 0 for none.
    private uint _event;
    private uint _eventError;

    // Written by whoever manages the guest, read by the virtual CPU's thread.
    private int _paused;

    // It stood still since it last executed. The virtual CPU's thread's.
    private bool _stood;

    // The next recall is for an instruction that needs the emulator.
    private bool _emulateOnRecall;

    /// <summary>Puts a virtual CPU together.</summary>
    public VirtualProcessor(ProcessorParts parts, IVirtualCpuHost host)
    {
        _cpu = parts.Cpu;
        _apic = parts.Cpu.Apic;
        _emulator = parts.Emulator;
        _walker = parts.Walker;
        _cpuid = parts.Cpuid;
        _msrs = parts.Msrs;
        _ports = parts.Ports;
        _machine = parts.Machine;
        _kind = parts.Kind;
        _host = host;
    }

    /// <summary>Registers and activity.</summary>
    public VirtualCpu Cpu => _cpu;

    /// <summary>Exits by event. Written by the virtual CPU's own thread.</summary>
    public ReadOnlySpan<ulong> Exits => _exits;

    /// <summary>Selectors of the spaces that the virtual CPU gets at its start: guest, ports, model-specific registers.</summary>
    public (ulong Guest, ulong Ports, ulong Msrs) Spaces { get; set; }

    /// <summary>Where the loader put the descriptor table of the bootstrap processor, and its limit.</summary>
    public (ulong Base, uint Limit) DescriptorTable { get; set; }

    /// <summary>
    /// Whether it is to stand still: it executes nothing until it may go on. Time and devices go on, and interrupts wait. Any thread.
    /// </summary>
    public bool IsPaused
    {
        get => Volatile.Read(ref _paused) != 0;
        set
        {
            Volatile.Write(ref _paused, value ? 1 : 0);
            ((IKick)this).Kick();
        }
    }

    /// <summary>Whether it is to stand still and does. Any thread.</summary>
    public bool StandsStill => IsPaused && Volatile.Read(ref _place) == Asleep;

    /// <summary>Counts an exit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(uint number) => _exits[number]++;

    void IKick.Kick()
    {
        Volatile.Write(ref _kicked, 1);
        // Either this sees where the thread went, or the thread sees the kick before it goes on: both write, then read, with a fence between.
        Interlocked.MemoryBarrier();
        int place = Volatile.Read(ref _place);
        if (place == Asleep)
            _host.Wake();
        else if (place == InGuest)
            _host.Recall();
    }

    /// <summary>The first event: waits until the virtual CPU has something to execute, then gives it all of its state. Vector registers.</summary>
    public Mtd Startup(ref ArchitecturalState state)
    {
        Enter();
        state.Interruptibility = 0;
        state.RFLAGS = _cpu.State.Rflags;
        Mtd result = WaitForWork(ref state);
        GuestState.StoreAll(_cpu.State, ref state, DescriptorTable.Base, DescriptorTable.Limit);
        SetControls(ref state);
        state.SEL_GST = Spaces.Guest;
        state.SEL_PIO = Spaces.Ports;
        state.SEL_MSR = Spaces.Msrs;
        return Leave(result | GuestState.Everything | Mtd.CTRL | Mtd.SPACES);
    }

    /// <summary>A kick: delivers what waits, or executes the instruction for which it was asked. Vector registers.</summary>
    public Mtd Recall(ref ArchitecturalState state)
    {
        Enter();
        KeepEvent(state);
        Mtd result = Mtd.None;
        if (_emulateOnRecall)
        {
            _emulateOnRecall = false;
            _host.TransferAll(false);
            result = Emulate(ref state);
        }

        return Finish(ref state, result | Plan(ref state));
    }

    /// <summary>An interrupt or NMI window has opened.</summary>
    public Mtd Window(ref ArchitecturalState state)
    {
        Enter();
        KeepEvent(state);
        return Finish(ref state, Plan(ref state));
    }

    /// <summary>HLT: sleeps until the guest has something to do.</summary>
    public Mtd Halt(ref ArchitecturalState state)
    {
        const uint Length = 1;
        Enter();
        Mtd result = Advance(ref state, Length);
        _cpu.Halt();
        return Finish(ref state, result | Plan(ref state));
    }

    /// <summary>The guest has faulted three times over: the machine is reset, as by a PC's chipset. Vector registers.</summary>
    public Mtd Shutdown(ref ArchitecturalState state) => End(ref state, MachineRequest.Reset, "triple fault"u8);

    /// <summary>Nothing that this monitor asked for, or a state that the processor refused: the guest cannot go on. Vector registers.</summary>
    /// <param name="state">All that the emulator needs.</param>
    /// <param name="number">The event.</param>
    public Mtd Stop(ref ArchitecturalState state, uint number) => End(ref state, MachineRequest.Crash, ExitNames.Of(number, _kind));

    /// <summary>An instruction that this processor does not have: #UD.</summary>
    public Mtd Undefined(ref ArchitecturalState state)
    {
        Enter();
        Raise(Vectors.InvalidOpcode);
        return Finish(ref state, Mtd.None);
    }

    /// <summary>
    /// #DB, which always exits, lest the processor be busy with nothing else: the guest gets it, with DR6 as the processor has set it.
    /// </summary>
    public Mtd Debug(ref ArchitecturalState state)
    {
        Enter();
        Raise(Vectors.Debug);
        return Finish(ref state, Mtd.None);
    }

    /// <summary>#AC, for the same reason. Needs CR.</summary>
    public Mtd AlignmentCheck(ref ArchitecturalState state)
    {
        Enter();
        Raise(state, Vectors.AlignmentCheck, 0);
        return Finish(ref state, Mtd.None);
    }

    /// <summary>An instruction that the guest may not execute: #GP. Needs CR.</summary>
    public Mtd Forbidden(ref ArchitecturalState state)
    {
        Enter();
        RaiseProtection(state);
        return Finish(ref state, Mtd.None);
    }

    /// <summary>INVD, WBINVD: caches are coherent, there is nothing to do.</summary>
    public Mtd Nothing(ref ArchitecturalState state)
    {
        const uint Length = 2;
        Enter();
        return Finish(ref state, Advance(ref state, Length));
    }

    // The virtual CPU executes no more; who looks after the machine decides about the rest.
    private Mtd End(ref ArchitecturalState state, MachineRequest request, ReadOnlySpan<byte> reason)
    {
        Enter();
        _event = 0;
        _host.Report(reason, state);
        _cpu.ShutDown();
        _machine.Request(request);
        return Finish(ref state, Plan(ref state));
    }

    private void Enter() => Volatile.Write(ref _place, InMonitor);

    // The last step of every exit that looks at interrupts: a kick that came after the plan was made leads to another exit.
    private Mtd Leave(Mtd result)
    {
        _ = Interlocked.Exchange(ref _place, InGuest);
        if (Volatile.Read(ref _kicked) != 0)
            _host.Recall();

        return result;
    }

    // Makes the plan, if none was made, when there is something to deliver: an exception, or what this exit's own kicks are about.
    private Mtd Finish(ref ArchitecturalState state, Mtd result)
    {
        if ((result & Mtd.INJ) == 0 && (_event != 0 || Volatile.Read(ref _kicked) != 0))
            result |= Plan(ref state);

        return Leave(result);
    }

    // After a use of the local APIC, which may have let through what it held back, or been given a time that is over already. Needs CR.
    private Mtd FinishApic(ref ArchitecturalState state, Mtd result)
    {
        result |= ShowTaskPriority(ref state);
        bool looks = (result & Mtd.INJ) == 0 && (_apic.HasEvents || _apic.PendingVector() >= 0);
        return Finish(ref state, looks ? result | Plan(ref state) : result);
    }

    // What the next entry would deliver: an event that was not delivered yet, or whose delivery the exit interrupted.
    private void KeepEvent(in ArchitecturalState state)
    {
        const uint Windows = InterruptionInfo.InterruptWindow | InterruptionInfo.NmiWindow;
        if ((state.InterruptionInfo & InterruptionInfo.Valid) == 0)
            return;

        _event = state.InterruptionInfo & ~Windows;
        _eventError = state.InterruptionError;
    }

    private void Raise(byte vector)
    {
        _event = InterruptionInfo.Valid | ((uint)InterruptionType.HardwareException << InterruptionInfo.TypeShift) | vector;
        _eventError = 0;
    }

    // In real mode exceptions have no error codes, and Intel's processors refuse to enter with one. Needs CR.
    private void Raise(in ArchitecturalState state, byte vector, uint error)
    {
        Raise(vector);
        if ((state.CR0 & Cr0.ProtectionEnable) == 0)
            return;

        _event |= InterruptionInfo.ErrorCode;
        _eventError = error;
    }

    private void RaiseProtection(in ArchitecturalState state) => Raise(state, Vectors.GeneralProtection, 0);

    // Moves on over an instruction whose length the processor may not tell. Needs RFLAGS, RIP and STA.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Mtd Advance(ref ArchitecturalState state, uint length)
    {
        state.RIP += state.InstructionLength != 0 ? state.InstructionLength : length;
        return ((state.RFLAGS & Rflags.Trap) | (state.Interruptibility & GuestState.Shadow)) == 0 ? Mtd.RIP : AdvanceStep(ref state);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Mtd AdvanceStep(ref ArchitecturalState state)
    {
        state.Interruptibility &= ~GuestState.Shadow;
        if ((state.RFLAGS & Rflags.Trap) != 0)
            Raise(Vectors.Debug);

        return Mtd.RIP | Mtd.STA;
    }

    // Decides what the next entry delivers and which window leads to an exit; sleeps while there is nothing to execute. Needs RFLAGS and STA.
    private Mtd Plan(ref ArchitecturalState state)
    {
        CpuState registers = _cpu.State;
        registers.Rflags = state.RFLAGS;
        registers.InterruptShadow = (state.Interruptibility & GuestState.Shadow) != 0;
        return WaitForWork(ref state);
    }

    private Mtd WaitForWork(ref ArchitecturalState state)
    {
        bool blocked = (state.Interruptibility & GuestState.NonMaskableBlocked) != 0;
        bool changed = false;
        while (true)
        {
            Volatile.Write(ref _kicked, 0);
            Interlocked.MemoryBarrier();
            if (MayGoOn())
            {
                EntryPlan plan = _cpu.PlanEntry(_event != 0, blocked);
                changed |= plan.StateChanged;
                if (plan.Enter)
                    return Apply(ref state, plan, changed);
            }

            _ = Interlocked.Exchange(ref _place, Asleep);
            if (Volatile.Read(ref _kicked) == 0)
                _host.Sleep();

            Volatile.Write(ref _place, InMonitor);
        }
    }

    // A guest that goes on after it stood still is told, lest it take itself for stuck.
    private bool MayGoOn()
    {
        bool mayGoOn = Volatile.Read(ref _paused) == 0;
        if (mayGoOn && _stood)
            _msrs.NoteStandstill();

        _stood = !mayGoOn;
        return mayGoOn;
    }

    private Mtd Apply(ref ArchitecturalState state, EntryPlan plan, bool changed)
    {
        uint info = changed ? 0 : _event;
        state.InterruptionError = _eventError;
        _event = 0;
        if (plan.Injection == Injection.Interrupt)
            info = InterruptionInfo.Valid | plan.Vector;
        else if (plan.Injection == Injection.NonMaskable)
            info = InterruptionInfo.Valid | ((uint)InterruptionType.NonMaskable << InterruptionInfo.TypeShift) | plan.Vector;

        if (plan.WantsInterruptWindow)
            info |= InterruptionInfo.InterruptWindow;
        if (plan.WantsNonMaskableWindow)
            info |= InterruptionInfo.NmiWindow;

        state.InterruptionInfo = info;
        if (!changed)
            return Mtd.INJ;

        GuestState.StoreAll(_cpu.State, ref state, 0, ushort.MaxValue);
        _shownPriority = 0;
        return Mtd.INJ | GuestState.Everything;
    }
}
