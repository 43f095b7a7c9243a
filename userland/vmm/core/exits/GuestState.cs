// Between the state that an exit transfers (NOVA interface specification, section 8.7.3) and the registers that the emulator works on.
using System;
using Kilonova.Abi;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Exits;

/// <summary>Copies registers both ways.</summary>
public static class GuestState
{
    /// <summary>What the emulator needs of a virtual CPU.</summary>
    public const Mtd Emulation = Mtd.GPR0_7 | Mtd.GPR8_15 | Mtd.RFLAGS | Mtd.RIP | Mtd.STA | Mtd.INJ | Mtd.CS_SS | Mtd.DS_ES | Mtd.FS_GS
        | Mtd.CR | Mtd.EFER;

    /// <summary>What the emulator may have changed.</summary>
    public const Mtd Emulated = Mtd.GPR0_7 | Mtd.GPR8_15 | Mtd.RFLAGS | Mtd.RIP | Mtd.STA;

    /// <summary>All that INIT, a start-up message or a loader sets.</summary>
    public const Mtd Everything = Emulation | Mtd.TR | Mtd.LDTR | Mtd.GDTR | Mtd.IDTR | Mtd.DR | Mtd.SYSCALL | Mtd.SYSENTER | Mtd.PAT
        | Mtd.KERNEL_GS | Mtd.TSC | Mtd.TLB;

    /// <summary>Interrupts are held off for one instruction after STI, or after a load of SS.</summary>
    public const uint Shadow = 3;

    /// <summary>The guest handles an NMI.</summary>
    public const uint NonMaskableBlocked = 1 << 3;

    private const ulong SvmEnable = 1 << 12;

    /// <summary>Takes what <see cref="Emulation"/> transferred.</summary>
    /// <param name="from">The exit's state.</param>
    /// <param name="to">The registers.</param>
    /// <param name="hasPdptes">Whether the exit brought the page-directory-pointer entries, too.</param>
    public static void Load(ref ArchitecturalState from, CpuState to, bool hasPdptes)
    {
        LoadGeneral(from, to.Gpr);
        to.Rip = from.RIP;
        to.Rflags = from.RFLAGS;
        to.InterruptShadow = (from.Interruptibility & Shadow) != 0;
        Load(from.ES, ref to.Segments[(int)SegmentRegister.Es]);
        Load(from.CS, ref to.Segments[(int)SegmentRegister.Cs]);
        Load(from.SS, ref to.Segments[(int)SegmentRegister.Ss]);
        Load(from.DS, ref to.Segments[(int)SegmentRegister.Ds]);
        Load(from.FS, ref to.Segments[(int)SegmentRegister.Fs]);
        Load(from.GS, ref to.Segments[(int)SegmentRegister.Gs]);
        to.Cr0 = from.CR0;
        to.Cr2 = from.CR2;
        to.Cr3 = from.CR3;
        to.Cr4 = from.CR4;
        to.Efer = from.IA32_EFER & ~SvmEnable;
        to.HasPdptes = hasPdptes;
        if (hasPdptes)
        {
            to.Pdptes[0] = from.PDPTE0;
            to.Pdptes[1] = from.PDPTE1;
            to.Pdptes[2] = from.PDPTE2;
            to.Pdptes[3] = from.PDPTE3;
        }
    }

    /// <summary>Gives back what <see cref="Emulated"/> names.</summary>
    public static void Store(CpuState from, ref ArchitecturalState to)
    {
        StoreGeneral(from.Gpr, ref to);
        to.RIP = from.Rip;
        to.RFLAGS = from.Rflags;
        StoreShadow(from, ref to);
    }

