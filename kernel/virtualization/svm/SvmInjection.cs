using Utcb = Kilonova.Abi.ArchitecturalState;

namespace Kilonova.Kernel;

/// <summary>
/// Events that a monitor injects, events whose delivery an exit has interrupted, and the windows in which interrupts and NMIs can be
/// delivered (APM volume 2, sections 15.20 and 15.21).
/// </summary>
/// <remarks>
/// SVM does not tell when an NMI's handler is done: the first IRET after the injection is stepped over, with the trap flag set for
/// that one instruction.
/// </remarks>
public static unsafe class SvmInjection
{
    private const uint Valid = 1u << 31;
    private const uint NmiRequest = 1u << 13;
    private const uint InterruptRequest = 1u << 12;
    private const uint TypeShift = 8;
    private const uint TypeMask = 0x7;
    private const uint TypeNmi = 2;
    private const uint TypeException = 3;
    private const uint TypeSoftware = 4;
    private const uint Breakpoint = 3;
    private const uint Overflow = 4;

    /// <summary>Valid, error code, type and vector: the same bits on both sides.</summary>
    private const uint EventMask = 0x8000_0fff;

    /// <summary>V_IRQ with the highest priority, which no V_TPR holds back; its interception is always on.</summary>
    private const ulong Window = (1ul << 8) | (0xful << 16) | (1ul << 20);

    private const ulong TrapFlag = 1ul << 8;
    private const ulong SingleStep = 1ul << 14;

    public static void Save(VirtualCpu* guest, Utcb* utcb)
    {
        Vmcb* block = (Vmcb*)guest->Block;
        uint requests = ((block->VirtualInterrupt & Window) != 0 ? InterruptRequest : 0)
            | ((guest->Flags & VirtualCpuFlags.NmiWindow) != 0 ? NmiRequest : 0);
        utcb->InterruptionInfo = ((uint)block->Injection & EventMask) | requests;
        utcb->InterruptionError = (uint)(block->Injection >> 32);
        utcb->VectoringInfo = (uint)block->Interrupted & EventMask;
        utcb->VectoringError = (uint)(block->Interrupted >> 32);
    }

    public static void Load(ExecutionContext* ec, Utcb* utcb, Abi.Mtd mtd)
    {
        VirtualCpu* guest = ec->Virtual;
        Vmcb* block = (Vmcb*)guest->Block;
        uint info = utcb->InterruptionInfo;
        block->VirtualInterrupt = (block->VirtualInterrupt & ~Window) | ((info & InterruptRequest) != 0 ? Window : 0);
        block->Clean = 0;
        guest->Flags &= ~(VirtualCpuFlags.NmiWindow | VirtualCpuFlags.SoftwareInjected);
        if ((info & NmiRequest) != 0)
        {
            guest->Flags |= VirtualCpuFlags.NmiWindow;
            Cpu.This->Guests.Ready = null;
        }

        block->Injection = 0;
        if ((info & Valid) == 0)
            return;

        // VMX has two more types for what SVM calls exceptions: INT1 (5), INT3 and INTO (6).
        uint type = (info >> (int)TypeShift) & TypeMask;
        bool software = type is >= TypeSoftware and <= 6;
        if (type is 5 or 6)
            info = (info & ~(TypeMask << (int)TypeShift)) | (TypeException << (int)TypeShift);

        if (type == TypeNmi)
            SetNmiBlocked(guest, true);

        if (software)
        {
            // As on VMX the length is added: the handler is to return behind the instruction. From RIP, or from NextRip where there is one.
            if ((mtd & Abi.Mtd.RIP) != 0)
                block->Rip += utcb->InstructionLength & 0xf;

            SetReturn(block);
            guest->Flags |= VirtualCpuFlags.SoftwareInjected;
        }

        block->Injection = (info & EventMask) | ((ulong)utcb->InterruptionError << 32);
    }

    /// <summary>
    /// After every exit: what could not be delivered is injected again, unless the handler decides otherwise. Not so a software interrupt
    /// or breakpoint of the guest itself, whose instruction is going to be repeated.
    /// </summary>
    public static void Repeat(VirtualCpu* guest)
    {
        Vmcb* block = (Vmcb*)guest->Block;
        uint info = (uint)block->Interrupted;
        uint vector = info & 0xff;
        uint type = (info >> (int)TypeShift) & TypeMask;
        bool software = type == TypeSoftware || (type == TypeException && vector is Breakpoint or Overflow);
        if (software && (guest->Flags & VirtualCpuFlags.SoftwareInjected) == 0)
            return;

        block->Injection = block->Interrupted;
        SetReturn(block);
    }

    /// <summary>Where a software interrupt returns to: the CPU takes it from here, if it has the field.</summary>
    private static void SetReturn(Vmcb* block) => block->NextRip = Svm.HasNextRip ? block->Rip : 0;

    public static void SetNmiBlocked(VirtualCpu* guest, bool blocked)
    {
        Vmcb* block = (Vmcb*)guest->Block;
        guest->Flags &= ~VirtualCpuFlags.NmiBlocked;
        block->Intercepts1 = (block->Intercepts1 & ~SvmIntercept1.Iret) | guest->WantsIret;
        if (blocked)
        {
            guest->Flags |= VirtualCpuFlags.NmiBlocked;
            block->Intercepts1 |= SvmIntercept1.Iret;
        }

        block->Clean = 0;
    }

    /// <summary>Whether the monitor is to be told now that an NMI can be delivered. Told once.</summary>
    public static bool TryOpenNmiWindow(VirtualCpu* guest)
    {
        Vmcb* block = (Vmcb*)guest->Block;
        if ((guest->Flags & (VirtualCpuFlags.NmiWindow | VirtualCpuFlags.NmiBlocked)) != VirtualCpuFlags.NmiWindow
            || (block->InterruptShadow & 1) != 0 || ((uint)block->Injection & Valid) != 0)
        {
            return false;
        }

        guest->Flags &= ~VirtualCpuFlags.NmiWindow;
        return true;
    }

    /// <summary>
    /// After an exit of a guest with NMIs blocked or awaited. True if the exit was the IRET that ends an NMI's handler or the step over it,
    /// and nobody else's business.
    /// </summary>
    public static bool TryHandle(Cpu* cpu, VirtualCpu* guest)
    {
        Vmcb* block = (Vmcb*)guest->Block;
        ulong code = block->ExitCode;
        if ((guest->Flags & VirtualCpuFlags.NmiWindow) != 0)
            cpu->Guests.Ready = null;

        if ((guest->Flags & VirtualCpuFlags.NmiStep) != 0)
        {
            guest->Flags &= ~VirtualCpuFlags.NmiStep;
            if (code == SvmExit.DebugException)
            {
                block->Dr6 &= ~SingleStep;
                SetNmiBlocked(guest, false);
                return true;
            }

            // Something came before the IRET was done: it will exit again.
            block->Rflags &= ~TrapFlag;
            SetNmiBlocked(guest, true);
            return false;
        }

        if (code != SvmExit.Iret || (guest->Flags & VirtualCpuFlags.NmiBlocked) == 0 || guest->WantsIret != 0)
            return false;

        block->Intercepts1 &= ~SvmIntercept1.Iret;
        block->Rflags |= TrapFlag;
        block->Clean = 0;
        guest->Flags |= VirtualCpuFlags.NmiStep;
        return true;
    }
}
