namespace Kilonova.Kernel;

/// <summary>
/// Exceptions of the kernel, and those that always run on a stack of their own (#DB, NMI, #DF, #MC), whoever was interrupted (SDM
/// volume 3, chapter 6). The latter may come at any instruction, so they find their CPU by their stack and use the kernel's own page
/// tables.
/// </summary>
public static unsafe class Exceptions
{
    private const ulong Debug = 1;
    private const ulong Nmi = 2;
    private const ulong DoubleFault = 8;
    private const ulong GeneralProtection = 13;
    private const ulong PageFault = 14;
    private const ulong MachineCheck = 18;

    private const ulong Dr6Initial = 0xffff_0ff0;
    private const ulong Dr7Initial = 0x400;

    /// <summary>Returns if the interrupted code is to go on.</summary>
    public static void HandleKernel(Registers* frame)
    {
        switch (frame->Vector)
        {
            case Nmi:
                if (Arch.IsStopping)
                    Arch.Halt();

                if (!Smp.IsWakeUp(Cpu.This))
                    Cpu.This->Arch.UnknownNmis++;

                return;

            case Debug:
                ulong space = EnterKernelSpace();
                HandleDebug(frame);
                LeaveKernelSpace(space);
                return;

            case GeneralProtection when IsMsrAccess(frame->Rip):
                frame->Rip = ImageLayout.Get()->MsrFailed;
                return;

            default:
                _ = EnterKernelSpace();
                Report(frame);
                return;
        }
    }

    /// <summary>
    /// User code cannot provoke one in the kernel, since breakpoint registers are the kernel's and SYSCALL clears TF; whatever the cause,
    /// it is over with this.
    /// </summary>
    private static void HandleDebug(Registers* frame)
    {
        ulong cause = Cr.ReadDr6();
        Cr.WriteDr6(Dr6Initial);
        Cr.WriteDr7(Dr7Initial);
        if (Cpu.This->Arch.DebugExceptions++ == 0)
            Log.Line(LogLevel.Warning, "debug exception in the kernel at $, DR6 $"u8, frame->Rip, cause);
    }

    private static void Report(Registers* frame)
    {
        Panic.Begin(Mnemonics.Slice(3 * (int)frame->Vector, 3));
        if (frame->Vector == MachineCheck)
            MachineChecks.Print();
        else if (frame->Vector is DoubleFault or PageFault && IsGuardPage(frame->Cr2))
            Log.Error("the kernel stack has overflowed"u8);

        PrintRegisters(frame);
        if ((frame->Cs & 3) == 0)
            StackTrace.Print(frame->Rip, frame->Rsp, frame->Rbp);

        Panic.Finish();
    }

    private static void PrintRegisters(Registers* frame)
    {
        const int Row = 24;
        ulong* registers = (ulong*)frame;
        for (int at = 0; at < RegisterRows.Length; at += Row, registers += 3)
            Log.Line(LogLevel.Error, RegisterRows.Slice(at, Row), registers[0], registers[1], registers[2]);

        Log.Line(LogLevel.Error, "  RSP @  SS  @  CR3    @"u8, frame->Rsp, frame->Ss, Cr.ReadCr3());
        Log.Line(LogLevel.Error, "  CR4 @"u8, Cr.ReadCr4());
    }

    /// <summary>All registers of a <see cref="Registers"/> but the last two, in its order.</summary>
    private static ReadOnlySpan<byte> RegisterRows =>
        "  RAX @  RCX @  RDX    @"u8
        + "  RBX @  CR2 @  RBP    @"u8
        + "  RSI @  RDI @  R8     @"u8
        + "  R9  @  R10 @  R11    @"u8
        + "  R12 @  R13 @  R14    @"u8
        + "  R15 @  #   @  error  @"u8
        + "  RIP @  CS  @  RFLAGS @"u8;

    /// <summary>Returns CR3 as it was.</summary>
    private static ulong EnterKernelSpace()
    {
        ulong space = Cr.ReadCr3();
        if (KernelSpace.Root != 0)
            Tlb.WriteCr3(KernelSpace.Root | (CpuFeatures.HasPcid ? Tlb.KeepTranslations : 0));

        return space;
    }

    private static void LeaveKernelSpace(ulong space)
    {
        if (KernelSpace.Root != 0)
            Tlb.WriteCr3(space | (CpuFeatures.HasPcid ? Tlb.KeepTranslations : 0));
    }

    private static bool IsMsrAccess(ulong rip)
    {
        ImageLayout* image = ImageLayout.Get();
        return rip >= image->MsrAccess && rip < image->MsrAccessEnd;
    }

    private static bool IsGuardPage(ulong address)
    {
        ulong page = (address - Cpu.AreaBase) % Cpu.AreaStride >> 12;
        bool inArea = address >= Cpu.AreaBase && address - Cpu.AreaBase < Cpu.Max * Cpu.AreaStride;
        return inArea && page < 16 && (KernelSpace.AreaPages >> (int)page & 1) == 0;
    }

    /// <summary>The mnemonics of vectors 0 to 31, three letters each (SDM volume 3, table 6-1).</summary>
    private static ReadOnlySpan<byte> Mnemonics =>
        "#DE#DBNMI#BP#OF#BR#UD#NM#DF-09#TS#NP#SS#GP#PF-15#MF#AC#MC#XM#VE#CP-22-23-24-25-26-27#HV#VC#SX-31"u8;
}
