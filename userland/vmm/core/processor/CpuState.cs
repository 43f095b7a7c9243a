// The registers of a virtual CPU as far as emulation needs them.
using Kilonova.Abi;

namespace Kilonova.Vmm.Processor;

/// <summary>
/// Registers of one virtual CPU, filled from an exit and written back after it. Used on that CPU's exit path only, so without locks.
/// </summary>
public sealed class CpuState
{
    /// <summary>General registers in encoding order: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15.</summary>
    public readonly ulong[] Gpr = new ulong[16];

    /// <summary>Segment registers by <see cref="SegmentRegister"/>.</summary>
    public readonly Segment[] Segments = new Segment[8];

    /// <summary>Page-directory-pointer entries for PAE paging; valid if <see cref="HasPdptes"/>.</summary>
    public readonly ulong[] Pdptes = new ulong[4];

    /// <summary>XMM0 to XMM15, low quadword first.</summary>
    public readonly ulong[] Xmm = new ulong[32];

    /// <summary>Instruction pointer.</summary>
    public ulong Rip;

    /// <summary>RFLAGS.</summary>
    public ulong Rflags = Processor.Rflags.Fixed;

    /// <summary>CR0.</summary>
    public ulong Cr0;

    /// <summary>CR2, the address of the last page fault.</summary>
    public ulong Cr2;

    /// <summary>CR3.</summary>
    public ulong Cr3;

    /// <summary>CR4.</summary>
    public ulong Cr4;

    /// <summary>EFER.</summary>
    public ulong Efer;

    /// <summary>DR6; the emulator reports single steps there.</summary>
    public ulong Dr6;

    /// <summary>Whether <see cref="Pdptes"/> come from the processor (VMX). If not, PAE walks load them from memory (SVM).</summary>
    public bool HasPdptes;

    /// <summary>Interrupts are held off for one instruction after STI or a load of SS.</summary>
    public bool InterruptShadow;

    /// <summary>Current privilege level.</summary>
    public int Cpl
    {
        get
        {
            if ((Cr0 & Processor.Cr0.ProtectionEnable) == 0)
                return 0;
            return IsVirtual8086 ? 3 : Segments[(int)SegmentRegister.Ss].Dpl;
        }
    }

    /// <summary>Long mode is active (64-bit or compatibility mode).</summary>
    public bool IsLongModeActive => (Efer & Processor.Efer.LongModeActive) != 0;

    /// <summary>Virtual-8086 mode.</summary>
    public bool IsVirtual8086 => (Rflags & Processor.Rflags.Virtual8086) != 0 && !IsLongModeActive;

    /// <summary>Segments are bases and limits only: real mode or virtual-8086 mode.</summary>
    public bool IsRealOrVirtual8086 => (Cr0 & Processor.Cr0.ProtectionEnable) == 0 || IsVirtual8086;

    /// <summary>64-bit mode.</summary>
    public bool Is64Bit => IsLongModeActive && Segments[(int)SegmentRegister.Cs].IsLong;

    /// <summary>Default operand and address size of code: 16, 32 or 64.</summary>
    public int Bitness
    {
        get
        {
            if (Is64Bit)
                return 64;
            return Segments[(int)SegmentRegister.Cs].IsBig && !IsVirtual8086 ? 32 : 16;
        }
    }

    /// <summary>Brings the registers to their state after RESET or INIT (Intel SDM volume 3, section 10.1).</summary>
    public void Reset()
    {
        const uint Data = SegmentAccessRights.Present | SegmentAccessRights.CodeOrData | 3;
        const uint Code = SegmentAccessRights.Present | SegmentAccessRights.CodeOrData | 0xb;
        const uint LocalDescriptorTable = SegmentAccessRights.Present | 2;
        const uint BusyTask = SegmentAccessRights.Present | 0xb;
        const uint FamilyModelStepping = 0x600;

        for (int i = 0; i < Gpr.Length; i++)
            Gpr[i] = 0;
        Gpr[2] = FamilyModelStepping;
        for (int i = 0; i <= (int)SegmentRegister.Gs; i++)
            Segments[i] = new Segment(0, 0, 0xffff, Data);
        Segments[(int)SegmentRegister.Cs] = new Segment(0xf000, 0xffff_0000, 0xffff, Code);
        Segments[(int)SegmentRegister.Ldtr] = new Segment(0, 0, 0xffff, LocalDescriptorTable);
        Segments[(int)SegmentRegister.Tr] = new Segment(0, 0, 0xffff, BusyTask);
        Rip = 0xfff0;
        Rflags = Processor.Rflags.Fixed;
        Cr0 = Processor.Cr0.ExtensionType | Processor.Cr0.NotWriteThrough | Processor.Cr0.CacheDisable;
        Cr2 = 0;
        Cr3 = 0;
        Cr4 = 0;
        Efer = 0;
        Dr6 = 0xffff_0ff0;
        HasPdptes = false;
        InterruptShadow = false;
    }

    /// <summary>Sends the CPU to the page that a start-up interrupt names.</summary>
    public void StartUp(byte vector)
    {
        ref Segment cs = ref Segments[(int)SegmentRegister.Cs];
        cs.Selector = (ushort)(vector << 8);
        cs.Base = (ulong)vector << 12;
        Rip = 0;
    }
}
