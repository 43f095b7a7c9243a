using System;
using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Utcb = Kilonova.Abi.ArchitecturalState;

namespace Kilonova.Kernel;

/// <summary>
/// Transfer of a guest context's state to and from the architectural layout of a UTCB (specification, sections 8.7.3 and 8.7.4;
/// docs/abi.md for what SVM makes of it).
/// </summary>
/// <remarks>
/// Whoever writes the UTCB is not trusted. What the CPU itself checks on VMRUN is left to it: a state that it refuses comes back as an
/// event. What it does not check, but the kernel depends on, is forced here: intercepts, EFER.SVME, canonical addresses, reserved bits.
/// </remarks>
public static unsafe class SvmState
{
    private const ulong EferSvme = 1ul << 12;
    private const ulong EferLme = 1ul << 8;
    private const ulong EferLma = 1ul << 10;
    private const ulong Cr0Paging = 1ul << 31;
    private const ulong PowerOnPat = 0x0007_0406_0007_0406;
    private const ulong Cr0TaskSwitched = 1ul << 3;

    /// <summary>RFLAGS: the bits that exist, and the one that is always set.</summary>
    private const ulong FlagsMask = 0x3f_7fd7;
    private const ulong FlagsFixed = 2;

    /// <summary>Attributes of a segment as both sides have them; only the UTCB has a bit for "unusable".</summary>
    private const ulong SegmentWord = 0xffff_ffff_0fff_fffful;
    private const ulong SegmentPresent = 1ul << 23;
    private const ulong SegmentUnusable = 1ul << 28;
    private const int SegmentLevelShift = 21;

    /// <summary>Activity state is always 0; interruptibility as VMX has it: bits 0 and 1 are the shadow, bit 3 is blocking by NMI.</summary>
    private const uint Shadow = 0x3;
    private const uint NmiBlocking = 0x8;

    private const Mtd Fields = Mtd.CS_SS | Mtd.DS_ES | Mtd.FS_GS | Mtd.TR | Mtd.LDTR | Mtd.GDTR | Mtd.IDTR | Mtd.CR | Mtd.DR | Mtd.SYSCALL
        | Mtd.SYSENTER | Mtd.PAT | Mtd.EFER | Mtd.KERNEL_GS;

    /// <summary>What a field needs on its way to the control block.</summary>
    private const byte Plain = 0;
    private const byte Canonical = 1;
    private const byte Segment = 2;

    /// <summary>
    /// State that is copied: position of its MTD bit, word in the UTCB, word in the VMCB, kind; segments are two words, with the base last.
    /// </summary>
    private static ReadOnlySpan<byte> Table =>
    [
        10, 0x20, 0x82, Segment, // CS
        10, 0x22, 0x84, Segment, // SS
        11, 0x24, 0x86, Segment, // DS
        11, 0x26, 0x80, Segment, // ES
        12, 0x28, 0x88, Segment, // FS
        12, 0x2a, 0x8a, Segment, // GS
        13, 0x2c, 0x92, Segment, // TR
        14, 0x2e, 0x8e, Segment, // LDTR
        15, 0x30, 0x8c, Segment, // GDTR
        16, 0x32, 0x90, Segment, // IDTR
        18, 0x38, 0xab, Plain, // CR0
        18, 0x39, 0xc8, Plain, // CR2
        18, 0x3a, 0xaa, Plain, // CR3
        18, 0x3b, 0xa9, Plain, // CR4
        19, 0x3d, 0xac, Plain, // DR7
        22, 0x46, 0xc0, Plain, // IA32_STAR
        22, 0x47, 0xc1, Canonical, // IA32_LSTAR
        22, 0x48, 0xc3, Plain, // IA32_FMASK
        23, 0x41, 0xc5, Plain, // IA32_SYSENTER_CS
        23, 0x42, 0xc6, Canonical, // IA32_SYSENTER_ESP
        23, 0x43, 0xc7, Canonical, // IA32_SYSENTER_EIP
        24, 0x44, 0xcd, Plain, // IA32_PAT
        25, 0x45, 0x9a, Plain, // IA32_EFER
        26, 0x49, 0xc4, Canonical, // IA32_KERNEL_GS_BASE
    ];

