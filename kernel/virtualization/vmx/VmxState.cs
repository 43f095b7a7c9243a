using System;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>
/// Transfer of a virtual CPU's state between its VMCS and the architectural layout of a UTCB (specification, sections 8.7.3 and 8.7.4).
/// The CPU checks most of what a monitor writes when it enters the guest; here is made harmless what it does not check, and what is the
/// host's.
/// </summary>
public static unsafe class VmxState
{
    private const Mtd Segments = Mtd.CS_SS | Mtd.DS_ES | Mtd.FS_GS | Mtd.TR | Mtd.LDTR | Mtd.GDTR | Mtd.IDTR;

    /// <summary>
    /// #MC is the host's. #DB and #AC can be raised by delivering them, so that no interrupt would ever end the guest's turn: they exit and
    /// are given back to the guest if the monitor did not ask for them.
    /// </summary>
    private const uint AlwaysIntercepted = (1u << (int)HostEvent.DB) | (1u << (int)HostEvent.AC) | (1u << (int)HostEvent.MC);

    /// <summary>What <see cref="Fields"/> tells how to transfer.</summary>
    private const Mtd Simple = Mtd.RFLAGS | Mtd.STA | Mtd.INJ | Mtd.PDPTE | Mtd.CR | Mtd.DR | Mtd.SYSENTER | Mtd.PAT | Mtd.EFER;

    private const Mtd Registers = Mtd.SYSCALL | Mtd.KERNEL_GS | Mtd.XSAVE | Mtd.TSC;

    /// <summary>Bits of CR0 that a guest sets as it likes: PE, MP, EM, TS, ET (fixed in the CPU), WP, AM, PG.</summary>
    private const ulong Cr0Free = 0x8005_001f;
    private const ulong Cr0Et = 1 << 4;
    private const ulong Cr0Ts = 1 << 3;
    private const ulong Cr0Ne = 1 << 5;

    /// <summary>
    /// Bits of CR4 that a guest sets as it likes: VME, PVI, TSD, DE, PSE, PAE, PGE, PCE, OSFXSR, OSXMMEXCPT, UMIP, FSGSBASE, PCIDE,
    /// OSXSAVE, SMEP, SMAP. Others would let it use state that is not switched.
    /// </summary>
    private const ulong Cr4Free = 0x37_0fbf;

    /// <summary>MCE: the host wants to hear of machine checks. VMXE: must be set in VMX operation.</summary>
    private const ulong Cr4Forced = 0x2040;

    private const ulong EferLma = 1 << 10;

    /// <summary>Interruptibility but for SMIs and enclaves.</summary>
    private const ulong InterruptibilityMask = 0xb;

    /// <summary>Blocking by STI and by MOV SS.</summary>
    private const ulong Shadow = 3;

    /// <summary>Bits that tell a valid external interrupt, type 0.</summary>
    private const ulong ExternalInterrupt = InterruptionInfo.Valid | (InterruptionInfo.TypeMask << InterruptionInfo.TypeShift);

    private const uint InjectionMask = InterruptionInfo.Valid | 0xfff;

    /// <summary>The task priority in the virtual APIC page, in words of 8 bytes.</summary>
    private const int TaskPriority = 0x80 / 8;

