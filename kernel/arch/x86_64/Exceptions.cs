using System;

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
    public static void HandleKernel(TrapFrame* frame)
    {
        switch (frame->Vector)
        {
            case Nmi:
                if (Arch.IsStopping)
                {
                    Arch.Halt();
                }

                if (!Smp.IsWakeUp(Cpu.This))
                {
                    Cpu.This->Arch.UnknownNmis++;
                }

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
    private static void HandleDebug(TrapFrame* frame)
    {
        ulong cause = Cr.ExchangeDr6(Dr6Initial);
        Cr.WriteDr7(Dr7Initial);
        if (Cpu.This->Arch.DebugExceptions++ == 0)
        {
            Log.Begin(LogLevel.Warning);
            Log.Write("debug exception in the kernel at "u8);
            Log.Hex(frame->Rip);
            Log.Write(", DR6 "u8);
            Log.Hex(cause);
            Log.End();
        }
    }

    private static void Report(TrapFrame* frame)
    {
        Panic.Begin(Name((uint)frame->Vector));
        if (frame->Vector == MachineCheck)
        {
            MachineChecks.Print();
        }
        else if (frame->Vector is DoubleFault or PageFault && IsGuardPage(frame->Cr2))
        {
            Log.Error("the kernel stack has overflowed"u8);
        }

        PrintRegisters(frame);
        if ((frame->Cs & 3) == 0)
        {
            StackTrace.Print(frame->Rip, frame->Rsp, frame->Rbp);
        }

        Panic.Finish();
    }

    private static void PrintRegisters(TrapFrame* frame)
    {
        Log.Begin(LogLevel.Error);
        Field("RIP "u8, frame->Rip);
        Field("CS  "u8, frame->Cs);
        Field("RFLAGS "u8, frame->Rflags);
        Field("error "u8, frame->ErrorCode);
        NextLine();
        Field("RSP "u8, frame->Rsp);
        Field("SS  "u8, frame->Ss);
        Field("CR2    "u8, frame->Cr2);
        Field("CR3   "u8, Cr.ReadCr3());
        NextLine();
        Field("RAX "u8, frame->Rax);
        Field("RBX "u8, frame->Rbx);
        Field("RCX    "u8, frame->Rcx);
        Field("RDX   "u8, frame->Rdx);
        NextLine();
        Field("RSI "u8, frame->Rsi);
        Field("RDI "u8, frame->Rdi);
        Field("RBP    "u8, frame->Rbp);
        Field("R8    "u8, frame->R8);
        NextLine();
        Field("R9  "u8, frame->R9);
        Field("R10 "u8, frame->R10);
        Field("R11    "u8, frame->R11);
        Field("R12   "u8, frame->R12);
        NextLine();
        Field("R13 "u8, frame->R13);
        Field("R14 "u8, frame->R14);
        Field("R15    "u8, frame->R15);
        Field("CR4   "u8, Cr.ReadCr4());
        Log.End();
    }

    private static void NextLine()
    {
        Log.End();
        Log.Begin(LogLevel.Error);
    }

    private static void Field(ReadOnlySpan<byte> name, ulong value)
    {
        Log.Write("  "u8);
        Log.Write(name);
        Log.Hex16(value);
    }

    /// <summary>Returns CR3 as it was.</summary>
    private static ulong EnterKernelSpace()
    {
        ulong space = Cr.ReadCr3();
        if (KernelSpace.Root != 0)
        {
            Cr.WriteCr3(KernelSpace.Root | (CpuFeatures.HasPcid ? Tlb.KeepTranslations : 0));
        }

        return space;
    }

    private static void LeaveKernelSpace(ulong space)
    {
        if (KernelSpace.Root != 0)
        {
            Cr.WriteCr3(space | (CpuFeatures.HasPcid ? Tlb.KeepTranslations : 0));
        }
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

    private static ReadOnlySpan<byte> Name(uint vector) => vector switch
    {
        0 => "divide error (#DE)"u8,
        3 => "breakpoint (#BP)"u8,
        4 => "overflow (#OF)"u8,
        5 => "bound range exceeded (#BR)"u8,
        6 => "invalid opcode (#UD)"u8,
        7 => "device not available (#NM)"u8,
        8 => "double fault (#DF)"u8,
        10 => "invalid TSS (#TS)"u8,
        11 => "segment not present (#NP)"u8,
        12 => "stack fault (#SS)"u8,
        13 => "general protection (#GP)"u8,
        14 => "page fault (#PF)"u8,
        16 => "x87 error (#MF)"u8,
        17 => "alignment check (#AC)"u8,
        18 => "machine check (#MC)"u8,
        19 => "SIMD error (#XM)"u8,
        20 => "virtualization exception (#VE)"u8,
        21 => "control protection (#CP)"u8,
        28 => "hypervisor injection (#HV)"u8,
        29 => "VMM communication (#VC)"u8,
        30 => "security exception (#SX)"u8,
        _ => "unexpected exception"u8,
    };
}
