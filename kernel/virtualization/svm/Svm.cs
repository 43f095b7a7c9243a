using System.Runtime;
using System.Runtime.CompilerServices;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>AMD's virtualization (APM volume 2, chapter 15) with nested paging: the way into a guest and out of it.</summary>
public static unsafe class Svm
{
    private const uint FeatureLeaf = 0x8000_000a;
    private const uint NestedPaging = 1u << 0;
    private const uint NextRipSave = 1u << 3;
    private const ulong VmCrDisabled = 1ul << 4;
    private const ulong EferSvme = 1ul << 12;
    private const ulong InterruptMasking = 1ul << 24;
    private const uint EventValid = 1u << 31;

    /// <summary>#DB and #AC, which a guest can raise without end in the CPU's microcode, and #MC, which is the machine's.</summary>
    public const uint ForcedExceptions = (1u << 1) | (1u << 17) | (1u << 18);

    /// <summary>Reads and writes of DR0 to DR3, while they are somebody else's.</summary>
    public const ulong DebugIntercepts = 0x000f_000ful << 32;

    /// <summary>CR0 writes, for guests without FPU: CR0.TS keeps them from it.</summary>
    public const ulong Cr0Writes = 1ul << 16;

    private static uint s_tags;

    /// <summary>Whether the CPU tells where the next instruction is.</summary>
    public static bool HasNextRip { get; private set; }

    /// <summary>Boot CPU: whether SVM and nested paging are there and firmware lets them be used.</summary>
    public static bool Detect()
    {
        if (!CpuFeatures.HasSvm || (Msr.Read(Msr.VM_CR) & VmCrDisabled) != 0)
            return false;

        Cpuid leaf;
        Cpuid.Read(FeatureLeaf, 0, &leaf);
        s_tags = leaf.Ebx;
        HasNextRip = (leaf.Edx & NextRipSave) != 0;
        return (leaf.Edx & NestedPaging) != 0 && s_tags > 1;
    }

    /// <summary>Every CPU: SVM on; what VMLOAD is to restore after a guest never changes, so it is saved once.</summary>
    public static void Enable(Cpu* cpu)
    {
        Msr.Write(Msr.IA32_EFER, Msr.Read(Msr.IA32_EFER) | EferSvme);
        Msr.Write(Msr.VM_HSAVE_PA, cpu->Guests.CpuBlock);
        SaveHost(cpu->Guests.HostBlock);
    }

    /// <summary>A control block with nothing but what the kernel wants; the state is for the handler of STARTUP to set.</summary>
    public static void Initialize(ExecutionContext* ec)
    {
        Vmcb* block = (Vmcb*)ec->Virtual->Block;
        block->RegisterIntercepts = Forced(ec);
        block->ExceptionIntercepts = ForcedExceptions;
        block->Intercepts1 = SvmIntercept1.Forced;
        block->Intercepts2 = SvmIntercept2.Forced;
        block->TscOffset = ec->Virtual->TscOffset;
        block->VirtualInterrupt = InterruptMasking;
        block->NestedControl = 1;
        SvmState.Reset(ec);
        block->Rsp = ec->Registers.Rsp;
    }

    /// <summary>Register intercepts that a context must have.</summary>
    public static ulong Forced(ExecutionContext* ec) =>
        ((ec->Virtual->Flags & VirtualCpuFlags.OwnsDebug) != 0 ? 0 : DebugIntercepts) | (ec->FpuState != null ? 0 : Cr0Writes);

    public static void Assign(ExecutionContext* ec)
    {
        VirtualCpu* guest = ec->Virtual;
        Vmcb* block = (Vmcb*)guest->Block;
        if (guest->Space != null)
            block->NestedRoot = HostSpace.RootOf(guest->Space);

        if (guest->Ports != null)
            block->PortBitmap = DirectMap.ToPhysical(guest->Ports->Bitmap);

        if (guest->Registers != null)
            block->MsrBitmap = DirectMap.ToPhysical(guest->Registers->Bitmap);

        block->Clean = 0;
    }

    /// <summary>A tag that is valid, and debug registers that are the guest's if it has breakpoints.</summary>
    public static bool TryPrepareEntry(Cpu* cpu, ExecutionContext* ec)
    {
        VirtualCpu* guest = ec->Virtual;
        Vmcb* block = (Vmcb*)guest->Block;
        if ((guest->Flags & VirtualCpuFlags.NmiWindow) != 0 && SvmInjection.TryOpenNmiWindow(guest))
        {
            Guests.Send(cpu, ec, SvmExit.Nmi);
            return false;
        }

        if (guest->Generation != cpu->Guests.Generation)
            TakeTag(&cpu->Guests, guest, block);

        if ((block->Dr7 & SvmDebug.AnyBreakpoint) != 0 && cpu->Guests.DebugOwner != ec)
            SvmDebug.Take(cpu, ec);

        return true;
    }

