using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kilonova.KernelTests;

/// <summary>All general registers in their numbers' order, flags, and the address behind the instruction (probe.S).</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct RegisterSet
{
    /// <summary>RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15.</summary>
    public fixed ulong General[16];

    /// <summary>RFLAGS.</summary>
    public ulong Flags;

    /// <summary>Address behind the syscall instruction.</summary>
    public ulong NextInstruction;
}

/// <summary>Numbers of registers.</summary>
public static class Register
{
    /// <summary>R0.</summary>
    public const int Rax = 0;

    /// <summary>R1.</summary>
    public const int Rcx = 1;

    /// <summary>R2.</summary>
    public const int Rdx = 2;

    /// <summary>R4.</summary>
    public const int Rsp = 4;

    /// <summary>R6.</summary>
    public const int Rsi = 6;

    /// <summary>R7.</summary>
    public const int Rdi = 7;

    /// <summary>R8.</summary>
    public const int R8 = 8;

    /// <summary>R11.</summary>
    public const int R11 = 11;
}

/// <summary>Instructions that may fault (probe.S): each returns 0, or 1 when <see cref="Fault"/> ended it.</summary>
public static unsafe class Probe
{
    /// <summary>Where an ended function goes on.</summary>
    [RuntimeImport("*", "probe_recover_address")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong RecoverAddress();

    /// <summary>Loads DS, ES, FS and GS with one selector.</summary>
    [RuntimeImport("*", "probe_segments_load")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void LoadSegments(uint selector);

    /// <summary>What DS, ES, FS and GS hold, together.</summary>
    [RuntimeImport("*", "probe_segments_read")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint ReadSegments();

    /// <summary>Reads a byte.</summary>
    [RuntimeImport("*", "probe_load")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Load(ulong address, byte* value);

    /// <summary>Writes a byte.</summary>
    [RuntimeImport("*", "probe_store")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Store(ulong address, uint value);

    /// <summary>Reads a byte through the stack segment.</summary>
    [RuntimeImport("*", "probe_stack_load")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint StackLoad(ulong address);

    /// <summary>Calls code that returns 0.</summary>
    [RuntimeImport("*", "probe_execute")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Execute(ulong address);

    /// <summary>Three bytes of code that return 0.</summary>
    [RuntimeImport("*", "probe_code_address")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong CodeAddress();

    /// <summary>IN, one byte.</summary>
    [RuntimeImport("*", "probe_in8")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint In8(uint port);

    /// <summary>OUT, one byte.</summary>
    [RuntimeImport("*", "probe_out8")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Out8(uint port, uint value);

    /// <summary>IN, four bytes.</summary>
    [RuntimeImport("*", "probe_in32")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint In32(uint port);

    /// <summary>#DE.</summary>
    [RuntimeImport("*", "probe_divide")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Divide();

    /// <summary>#BP.</summary>
    [RuntimeImport("*", "probe_breakpoint")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Breakpoint();

    /// <summary>The address behind the breakpoint.</summary>
    [RuntimeImport("*", "probe_after_breakpoint_address")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong AfterBreakpoint();

    /// <summary>#UD.</summary>
    [RuntimeImport("*", "probe_undefined")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Undefined();

    /// <summary>#GP: HLT.</summary>
    [RuntimeImport("*", "probe_halt")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Halt();

    /// <summary>#GP: CLI.</summary>
    [RuntimeImport("*", "probe_cli")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Cli();

    /// <summary>#GP with an error code: INT 0x80.</summary>
    [RuntimeImport("*", "probe_int80")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Int80();

    /// <summary>#GP: RDMSR.</summary>
    [RuntimeImport("*", "probe_rdmsr")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint ReadMsr();

    /// <summary>#GP: CR3.</summary>
    [RuntimeImport("*", "probe_mov_cr3")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint ReadCr3();

    /// <summary>#GP with an error code: a segment that does not exist.</summary>
    [RuntimeImport("*", "probe_load_segment")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint LoadSegment();

    /// <summary>#DB: single step.</summary>
    [RuntimeImport("*", "probe_step")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Step();

    /// <summary>The address behind the instruction that is stepped.</summary>
    [RuntimeImport("*", "probe_after_step_address")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong AfterStep();

    /// <summary>Uses a vector register.</summary>
    [RuntimeImport("*", "fpu_probe_touch")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint TouchFpu();

    /// <summary>#MF.</summary>
    [RuntimeImport("*", "fpu_probe_x87")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint DivideX87();

    /// <summary>#XM.</summary>
    [RuntimeImport("*", "fpu_probe_simd")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint DivideSimd();

    /// <summary>Floating point as at start.</summary>
    [RuntimeImport("*", "fpu_probe_reset")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint ResetFpu();

    /// <summary>Fills some vector registers.</summary>
    [RuntimeImport("*", "fpu_write")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteFpu(ulong value);

    /// <summary>1 when they still hold what was written.</summary>
    [RuntimeImport("*", "fpu_holds")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint FpuHolds(ulong value);

    /// <summary>A hypercall with all registers.</summary>
    [RuntimeImport("*", "probe_syscall")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Syscall(RegisterSet* registers);

    /// <summary>An exception with all registers.</summary>
    [RuntimeImport("*", "probe_registers")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Registers(RegisterSet* registers);

    /// <summary>The address of its faulting instruction.</summary>
    [RuntimeImport("*", "probe_registers_fault_address")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong RegistersFault();
}