    /// <summary>Fields that are copied as they are: field, word of the UTCB in units of 4 bytes, number of the MTD bit.</summary>
    private static ReadOnlySpan<uint> Fields =>
    [
        Whole | (VmcsField.GuestRflags << 16) | (0x080 / 4 << 8) | 3,
        (VmcsField.Interruptibility << 16) | (0x098 / 4 << 8) | 5,
        (VmcsField.Activity << 16) | (0x09c / 4 << 8) | 5,
        (VmcsField.EntryInterruption << 16) | (0x0f0 / 4 << 8) | 9,
        (VmcsField.EntryInterruptionError << 16) | (0x0f4 / 4 << 8) | 9,
        (VmcsField.Vectoring << 16) | (0x0f8 / 4 << 8) | 9,
        (VmcsField.VectoringError << 16) | (0x0fc / 4 << 8) | 9,
        Whole | (VmcsField.GuestPdpte0 << 16) | (0x1a0 / 4 << 8) | 17,
        Whole | ((VmcsField.GuestPdpte0 + 2) << 16) | (0x1a8 / 4 << 8) | 17,
        Whole | ((VmcsField.GuestPdpte0 + 4) << 16) | (0x1b0 / 4 << 8) | 17,
        Whole | ((VmcsField.GuestPdpte0 + 6) << 16) | (0x1b8 / 4 << 8) | 17,
        Whole | (VmcsField.GuestCr3 << 16) | (0x1d0 / 4 << 8) | 18,
        Whole | (VmcsField.GuestDr7 << 16) | (0x1e8 / 4 << 8) | 19,
        Whole | (VmcsField.GuestSysenterCs << 16) | (0x208 / 4 << 8) | 23,
        Whole | (VmcsField.GuestSysenterEsp << 16) | (0x210 / 4 << 8) | 23,
        Whole | (VmcsField.GuestSysenterEip << 16) | (0x218 / 4 << 8) | 23,
        Whole | (VmcsField.GuestPat << 16) | (0x220 / 4 << 8) | 24,
        Whole | (VmcsField.GuestEfer << 16) | (0x228 / 4 << 8) | 25,
    ];

    /// <summary>The UTCB's word has 64 bits.</summary>
    private const uint Whole = 1u << 31;

    /// <summary>Copies the state that <paramref name="mtd"/> selects to a UTCB.</summary>
    public static void Save(ExecutionContext* ec, ulong* utcb, Mtd mtd)
    {
        VmxEntry.Select(Cpu.This, ec);
        if ((mtd & Mtd.GPR0_7) != 0)
        {
            GuestRegisters.SaveLow(&ec->Registers, utcb);
            utcb[0x20 / 8] = Vmx.Read(VmcsField.GuestRsp);
        }

        if ((mtd & Mtd.RIP) != 0)
            Vmx.SaveInstruction(utcb);

        if ((mtd & Mtd.QUAL) != 0)
            Vmx.SaveQualifications(utcb);

        if ((mtd & ~(Mtd.GPR0_7 | Mtd.RIP | Mtd.QUAL)) != 0)
            SaveMore(ec, utcb, mtd);
    }

    /// <summary>Copies the state that <paramref name="mtd"/> selects from a UTCB whose owner is not trusted.</summary>
    public static void Load(ExecutionContext* ec, ulong* utcb, Mtd mtd)
    {
        VmxEntry.Select(Cpu.This, ec);
        if ((mtd & Mtd.GPR0_7) != 0)
        {
            GuestRegisters.LoadLow(&ec->Registers, utcb);
            Vmx.Write(VmcsField.GuestRsp, utcb[0x20 / 8]);
        }

        if ((mtd & Mtd.RIP) != 0)
            Vmx.Write(VmcsField.GuestRip, utcb[0x88 / 8]);

        if ((mtd & ~(Mtd.GPR0_7 | Mtd.RIP | Mtd.QUAL)) != 0)
            LoadMore(ec, utcb, mtd);
    }

    /// <summary>Sets the fields that are a monitor's to what a zeroed UTCB says: nothing is left to chance.</summary>
    public static void Clear(ExecutionContext* ec, ulong* zeroes)
    {
        ec->Virtual->Vmx.Wishes = default;
        LoadMore(ec, zeroes, ~Mtd.SPACES);
    }

