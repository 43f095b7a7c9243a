using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
#if FREESTANDING
using System.Diagnostics.CodeAnalysis;
using System.Runtime;
#endif

namespace Kilonova.Nova;

/// <summary>The registers of a hypercall that returns more than its status, in the order of syscall.S.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SyscallRegisters
{
    /// <summary>RDI: hypercall, flags and first selector; the status afterwards.</summary>
    public ulong Rdi;

    /// <summary>RSI.</summary>
    public ulong Rsi;

    /// <summary>RDX.</summary>
    public ulong Rdx;

    /// <summary>RAX.</summary>
    public ulong Rax;

    /// <summary>R8.</summary>
    public ulong R8;

    /// <summary>R9.</summary>
    public ulong R9;
}

/// <summary>
/// The syscall instruction, one method per register shape (syscall.S), NOVA interface specification of 24 January 2024, section 8.8.
/// On the host the instruction is <see cref="Kernel"/>, which a test provides.
/// </summary>
public static unsafe class Syscall
{
#if FREESTANDING
    /// <summary>RDI and RSI in, the status out.</summary>
    [RuntimeImport("*", "nova_syscall")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Invoke(ulong rdi, ulong rsi);

    /// <summary>RDI, RSI and RDX in, the status out.</summary>
    [RuntimeImport("*", "nova_syscall")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Invoke(ulong rdi, ulong rsi, ulong rdx);

    /// <summary>RDI, RSI, RDX, RAX and R8 in, the status out.</summary>
    [RuntimeImport("*", "nova_syscall")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Invoke(ulong rdi, ulong rsi, ulong rdx, ulong rax, ulong r8);

    /// <summary>RDI and RSI (the MTD) in; status in bits 7-0 of the result, the reply's MTD in bits 63-32.</summary>
    [RuntimeImport("*", "nova_ipc_call")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong IpcCall(ulong rdi, ulong mtd);

    /// <summary>RDI in; the status out, RSI stored.</summary>
    [RuntimeImport("*", "nova_syscall_rsi")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint InvokeRsi(ulong rdi, ulong* rsi);

    /// <summary>RDI, RSI and RDX in; the status out, RSI and RDX stored as two words.</summary>
    [RuntimeImport("*", "nova_syscall_rsi_rdx")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint InvokeRsiRdx(ulong rdi, ulong rsi, ulong rdx, ulong* results);

    /// <summary>All parameter registers in and out; the status.</summary>
    [RuntimeImport("*", "nova_syscall_block")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint Invoke(SyscallRegisters* registers);

    /// <summary>ipc_reply: replies and waits; the next message enters at its portal with the stack pointer given here.</summary>
    [RuntimeImport("*", "nova_ipc_reply")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    [DoesNotReturn]
    public static extern void IpcReply(uint mtd, ulong stack);

    /// <summary>The same with items and windows in the registers.</summary>
    [RuntimeImport("*", "nova_ipc_reply_block")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    [DoesNotReturn]
    public static extern void IpcReply(SyscallRegisters* registers, ulong stack);

    /// <summary>The system time counter, section 3.1.</summary>
    [RuntimeImport("*", "nova_time")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern ulong Time();
#else
    /// <summary>What stands for the kernel on the host: gets the registers of a hypercall and changes them to its results.</summary>
    public delegate void KernelEntry(ref SyscallRegisters registers);

    /// <summary>The kernel of the host's tests, one per thread.</summary>
    [System.ThreadStatic]
    public static KernelEntry? Kernel;

    /// <summary>RDI and RSI in, the status out.</summary>
    public static uint Invoke(ulong rdi, ulong rsi) => Invoke(rdi, rsi, 0, 0, 0);

    /// <summary>RDI, RSI and RDX in, the status out.</summary>
    public static uint Invoke(ulong rdi, ulong rsi, ulong rdx) => Invoke(rdi, rsi, rdx, 0, 0);

    /// <summary>RDI, RSI, RDX, RAX and R8 in, the status out.</summary>
    public static uint Invoke(ulong rdi, ulong rsi, ulong rdx, ulong rax, ulong r8)
    {
        var registers = new SyscallRegisters { Rdi = rdi, Rsi = rsi, Rdx = rdx, Rax = rax, R8 = r8 };
        return Invoke(&registers);
    }

    /// <summary>RDI and RSI (the MTD) in; status in bits 7-0 of the result, the reply's MTD in bits 63-32.</summary>
    public static ulong IpcCall(ulong rdi, ulong mtd)
    {
        var registers = new SyscallRegisters { Rdi = rdi, Rsi = mtd };
        var status = Invoke(&registers);
        return (registers.Rsi << 32) | status;
    }

    /// <summary>RDI in; the status out, RSI stored.</summary>
    public static uint InvokeRsi(ulong rdi, ulong* rsi)
    {
        var registers = new SyscallRegisters { Rdi = rdi };
        var status = Invoke(&registers);
        *rsi = registers.Rsi;
        return status;
    }

    /// <summary>RDI, RSI and RDX in; the status out, RSI and RDX stored as two words.</summary>
    public static uint InvokeRsiRdx(ulong rdi, ulong rsi, ulong rdx, ulong* results)
    {
        var registers = new SyscallRegisters { Rdi = rdi, Rsi = rsi, Rdx = rdx };
        var status = Invoke(&registers);
        results[0] = registers.Rsi;
        results[1] = registers.Rdx;
        return status;
    }

    /// <summary>All parameter registers in and out; the status.</summary>
    public static uint Invoke(SyscallRegisters* registers)
    {
        var kernel = Kernel ?? throw new System.InvalidOperationException("no kernel: set Syscall.Kernel");
        kernel(ref Unsafe.AsRef<SyscallRegisters>(registers));
        return (uint)(registers->Rdi & Abi.HypercallRegister.StatusMask);
    }

    /// <summary>The system time counter; on the host the clock in 100 ns.</summary>
    public static ulong Time() => (ulong)System.DateTime.UtcNow.Ticks;
#endif
}