    /// <summary>
    /// Gives back <see cref="Everything"/>: registers from <paramref name="from"/>, and what that does not hold in its state after power-on.
    /// </summary>
    /// <param name="from">The registers.</param>
    /// <param name="to">Where to.</param>
    /// <param name="tableBase">Address of the descriptor table.</param>
    /// <param name="tableLimit">Limit of the descriptor table.</param>
    public static void StoreAll(CpuState from, ref ArchitecturalState to, ulong tableBase, uint tableLimit)
    {
        const ulong DebugControl = 0x400;
        const ulong PageAttributes = 0x0007_0406_0007_0406;
        Store(from, ref to);
        Store(from.Segments[(int)SegmentRegister.Es], ref to.ES);
        Store(from.Segments[(int)SegmentRegister.Cs], ref to.CS);
        Store(from.Segments[(int)SegmentRegister.Ss], ref to.SS);
        Store(from.Segments[(int)SegmentRegister.Ds], ref to.DS);
        Store(from.Segments[(int)SegmentRegister.Fs], ref to.FS);
        Store(from.Segments[(int)SegmentRegister.Gs], ref to.GS);
        Store(from.Segments[(int)SegmentRegister.Ldtr], ref to.LDTR);
        Store(from.Segments[(int)SegmentRegister.Tr], ref to.TR);
        Store(new Segment(0, tableBase, tableLimit, 0), ref to.GDTR);
        Store(new Segment(0, 0, 0xffff, 0), ref to.IDTR);
        to.CR0 = from.Cr0;
        to.CR2 = from.Cr2;
        to.CR3 = from.Cr3;
        to.CR4 = from.Cr4;
        to.CR8 = 0;
        to.IA32_EFER = from.Efer;
        to.DR7 = DebugControl;
        to.IA32_PAT = PageAttributes;
        to.IA32_STAR = to.IA32_LSTAR = to.IA32_FMASK = 0;
        to.IA32_SYSENTER_CS = to.IA32_SYSENTER_ESP = to.IA32_SYSENTER_EIP = 0;
        to.IA32_KERNEL_GS_BASE = 0;
        to.IA32_TSC_AUX = 0;
        to.Activity = 0;
        to.Interruptibility = 0;
    }

    /// <summary>A general register by the number that instructions and qualifications give it.</summary>
    /// <param name="state">The state that has it.</param>
    /// <param name="number">0 to 15.</param>
    public static ref ulong General(ref ArchitecturalState state, int number)
    {
        switch (number)
        {
            case 0: return ref state.RAX;
            case 1: return ref state.RCX;
            case 2: return ref state.RDX;
            case 3: return ref state.RBX;
            case 4: return ref state.RSP;
            case 5: return ref state.RBP;
            case 6: return ref state.RSI;
            case 7: return ref state.RDI;
            case 8: return ref state.R8;
            case 9: return ref state.R9;
            case 10: return ref state.R10;
            case 11: return ref state.R11;
            case 12: return ref state.R12;
            case 13: return ref state.R13;
            case 14: return ref state.R14;
            default: return ref state.R15;
        }
    }

    /// <summary>Gives back the page-directory-pointer entries.</summary>
    public static void StorePdptes(CpuState from, ref ArchitecturalState to)
    {
        to.PDPTE0 = from.Pdptes[0];
        to.PDPTE1 = from.Pdptes[1];
        to.PDPTE2 = from.Pdptes[2];
        to.PDPTE3 = from.Pdptes[3];
    }

    private static void StoreShadow(CpuState from, ref ArchitecturalState to)
    {
        if (!from.InterruptShadow)
            to.Interruptibility &= ~Shadow;
    }

    private static void Load(in SegmentState from, ref Segment to)
    {
        to.Selector = from.Selector;
        to.Rights = from.AccessRights;
        to.Limit = from.Limit;
        to.Base = from.Base;
    }

    private static void Store(in Segment from, ref SegmentState to)
    {
        to.Selector = from.Selector;
        to.AccessRights = from.Rights;
        to.Limit = from.Limit;
        to.Base = from.Base;
    }

    // Register numbers of instructions are the order here.
    private static void LoadGeneral(in ArchitecturalState from, ulong[] to)
    {
        to[0] = from.RAX;
        to[1] = from.RCX;
        to[2] = from.RDX;
        to[3] = from.RBX;
        to[4] = from.RSP;
        to[5] = from.RBP;
        to[6] = from.RSI;
        to[7] = from.RDI;
        to[8] = from.R8;
        to[9] = from.R9;
        to[10] = from.R10;
        to[11] = from.R11;
        to[12] = from.R12;
        to[13] = from.R13;
        to[14] = from.R14;
        to[15] = from.R15;
    }

    private static void StoreGeneral(ulong[] from, ref ArchitecturalState to)
    {
        to.RAX = from[0];
        to.RCX = from[1];
        to.RDX = from[2];
        to.RBX = from[3];
        to.RSP = from[4];
        to.RBP = from[5];
        to.RSI = from[6];
        to.RDI = from[7];
        to.R8 = from[8];
        to.R9 = from[9];
        to.R10 = from[10];
        to.R11 = from[11];
        to.R12 = from[12];
        to.R13 = from[13];
        to.R14 = from[14];
        to.R15 = from[15];
    }
}