    /// <summary>State that most exits and replies bring.</summary>
    public const Mtd Quick = Mtd.GPR0_7 | Mtd.RIP | Mtd.QUAL;

    /// <summary>
    /// What exits bring that move over an instruction: what a single step and the shadow of STI make of it is for the monitor to say.
    /// </summary>
    public const Mtd Instruction = Quick | Mtd.RFLAGS | Mtd.STA;

    /// <summary>What says in which mode the guest executes. Written out, since an access to a device's memory needs it.</summary>
    private const Mtd Mode = Mtd.CS_SS | Mtd.DS_ES | Mtd.FS_GS | Mtd.CR | Mtd.EFER;

    public static void Save(ExecutionContext* ec, ulong* words, Mtd mtd)
    {
        SaveQuickly(ec, words, mtd);
        if ((mtd & ~Quick) != 0)
            SaveMore(ec, words, mtd);
    }

    /// <summary>Saves what of <see cref="Quick"/> is asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SaveQuickly(ExecutionContext* ec, ulong* words, Mtd mtd)
    {
        Vmcb* block = (Vmcb*)ec->Virtual->Block;
        if ((mtd & Mtd.GPR0_7) != 0)
        {
            GuestRegisters.SaveLow(&ec->Registers, words);
            words[4] = block->Rsp;
        }

        if ((mtd & Mtd.RIP) != 0)
        {
            Utcb* utcb = (Utcb*)words;
            utcb->RIP = block->Rip;
            *(ulong*)&utcb->InstructionLength = LengthOf(block);
        }

        if ((mtd & Mtd.QUAL) != 0)
        {
            Utcb* utcb = (Utcb*)words;
            utcb->Qualification1 = block->ExitInfo1;
            utcb->Qualification2 = block->ExitInfo2;
            utcb->Qualification3 = block->ExitCode == SvmExit.NestedPageFault ? block->ExitInfo2 : 0;
        }
    }

    /// <summary>Saves what of RFLAGS and STA is asked for.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void SaveFlags(ExecutionContext* ec, ulong* words, Mtd mtd)
    {
        VirtualCpu* guest = ec->Virtual;
        Vmcb* block = (Vmcb*)guest->Block;
        Utcb* utcb = (Utcb*)words;
        if ((mtd & Mtd.RFLAGS) != 0)
            utcb->RFLAGS = block->Rflags;

        if ((mtd & Mtd.STA) == 0)
            return;

        utcb->Interruptibility = (uint)(block->InterruptShadow & 1) | ((uint)(guest->Flags & VirtualCpuFlags.NmiBlocked) * NmiBlocking);
        utcb->Activity = 0;
    }

    public static void Load(ExecutionContext* ec, ulong* words, Mtd mtd)
    {
        _ = TryLoadQuickly(ec, words, mtd & Quick);
        LoadMore(ec, words, mtd);
    }

    /// <summary>Loads state if it is all within <see cref="Quick"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLoadQuickly(ExecutionContext* ec, ulong* words, Mtd mtd)
    {
        if ((mtd & ~Quick) != 0)
            return false;

        Vmcb* block = (Vmcb*)ec->Virtual->Block;
        if ((mtd & Mtd.GPR0_7) != 0)
        {
            GuestRegisters.LoadLow(&ec->Registers, words);
            block->Rsp = words[4];
        }

        if ((mtd & Mtd.RIP) != 0)
            block->Rip = ((Utcb*)words)->RIP;

        return true;
    }

    /// <summary>The state of a guest that has none yet: what VMRUN cannot do without, else zeros.</summary>
    public static void Reset(ExecutionContext* ec)
    {
        Vmcb* block = (Vmcb*)ec->Virtual->Block;
        Memory.Zero((byte*)block + Vmcb.SaveArea, Vmcb.SaveAreaSize);
        block->Efer = EferSvme;
        block->Dr6 = 0xffff_0ff0;
        block->Dr7 = 0x400;
        block->Rflags = FlagsFixed;
        block->Pat = PowerOnPat;
        RestrictFpu(ec);
    }

