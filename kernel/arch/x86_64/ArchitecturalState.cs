namespace Kilonova.Kernel;

/// <summary>
/// Transfer of a host context's registers to and from the architectural layout of a UTCB (specification, sections 8.7.3 and 8.7.4).
/// </summary>
public static unsafe class ArchitecturalState
{
    /// <summary>RFLAGS bits that a handler may change: status and control flags (CF, PF, AF, ZF, SF, DF, OF).</summary>
    private const ulong WritableFlags = 0xcd5;

    /// <summary>What <see cref="CopyGeneral"/> copies.</summary>
    public const Mtd General = Mtd.GPR0_7 | Mtd.GPR8_15 | Mtd.RFLAGS;

    /// <summary>First address that is not user space.</summary>
    private const ulong UserEnd = 1ul << 47;

    /// <summary>Makes the frame of a context that stopped in a hypercall read like that of an interrupted one.</summary>
    public static void Complete(ExecutionContext* ec)
    {
        if (ec->Continuation == ExecutionContext.ReturnFromHypercall)
        {
            ec->Registers.Rcx = ec->Registers.Rip;
            ec->Registers.R11 = HypercallRegister.Rflags;
            ec->Registers.Rflags = HypercallRegister.Rflags;
            ec->Continuation = ExecutionContext.ReturnFromInterrupt;
        }
    }

    /// <summary>Copies the state that <paramref name="mtd"/> selects into a UTCB, but for what <see cref="CopyGeneral"/> copies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Save(Registers* registers, ulong* utcb, Mtd mtd)
    {
        if ((mtd & Mtd.RIP) != 0)
            utcb[0x88 / 8] = registers->Rip;

        if ((mtd & Mtd.QUAL) != 0)
        {
            utcb[0xa0 / 8] = registers->ErrorCode;
            utcb[0xa8 / 8] = registers->Cr2;
        }
    }

    /// <summary>
    /// Copies such state from a UTCB. False if the context must die: POISON, or an instruction pointer outside user space, which would
    /// fault in the kernel on the way out.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Load(Registers* registers, ulong* utcb, Mtd mtd)
    {
        if ((mtd & Mtd.RIP) != 0)
        {
            ulong rip = utcb[0x88 / 8];
            if (rip >= UserEnd)
                return false;

            registers->Rip = rip;
        }

        return (mtd & Mtd.POISON) == 0;
    }

    /// <summary>Copies general registers and flags to or from a UTCB, as <paramref name="mtd"/> selects.</summary>
    public static void CopyGeneral(Registers* registers, ulong* utcb, Mtd mtd, bool save)
    {
        if ((mtd & Mtd.GPR0_7) != 0)
        {
            // In both in one order, but for RSP, where the frame has CR2.
            for (int i = 0; i < 8; i++)
                Move(i == 4 ? &registers->Rsp : &registers->Rax + i, utcb + i, save);
        }

        if ((mtd & Mtd.GPR8_15) != 0)
        {
            for (int i = 8; i < 16; i++)
                Move(&registers->Rax + i, utcb + i, save);
        }

        if ((mtd & Mtd.RFLAGS) != 0)
        {
            ulong flags = save ? registers->Rflags : (registers->Rflags & ~WritableFlags) | (utcb[0x80 / 8] & WritableFlags);
            *(save ? utcb + (0x80 / 8) : &registers->Rflags) = flags;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move(ulong* register, ulong* word, bool save) => *(save ? word : register) = *(save ? register : word);
}