    private static void SaveMore(ExecutionContext* ec, ulong* utcb, Mtd mtd)
    {
        VirtualCpu* guest = ec->Virtual;
        if ((mtd & Mtd.GPR8_15) != 0)
            GuestRegisters.SaveHigh(&ec->Registers, utcb);

        if ((mtd & Simple) != 0)
            CopyFields(utcb, mtd, true);

        if ((mtd & Segments) != 0)
            CopySegments(utcb, mtd, true);

        if ((mtd & Mtd.INJ) != 0)
        {
            // What is about to be delivered; or the exception that has exited, which goes on to the guest if the monitor leaves it there.
            uint* injection = (uint*)(utcb + (0xf0 / 8));
            if (ec->Registers.Vector == VmxEvent.ExceptionOrNmi)
            {
                injection[0] = (uint)Vmx.Read(VmcsField.ExitInterruption);
                injection[1] = (uint)Vmx.Read(VmcsField.ExitInterruptionError);
            }

            injection[0] = ((injection[0] & InterruptionInfo.Valid) != 0 ? injection[0] & InjectionMask : 0)
                | (guest->Vmx.Windows & (InterruptionInfo.InterruptWindow | InterruptionInfo.NmiWindow));
        }

        if ((mtd & Mtd.CR) != 0)
        {
            utcb[0x1c0 / 8] = Blend(VmcsField.GuestCr0, VmcsField.Cr0Mask, VmcsField.Cr0Shadow);
            utcb[0x1c8 / 8] = ec->Registers.Cr2;
            utcb[0x1d8 / 8] = Blend(VmcsField.GuestCr4, VmcsField.Cr4Mask, VmcsField.Cr4Shadow);
            utcb[0x1e0 / 8] = (ec->Utcb[TaskPriority] >> 4) & 0xf;
        }

        if ((mtd & Registers) != 0)
            SaveRegisters(guest, utcb, mtd);
    }

    private static void LoadMore(ExecutionContext* ec, ulong* utcb, Mtd mtd)
    {
        VirtualCpu* guest = ec->Virtual;
        if ((mtd & Mtd.GPR8_15) != 0)
            GuestRegisters.LoadHigh(&ec->Registers, utcb);

        if ((mtd & Simple) != 0)
            CopyFields(utcb, mtd, false);

        if ((mtd & Segments) != 0)
            CopySegments(utcb, mtd, false);

        if ((mtd & Mtd.CTRL) != 0)
            LoadControls(ec, utcb);

        if ((mtd & Mtd.TPR) != 0)
            Vmx.Write(VmcsField.TprThreshold, *((uint*)utcb + (0xec / 4)) & 0xf);

        if ((mtd & Mtd.INJ) != 0)
        {
            // An interrupt that is injected is delivered, whatever the last instruction was; the CPU would refuse it behind STI and MOV SS.
            if ((utcb[0xf0 / 8] & ExternalInterrupt) == InterruptionInfo.Valid)
                Vmx.Write(VmcsField.Interruptibility, Vmx.Read(VmcsField.Interruptibility) & ~Shadow);

            // The length counts for the interrupts and exceptions of software.
            Vmx.Write(VmcsField.EntryInstructionLength, (uint)utcb[0x90 / 8]);
            guest->Vmx.Windows = (uint)utcb[0xf0 / 8];
            VmxEntry.UpdateControls(guest);
        }

        if ((mtd & Mtd.CR) != 0)
        {
            SetCr0(ec, utcb[0x1c0 / 8]);
            ec->Registers.Cr2 = utcb[0x1c8 / 8];
            SetCr4(utcb[0x1d8 / 8]);
            *(byte*)(ec->Utcb + TaskPriority) = (byte)(utcb[0x1e0 / 8] << 4);
        }

        if ((mtd & Mtd.EFER) != 0)
            Vmx.Write(VmcsField.EntryControls, Vmx.Controls.EntryWord((utcb[0x228 / 8] & EferLma) != 0));

        if ((mtd & Registers) != 0)
            LoadRegisters(guest, utcb, mtd);

        if ((mtd & Mtd.DR) != 0)
            Cpu.This->Guests.Ready = null;

        if ((mtd & Mtd.TLB) != 0)
            Guests.Flush(Cpu.This, ec);
    }

