using Kilonova.Abi;
using Kilonova.KernelTests;
using Kilonova.Nova;

namespace Kilonova.Fuzz;

/// <summary>
/// Has the kernel walk its own invariants. Only the checked kernel can; the shipped one answers as to any unknown operation, and then there
/// is nothing to see. All threads but the caller must be blocked without timeout.
/// </summary>
internal static unsafe class Walker
{
    private const uint Operation = 15;
    private const ulong Key = 0x4b4c_4157;
    private const int Tries = 20_000;

    /// <summary>Whether this kernel has a walker.</summary>
    internal static bool IsThere { get; private set; }

    /// <summary>The first walk: what the kernel itself refers to and has allocated is taken as given.</summary>
    internal static void Begin()
    {
        Status status = Try(0, out var wrong);
        IsThere = status != Status.BAD_HYP;
        Log(status, wrong);
    }

    /// <summary>Another walk; the kernel prints what is wrong.</summary>
    internal static void Walk()
    {
        if (!IsThere)
            return;

        Log(Try(1, out var wrong), wrong);
    }

    private static void Log(Status status, ulong wrong)
    {
        if (status == Status.BAD_HYP)
            return;

        Check.Succeeds(status, "the kernel came to rest"u8);
        Check.Equal(wrong, 0, "violated invariants"u8);
    }

    // As long as a CPU is busy, or memory waits for a grace period, the kernel says ABORTED.
    private static Status Try(ulong command, out ulong wrong)
    {
        SyscallRegisters registers;
        Status status;
        var tries = 0;
        do
        {
            if (tries != 0)
                Lab.Sleep(1);

            registers.Rdi = Hypercalls.Identifier(Hypercall.extension, Operation, 0);
            registers.Rsi = command;
            registers.Rdx = 0;
            registers.Rax = Key;
            registers.R8 = 0;
            registers.R9 = 0;
            status = (Status)Syscall.Invoke(&registers);
            wrong = registers.Rdx;
        }
        while (status == Status.ABORTED && ++tries < Tries);

        return status;
    }
}
