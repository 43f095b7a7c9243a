using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Objects;

/// <summary>The calling convention that all hypercalls share, section 8.8.</summary>
internal static unsafe class HypercallTests
{
    private const int CarryFlag = 1 << 0;
    private const ulong DirectionFlag = 1 << 10;

    // RCX and R11 are not kept, RSP is the stack, and RDI has the status.
    private const uint KeptRegisters = 0xffff & ~((1u << Register.Rcx) | (1u << Register.R11) | (1u << Register.Rsp) | (1u << Register.Rdi));

    internal static void Run()
    {
        Suite.Run("The_reserved_hypercall_answers_BAD_HYP"u8, &ReservedHypercall);
        Suite.Run("Every_hypercall_keeps_the_registers_it_returns_nothing_in"u8, &RegistersAreKept);
        Suite.Run("RCX_holds_the_next_instruction_and_R11_the_flags"u8, &RcxAndR11);
        Suite.Run("Ctrl_sc_returns_its_result_in_RSI_alone"u8, &CtrlScReturnsRsi);
        Suite.Run("The_direction_flag_does_no_harm"u8, &DirectionFlagIsHarmless);
    }

    private static void ReservedHypercall()
    {
        Check.Is((Status)Syscall.Invoke(0xf, 0), Status.BAD_HYP, "0xf"u8);
    }

    private static ulong Pattern(int register, ulong seed) => 0x0101_0101_0101_0101ul * (ulong)(register + 1) + seed;

    private static void Fill(RegisterSet* registers, ulong seed)
    {
        for (var i = 0; i < 16; i++)
            registers->General[i] = Pattern(i, seed);

        registers->Flags = 0x202;
    }

    // Makes one hypercall with patterns in all registers but those given, and looks what became of them.
    private static void CheckKept(Hypercall number, ulong selector, ulong rsi, Status expected, uint kept)
    {
        RegisterSet registers;
        Fill(&registers, (ulong)number);
        registers.General[Register.Rdi] = Hypercalls.Identifier(number, 0, selector);
        registers.General[Register.Rsi] = rsi;
        Probe.Syscall(&registers);
        Check.Equal(registers.General[Register.Rdi] & 0xff, (ulong)expected, "status"u8);
        for (var i = 0; i < 16; i++)
        {
            var before = i == Register.Rsi ? rsi : Pattern(i, (ulong)number);
            if ((kept & (1u << i)) != 0 && registers.General[i] != before)
            {
                Log.Write($"  hypercall {(uint)number:x}: register {i}");
                Check.Equal(registers.General[i], before, "kept register"u8);
            }
        }

        Check.Equal(registers.General[Register.Rcx], registers.NextInstruction, "RCX"u8);
        Check.Equal(registers.General[Register.R11], HypercallRegister.Rflags, "R11"u8);
    }

    // All fail for a capability, so that none changes anything; those that succeed are covered by their results below.
    private static void RegistersAreKept()
    {
        var empty = Lab.Selector();
        CheckKept(Hypercall.ipc_call, empty, 0, Status.BAD_CAP, KeptRegisters & ~(1u << Register.Rsi));
        CheckKept(Hypercall.create_pd, empty, empty, Status.BAD_CAP, KeptRegisters);
        CheckKept(Hypercall.create_ec, empty, empty, Status.BAD_CAP, KeptRegisters);
        CheckKept(Hypercall.create_sc, empty, empty, Status.BAD_CAP, KeptRegisters);
        CheckKept(Hypercall.create_pt, empty, empty, Status.BAD_CAP, KeptRegisters);
        CheckKept(Hypercall.create_sm, empty, empty, Status.BAD_CAP, KeptRegisters);
        CheckKept(Hypercall.ctrl_pd, empty, empty, Status.BAD_CAP, KeptRegisters);
        CheckKept(Hypercall.ctrl_ec, empty, 0x1234, Status.BAD_CAP, KeptRegisters);
        CheckKept(Hypercall.ctrl_sc, empty, 0x1234, Status.BAD_CAP, KeptRegisters & ~(1u << Register.Rsi));
        CheckKept(Hypercall.ctrl_pt, empty, 0x1234, Status.BAD_CAP, KeptRegisters);
        CheckKept(Hypercall.ctrl_sm, empty, 0x1234, Status.BAD_CAP, KeptRegisters);
        CheckKept(Hypercall.assign_int, empty, 0, Status.BAD_CAP, KeptRegisters & ~((1u << Register.Rsi) | (1u << Register.Rdx)));
        CheckKept(Hypercall.create_sm, Lab.Selector(), Lab.Domain.Selector, Status.SUCCESS, KeptRegisters);
        CheckKept(Hypercall.ctrl_sm, Lab.Semaphore(0).Selector, 0x1234, Status.SUCCESS, KeptRegisters);
        CheckKept(Hypercall.extension, 0, 0x1234, Status.BAD_HYP, KeptRegisters);
    }

    private static void RcxAndR11()
    {
        RegisterSet registers;
        Fill(&registers, 7);
        registers.Flags = 0x202 | CarryFlag;
        registers.General[Register.Rdi] = Hypercalls.Identifier(Hypercall.ctrl_sm, 0, Lab.Selector());
        Probe.Syscall(&registers);
        Check.Equal(registers.General[Register.Rcx], registers.NextInstruction, "RCX"u8);
        Check.Equal(registers.General[Register.R11], HypercallRegister.Rflags, "R11"u8);
        Check.Equal(registers.Flags & 0x202, 0x202, "interrupts are on afterwards"u8);
    }

    private static void CtrlScReturnsRsi()
    {
        RegisterSet registers;
        Fill(&registers, 9);
        registers.General[Register.Rdi] = Hypercalls.Identifier(Hypercall.ctrl_sc, 0, RootTask.Time.Selector);
        Probe.Syscall(&registers);
        Check.Equal(registers.General[Register.Rdi] & 0xff, (ulong)Status.SUCCESS, "status"u8);
        Check.Between(registers.General[Register.Rsi], 1, Platform.Time, "consumed time"u8);
        Check.Equal(registers.General[Register.Rdx], Pattern(Register.Rdx, 9), "RDX"u8);
    }

    private static void DirectionFlagIsHarmless()
    {
        RegisterSet registers;
        Fill(&registers, 11);
        registers.Flags = 0x202 | DirectionFlag;
        registers.General[Register.Rdi] = Hypercalls.Identifier(Hypercall.create_sm, 0, Lab.Selector());
        registers.General[Register.Rsi] = Lab.Domain.Selector;
        Probe.Syscall(&registers);
        Check.Equal(registers.General[Register.Rdi] & 0xff, (ulong)Status.SUCCESS, "create_sm"u8);
    }
}