    /// <summary>Guests without FPU have CR0.TS set, whatever they or their monitors write.</summary>
    public static void RestrictFpu(ExecutionContext* ec)
    {
        if (ec->FpuState == null)
            ((Vmcb*)ec->Virtual->Block)->Cr0 |= Cr0TaskSwitched;
    }

    private static void SaveMore(ExecutionContext* ec, ulong* words, Mtd mtd)
    {
        VirtualCpu* guest = ec->Virtual;
        Vmcb* block = (Vmcb*)guest->Block;
        Utcb* utcb = (Utcb*)words;
        if ((mtd & Mtd.GPR8_15) != 0)
            GuestRegisters.SaveHigh(&ec->Registers, words);

        SaveFlags(ec, words, mtd);

        if ((mtd & Mtd.INJ) != 0)
            SvmInjection.Save(guest, utcb);

        if ((mtd & Mode) != 0)
            SaveMode(block, words, mtd);

        if ((mtd & Fields & ~Mode) != 0)
            SaveFields(block, words, (uint)(mtd & ~Mode));

        if ((mtd & Mtd.XSAVE) != 0)
        {
            utcb->XCR0 = guest->Xcr0;
            utcb->IA32_XSS = 0;
        }

        if ((mtd & Mtd.TSC) != 0)
            utcb->IA32_TSC_AUX = guest->TscAux;

        if ((mtd & Mtd.PDPTE) != 0)
        {
            utcb->PDPTE0 = 0;
            utcb->PDPTE1 = 0;
            utcb->PDPTE2 = 0;
            utcb->PDPTE3 = 0;
        }
    }