    private static void CopyFields(ulong* utcb, Mtd mtd, bool save)
    {
        ReadOnlySpan<uint> fields = Fields;
        for (int i = 0; i < fields.Length; i++)
        {
            uint entry = fields[i];
            if (((uint)mtd >> (int)(entry & 31) & 1) == 0)
                continue;

            uint field = (entry & ~Whole) >> 16;
            uint* word = (uint*)utcb + (entry >> 8 & 0xff);
            if (save)
            {
                ulong value = Vmx.Read(field);
                word[0] = (uint)value;
                if ((entry & Whole) != 0)
                    word[1] = (uint)(value >> 32);
            }
            else if (field is not (VmcsField.Vectoring or VmcsField.VectoringError))
            {
                Vmx.Write(field, Harmless(field, (entry & Whole) != 0 ? *(ulong*)word : *word));
            }
        }
    }

    /// <summary>What the CPU would take, although it harms the host.</summary>
    private static ulong Harmless(uint field, ulong value) => field switch
    {
        VmcsField.Interruptibility => value & InterruptibilityMask,

        // In the shutdown and wait-for-SIPI states interrupts do not end the guest's turn (section 27.7.2). Only HLT is left.
        VmcsField.Activity => value != 0 ? 1u : 0u,
        VmcsField.EntryInterruption => value & InjectionMask,
        _ => value,
    };

    private static void CopySegments(ulong* utcb, Mtd mtd, bool save)
    {
        // CS, SS, DS, ES, FS, GS, TR, LDTR, GDTR, IDTR: place in the UTCB. The VMCS counts ES, CS, SS, DS, FS, GS, LDTR, TR, GDTR, IDTR.
        const ulong Order = 0x98_6754_0321;
        const int DescriptorTables = 8;
        SegmentState* segment = (SegmentState*)(utcb + (0x100 / 8));
        for (int i = 0; i < 10; i++, segment++)
        {
            if (((uint)mtd >> (i < 6 ? 10 + (i / 2) : i + 7) & 1) == 0)
                continue;

            uint field = 2 * ((uint)(Order >> (4 * i)) & 0xf);
            if (save)
            {
                if (i < DescriptorTables)
                {
                    uint rights = (uint)Vmx.Read(VmcsField.GuestAccessRights + field);
                    segment->Selector = (ushort)Vmx.Read(VmcsField.GuestEs + field);
                    segment->AccessRights = (ushort)((rights & 0xff) | (rights >> 4 & 0x1f00));
                }

                segment->Limit = (uint)Vmx.Read(VmcsField.GuestLimits + field);
                segment->Base = Vmx.Read(VmcsField.GuestBases + field);
            }
            else
            {
                if (i < DescriptorTables)
                {
                    uint rights = segment->AccessRights;
                    Vmx.Write(VmcsField.GuestAccessRights + field, (rights & 0xff) | (rights & 0x1f00) << 4);
                    Vmx.Write(VmcsField.GuestEs + field, segment->Selector);
                }

                Vmx.Write(VmcsField.GuestLimits + field, segment->Limit);
                Vmx.Write(VmcsField.GuestBases + field, segment->Base);
            }
        }
    }