    public static void Forget(Cpu* cpu, ExecutionContext* ec)
    {
        if (cpu->Guests.DebugOwner == ec)
            cpu->Guests.DebugOwner = null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Enter(Cpu* cpu, ExecutionContext* ec)
    {
        VirtualCpu* guest = ec->Virtual;
        Vmcb* block = (Vmcb*)guest->Block;
        block->Rax = ec->Registers.Rax;
        Run(ec, guest->BlockPhysical, cpu->Guests.HostBlock);
    }

    /// <summary>svm.S has left the guest: its registers are in the context's frame, but for RAX.</summary>
    [RuntimeExport("svm_exit")]
    private static void Exit(Cpu* cpu, ExecutionContext* ec)
    {
        Vmcb* block = (Vmcb*)ec->Virtual->Block;
        ec->Registers.Rax = block->Rax;
        block->Clean = ulong.MaxValue;
        block->TlbControl = 0;
        ulong code = block->ExitCode;
        uint number = code == SvmExit.NestedPageFault ? SvmEvent.NestedPageFault : (uint)code;

        // From CPUID on, exits are events without further ado, but for those that begin at 0x400.
        if (((uint)block->Interrupted & EventValid) == 0 && (ec->Virtual->Flags & VirtualCpuFlags.Nmi) == 0
            && number - SvmEvent.Pushf <= SvmEvent.NestedPageFault - SvmEvent.Pushf)
        {
            ExecutionContext* callee = Guests.TryConnect(cpu, ec, number);
            if (callee != null)
            {
                if ((callee->Registers.Rsi & ~(ulong)SvmState.Instruction) == 0)
                    DeliverQuickly(cpu, ec, callee);
                else
                    Guests.Deliver(cpu, ec, callee);

                return;
            }
        }

        ExitSlowly(cpu, ec);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void DeliverQuickly(Cpu* cpu, ExecutionContext* ec, ExecutionContext* callee)
    {
        Mtd mtd = (Mtd)(uint)callee->Registers.Rsi;
        SvmState.SaveQuickly(ec, callee->Utcb, mtd);
        if ((mtd & ~SvmState.Quick) != 0)
            SvmState.SaveFlags(ec, callee->Utcb, mtd);

        Cpu.ResumeInline(cpu, callee);
    }

    /// <summary>Exits that need thought, and events that cannot be delivered at once.</summary>
    private static void ExitSlowly(Cpu* cpu, ExecutionContext* ec)
    {
        VirtualCpu* guest = ec->Virtual;
        Vmcb* block = (Vmcb*)guest->Block;
        ulong code = block->ExitCode;
        if (((uint)block->Interrupted & EventValid) != 0)
            SvmInjection.Repeat(guest);

        if ((guest->Flags & VirtualCpuFlags.Nmi) != 0 && SvmInjection.TryHandle(cpu, guest))
            return;

        if (code - SvmExit.Interrupt <= SvmExit.Init - SvmExit.Interrupt)
            Assembly.InterruptWindow();
        else if (code > SvmEvent.LastDirect)
            SendFar(cpu, ec, code);
        else if (code > SvmExit.MachineCheck || !TryHandle(cpu, ec, (uint)code))
            Guests.Send(cpu, ec, (uint)code);
    }

    /// <summary>The two codes with numbers of their own. There are no others.</summary>
    private static void SendFar(Cpu* cpu, ExecutionContext* ec, ulong code)
    {
        // QEMU says it in 32 bits, and after it has stored the host's state in the guest's place, and nothing in that of virtual interrupts:
        // without the masking, a guest's flag would decide whether interrupts reach the host.
        if (code == uint.MaxValue)
        {
            SvmState.Reset(ec);
            ec->Registers.Rax = 0;
            ((Vmcb*)ec->Virtual->Block)->VirtualInterrupt = InterruptMasking;
        }

        Guests.Send(cpu, ec, code == SvmExit.NestedPageFault ? SvmEvent.NestedPageFault : SvmEvent.Invalid);
    }

    /// <summary>Debug registers and #MC may be the kernel's business.</summary>
    private static bool TryHandle(Cpu* cpu, ExecutionContext* ec, uint code)
    {
        if (code == SvmExit.MachineCheck)
            Panic.Stop("machine check in a guest"u8);

        return code - SvmExit.DebugFirst <= SvmExit.DebugLast - SvmExit.DebugFirst && SvmDebug.TryHandle(cpu, ec, code);
    }

    /// <summary>
    /// The next tag of the CPU. When all have been given out, a new round begins: whatever was cached under any of them goes with the next
    /// entry, and everybody who comes again takes a new one.
    /// </summary>
    private static void TakeTag(GuestCpu* cpu, VirtualCpu* guest, Vmcb* block)
    {
        const uint FlushAll = 1;
        if (cpu->NextTag == s_tags)
        {
            cpu->NextTag = 1;
            cpu->Generation++;
            block->TlbControl = FlushAll;
        }

        guest->Generation = cpu->Generation;
        guest->Tag = (uint)cpu->NextTag++;
        block->Asid = guest->Tag;
        block->Clean = 0;
    }

    /// <summary>
    /// Loads the guest's registers and runs it. RAX lies in its block. Comes back in <see cref="Exit"/>.
    /// </summary>
    [RuntimeImport("*", "svm_enter"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Run(ExecutionContext* ec, ulong block, ulong hostBlock);

    [RuntimeImport("*", "svm_save_host"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void SaveHost(ulong hostBlock);
}