    private static void SaveMode(Vmcb* block, ulong* words, Mtd mtd)
    {
        Utcb* utcb = (Utcb*)words;
        ulong* from = (ulong*)block;
        if ((mtd & Mtd.CS_SS) != 0)
        {
            SaveSegment(words + 0x20, from + 0x82);
            SaveSegment(words + 0x22, from + 0x84);

            // The level is where the CPU keeps it, not what SS says.
            words[0x22] = (words[0x22] & ~(3ul << SegmentLevelShift)) | ((ulong)block->Cpl << SegmentLevelShift);
        }

        if ((mtd & Mtd.DS_ES) != 0)
        {
            SaveSegment(words + 0x24, from + 0x86);
            SaveSegment(words + 0x26, from + 0x80);
        }

        if ((mtd & Mtd.FS_GS) != 0)
        {
            SaveSegment(words + 0x28, from + 0x88);
            SaveSegment(words + 0x2a, from + 0x8a);
        }

        if ((mtd & Mtd.CR) != 0)
        {
            utcb->CR0 = block->Cr0;
            utcb->CR2 = from[0xc8];
            utcb->CR3 = from[0xaa];
            utcb->CR4 = block->Cr4;
            utcb->CR8 = block->VirtualInterrupt & 0xf;
        }

        if ((mtd & Mtd.EFER) != 0)
            utcb->IA32_EFER = block->Efer & ~EferSvme;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SaveSegment(ulong* to, ulong* from)
    {
        to[0] = (from[0] & SegmentWord) | ((from[0] & SegmentPresent) == 0 ? SegmentUnusable : 0);
        to[1] = from[1];
    }

    private static void SaveFields(Vmcb* block, ulong* words, uint mtd)
    {
        ReadOnlySpan<byte> table = Table;
        for (int i = 0; i < table.Length; i += 4)
        {
            if (((mtd >> table[i]) & 1) == 0)
                continue;

            ulong* from = (ulong*)block + table[i + 2];
            ulong* to = words + table[i + 1];
            if (table[i + 3] == Segment)
                SaveSegment(to, from);
            else
                *to = *from;
        }
    }

    private static void LoadMore(ExecutionContext* ec, ulong* words, Mtd mtd)
    {
        VirtualCpu* guest = ec->Virtual;
        Vmcb* block = (Vmcb*)guest->Block;
        Utcb* utcb = (Utcb*)words;
        if ((mtd & Mtd.GPR8_15) != 0)
            GuestRegisters.LoadHigh(&ec->Registers, words);

        if ((mtd & Mtd.RFLAGS) != 0)
            block->Rflags = (utcb->RFLAGS & FlagsMask) | FlagsFixed;

        if ((mtd & Mtd.STA) != 0)
        {
            block->InterruptShadow = (utcb->Interruptibility & Shadow) != 0 ? 1u : 0u;
            SvmInjection.SetNmiBlocked(guest, (utcb->Interruptibility & NmiBlocking) != 0);
        }

        if ((mtd & Mtd.INJ) != 0)
            SvmInjection.Load(ec, utcb, mtd);

        if ((mtd & (Fields | Mtd.CTRL | Mtd.XSAVE | Mtd.TSC | Mtd.TLB)) == 0)
            return;

        block->Clean = 0;
        if ((mtd & Fields) != 0)
            LoadFields(ec, words, (uint)mtd);

        if ((mtd & Mtd.CTRL) != 0)
            LoadControls(ec, utcb);

        // The rest is what the CPU must be made ready for.
        if ((mtd & (Mtd.XSAVE | Mtd.TSC | Mtd.TLB | Mtd.DR)) == 0)
            return;

        if ((mtd & Mtd.XSAVE) != 0)
            guest->Xcr0 = Fpu.Accept(utcb->XCR0);

        if ((mtd & Mtd.TSC) != 0)
            guest->TscAux = CpuFeatures.HasTscAux ? (uint)utcb->IA32_TSC_AUX : 0;

        if ((mtd & Mtd.TLB) != 0)
            guest->Generation = 0;

        Cpu.This->Guests.Ready = null;
    }

    private static void LoadFields(ExecutionContext* ec, ulong* words, uint mtd)
    {
        Vmcb* block = (Vmcb*)ec->Virtual->Block;
        ReadOnlySpan<byte> table = Table;
        for (int i = 0; i < table.Length; i += 4)
        {
            if (((mtd >> table[i]) & 1) == 0)
                continue;

            ulong* to = (ulong*)block + table[i + 2];
            ulong value = words[table[i + 1]];
            *to = table[i + 3] == Canonical ? MakeCanonical(value) : value;
            if (table[i + 3] == Segment)
            {
                *to = value & SegmentWord & ((value & SegmentUnusable) != 0 ? ~SegmentPresent : ulong.MaxValue);
                to[1] = MakeCanonical(words[table[i + 1] + 1]);
            }
        }

        if ((mtd & (uint)Mtd.CS_SS) != 0)
            block->Cpl = (byte)((words[0x22] >> SegmentLevelShift) & 3);

        if ((mtd & (uint)Mtd.CR) != 0)
        {
            block->VirtualInterrupt = (block->VirtualInterrupt & ~0xfful) | (((Utcb*)words)->CR8 & 0xf);
            RestrictFpu(ec);
        }

        ulong efer = block->Efer & ~EferLma;
        bool active = (efer & EferLme) != 0 && (block->Cr0 & Cr0Paging) != 0;
        block->Efer = efer | EferSvme | (active ? EferLma : 0);
    }

    private static void LoadControls(ExecutionContext* ec, Utcb* utcb)
    {
        VirtualCpu* guest = ec->Virtual;
        Vmcb* block = (Vmcb*)guest->Block;
        guest->Intercepts = utcb->Controls3;
        guest->WantsIret = utcb->Controls1 & SvmIntercept1.Iret;
        block->Intercepts1 = utcb->Controls1 | SvmIntercept1.Forced
            | ((guest->Flags & VirtualCpuFlags.NmiBlocked) != 0 ? SvmIntercept1.Iret : 0);
        block->Intercepts2 = utcb->Controls2 | SvmIntercept2.Forced;
        block->ExceptionIntercepts = utcb->ExceptionIntercepts | Svm.ForcedExceptions;
        block->RegisterIntercepts = utcb->Controls3 | Svm.Forced(ec);
    }

    /// <summary>Bytes of the instruction that has exited: where the CPU tells, and for port accesses on any; else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint LengthOf(Vmcb* block)
    {
        ulong next = block->NextRip;
        if (next == 0 && block->ExitCode == SvmExit.Ports)
            next = block->ExitInfo2;

        return next != 0 ? (uint)(next - block->Rip) & 0xf : 0;
    }

    private static ulong MakeCanonical(ulong address) => (ulong)((long)(address << 16) >> 16);
}