    private static void LoadControls(ExecutionContext* ec, ulong* utcb)
    {
        VirtualCpu* guest = ec->Virtual;
        uint* words = (uint*)utcb;
        guest->Vmx.Wishes = utcb[0xc0 / 8];
        guest->Vmx.Exceptions = words[0xe0 / 4];
        VmxEntry.UpdateControls(guest);
        uint always = AlwaysIntercepted | (ec->FpuState == null ? 1u << (int)HostEvent.NM : 0);
        Vmx.Write(VmcsField.ExceptionBitmap, words[0xe0 / 4] | always);
        Vmx.Write(VmcsField.PageFaultErrorMask, words[0xe4 / 4]);
        Vmx.Write(VmcsField.PageFaultErrorMatch, words[0xe8 / 4]);

        // What the guest sees stays the same while the bits that it may not change become others.
        ulong cr0 = Blend(VmcsField.GuestCr0, VmcsField.Cr0Mask, VmcsField.Cr0Shadow);
        ulong cr4 = Blend(VmcsField.GuestCr4, VmcsField.Cr4Mask, VmcsField.Cr4Shadow);
        Vmx.Write(VmcsField.Cr0Mask, utcb[0xd0 / 8] | ~Cr0Free | (ec->FpuState == null ? Cr0Ts : 0));
        Vmx.Write(VmcsField.Cr4Mask, utcb[0xd8 / 8] | ~Cr4Free);
        SetCr0(ec, cr0);
        SetCr4(cr4);
    }

    /// <summary>A control register as the guest sees it.</summary>
    private static ulong Blend(uint register, uint mask, uint shadow)
    {
        ulong hidden = Vmx.Read(mask);
        return (Vmx.Read(register) & ~hidden) | (Vmx.Read(shadow) & hidden);
    }

    private static void SetCr0(ExecutionContext* ec, ulong value)
    {
        // Guests without FPU have CR0.TS set, whatever they or their monitors write.
        if (ec->FpuState == null)
            value |= Cr0Ts;

        Vmx.Write(VmcsField.Cr0Shadow, value);
        Vmx.Write(VmcsField.GuestCr0, (value & Cr0Free) | Cr0Ne | Cr0Et);
    }

    private static void SetCr4(ulong value)
    {
        Vmx.Write(VmcsField.Cr4Shadow, value);
        Vmx.Write(VmcsField.GuestCr4, ((value & Cr4Free) | Cr4Forced) & Vmx.Cr4May);
    }

    private static void SaveRegisters(VirtualCpu* guest, ulong* utcb, Mtd mtd)
    {
        if ((mtd & Mtd.XSAVE) != 0)
        {
            utcb[0x1f0 / 8] = guest->Xcr0;
            utcb[0x1f8 / 8] = 0;
        }

        if ((mtd & Mtd.SYSCALL) != 0)
        {
            utcb[0x230 / 8] = guest->Vmx.Star;
            utcb[0x238 / 8] = guest->Vmx.Lstar;
            utcb[0x240 / 8] = guest->Vmx.Fmask;
        }

        if ((mtd & Mtd.KERNEL_GS) != 0)
            utcb[0x248 / 8] = guest->Vmx.KernelGsBase;

        if ((mtd & Mtd.TSC) != 0)
            utcb[0x250 / 8] = guest->TscAux;
    }

    /// <summary>What the CPU would refuse is made acceptable: it would refuse it in the kernel.</summary>
    private static void LoadRegisters(VirtualCpu* guest, ulong* utcb, Mtd mtd)
    {
        if ((mtd & Mtd.SYSCALL) != 0)
        {
            guest->Vmx.Star = utcb[0x230 / 8];
            guest->Vmx.Lstar = Canonical(utcb[0x238 / 8]);
            guest->Vmx.Fmask = (uint)utcb[0x240 / 8];
        }

        if ((mtd & Mtd.KERNEL_GS) != 0)
            guest->Vmx.KernelGsBase = Canonical(utcb[0x248 / 8]);

        if ((mtd & Mtd.XSAVE) != 0)
            guest->Xcr0 = Fpu.Accept(utcb[0x1f0 / 8]);

        if ((mtd & Mtd.TSC) != 0)
            guest->TscAux = CpuFeatures.HasTscAux ? (uint)utcb[0x250 / 8] : 0;

        Cpu.This->Guests.Ready = null;
    }

    private static ulong Canonical(ulong address) => (ulong)((long)(address << 16) >> 16);
}
