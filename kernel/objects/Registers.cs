namespace Kilonova.Kernel;

/// <summary>
/// Registers as the entry code leaves them: general registers, then vector and error code, then what the CPU pushes. Those of an interrupted
/// user stand in its context, those of an interrupted kernel on the stack.
/// </summary>
/// <remarks>
/// A hypercall saves what the C calling convention lets a callee destroy; the others stay in their registers and reach the frame when
/// the CPU turns to another context (see entry.S). So while a context is current, RBX, RBP and R12-R15 of its frame are stale in
/// hypercalls and current in exceptions and interrupts.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 0xb8)]
public struct Registers
{
    [FieldOffset(0x00)] public ulong Rax;
    [FieldOffset(0x08)] public ulong Rcx;
    [FieldOffset(0x10)] public ulong Rdx;
    [FieldOffset(0x18)] public ulong Rbx;

    /// <summary>CR2; in a context the address of its last page fault. It stands where the UTCB has RSP.</summary>
    [FieldOffset(0x20)] public ulong Cr2;
    [FieldOffset(0x28)] public ulong Rbp;
    [FieldOffset(0x30)] public ulong Rsi;
    [FieldOffset(0x38)] public ulong Rdi;
    [FieldOffset(0x40)] public ulong R8;
    [FieldOffset(0x48)] public ulong R9;
    [FieldOffset(0x50)] public ulong R10;
    [FieldOffset(0x58)] public ulong R11;
    [FieldOffset(0x60)] public ulong R12;
    [FieldOffset(0x68)] public ulong R13;
    [FieldOffset(0x70)] public ulong R14;
    [FieldOffset(0x78)] public ulong R15;
    [FieldOffset(0x80)] public ulong Vector;
    [FieldOffset(0x88)] public ulong ErrorCode;
    [FieldOffset(0x90)] public ulong Rip;
    [FieldOffset(0x98)] public ulong Cs;
    [FieldOffset(0xa0)] public ulong Rflags;
    [FieldOffset(0xa8)] public ulong Rsp;
    [FieldOffset(0xb0)] public ulong Ss;
}
