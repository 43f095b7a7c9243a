using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>
/// Transfer of a host context's registers to and from the architectural layout of a UTCB (specification, sections 8.7.3 and 8.7.4).
/// </summary>
public static unsafe class ArchitecturalState
{
    /// <summary>RFLAGS bits that a handler may change: status and control flags (CF, PF, AF, ZF, SF, DF, OF).</summary>
    private const ulong WritableFlags = 0xcd5;

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

    /// <summary>Copies the state that <paramref name="mtd"/> selects into a UTCB.</summary>
    public static void Save(Registers* registers, ulong* utcb, Mtd mtd)
    {
        if ((mtd & Mtd.GPR0_7) != 0)
        {
            utcb[0] = registers->Rax;
            utcb[1] = registers->Rcx;
            utcb[2] = registers->Rdx;
            utcb[3] = registers->Rbx;
            utcb[4] = registers->Rsp;
            utcb[5] = registers->Rbp;
            utcb[6] = registers->Rsi;
            utcb[7] = registers->Rdi;
        }

        if ((mtd & Mtd.GPR8_15) != 0)
        {
            utcb[8] = registers->R8;
            utcb[9] = registers->R9;
            utcb[10] = registers->R10;
            utcb[11] = registers->R11;
            utcb[12] = registers->R12;
            utcb[13] = registers->R13;
            utcb[14] = registers->R14;
            utcb[15] = registers->R15;
        }

        if ((mtd & Mtd.RFLAGS) != 0)
        {
            utcb[0x80 / 8] = registers->Rflags;
        }

        if ((mtd & Mtd.RIP) != 0)
        {
            utcb[0x88 / 8] = registers->Rip;
        }

        if ((mtd & Mtd.QUAL) != 0)
        {
            utcb[0xa0 / 8] = registers->ErrorCode;
            utcb[0xa8 / 8] = registers->Cr2;
        }
    }

    /// <summary>
    /// Copies the state that <paramref name="mtd"/> selects from a UTCB. False if the context must die: POISON, or an instruction
    /// pointer outside user space, which would fault in the kernel on the way out.
    /// </summary>
    public static bool Load(Registers* registers, ulong* utcb, Mtd mtd)
    {
        if ((mtd & Mtd.POISON) != 0)
        {
            return false;
        }

        if ((mtd & Mtd.GPR0_7) != 0)
        {
            registers->Rax = utcb[0];
            registers->Rcx = utcb[1];
            registers->Rdx = utcb[2];
            registers->Rbx = utcb[3];
            registers->Rsp = utcb[4];
            registers->Rbp = utcb[5];
            registers->Rsi = utcb[6];
            registers->Rdi = utcb[7];
        }

        if ((mtd & Mtd.GPR8_15) != 0)
        {
            registers->R8 = utcb[8];
            registers->R9 = utcb[9];
            registers->R10 = utcb[10];
            registers->R11 = utcb[11];
            registers->R12 = utcb[12];
            registers->R13 = utcb[13];
            registers->R14 = utcb[14];
            registers->R15 = utcb[15];
        }

        if ((mtd & Mtd.RFLAGS) != 0)
        {
            registers->Rflags = (registers->Rflags & ~WritableFlags) | (utcb[0x80 / 8] & WritableFlags);
        }

        if ((mtd & Mtd.RIP) != 0)
        {
            ulong rip = utcb[0x88 / 8];
            if (rip >= UserEnd)
            {
                return false;
            }

            registers->Rip = rip;
        }

        return true;
    }
}
