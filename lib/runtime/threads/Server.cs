using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Kilonova.Nova;
#if FREESTANDING
using System.Diagnostics.CodeAnalysis;
using System.Runtime;
#endif

namespace Kilonova.Runtime;

/// <summary>
/// The life of a local thread: each message enters the function of its portal, <c>static void F(ulong identifier, uint mtd)</c>, on an empty
/// stack; the function's last statement is <see cref="Reply"/>.
/// </summary>
public static unsafe class Server
{
    /// <summary>The running thread's message words.</summary>
    public static ulong* Utcb
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ThreadBlock.Current->Utcb;
    }

    /// <summary>The same for safe code.</summary>
    public static System.Span<ulong> Message
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(ThreadBlock.Current->Utcb, Abi.Utcb.Words);
    }

    /// <summary>The running thread's CPU.</summary>
    public static uint Cpu
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ThreadBlock.Current->Cpu;
    }

    /// <summary>
    /// The words of a call that the running thread begins, and counts. Nobody else writes its counters, so counting takes no lock.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static System.Span<ulong> BeginCall()
    {
        ThreadBlock* block = ThreadBlock.Current;
        block->Calls++;
        return new(block->Utcb, Abi.Utcb.Words);
    }

    /// <summary>Counts records that the running thread has published.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CountRecords(ulong records) => ThreadBlock.Current->Records += records;

    /// <summary>The running thread's UTCB as exceptions fill it.</summary>
    public static ArchitecturalState* State => (ArchitecturalState*)ThreadBlock.Current->Utcb;

    /// <summary>The address of a portal's function.</summary>
    public static ulong AddressOf(delegate*<ulong, uint, void> function) => (ulong)function;

#if FREESTANDING
    /// <summary>Sends so many words back to the caller and waits for the next message.</summary>
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reply(uint words) => Syscall.IpcReply(words - 1, ThreadBlock.EntryStack);

    /// <summary>The same, with typed items at the end of the UTCB.</summary>
    [DoesNotReturn]
    public static void Reply(MessageSize size)
    {
        SyscallRegisters registers;
        registers.Rdi = Hypercalls.Identifier(Hypercall.ipc_reply, IpcReplyFlags.Items, 0);
        registers.Rsi = size.Mtd;
        registers.Rdx = size.Items;
        registers.Rax = 0;
        registers.R8 = 0;
        registers.R9 = 0;
        Syscall.IpcReply(&registers, ThreadBlock.EntryStack);
    }

    /// <summary>Gives state back to the thread that raised an event and waits for the next one.</summary>
    [DoesNotReturn]
    public static void Resume(Mtd mtd) => Syscall.IpcReply((uint)mtd, ThreadBlock.EntryStack);

    /// <summary>Where a thread's function returns to: a global thread sleeps there, a local one that did not reply dies there.</summary>
    internal static ulong ThreadEnd => ThreadEndAddress();

    [RuntimeImport("*", "runtime_thread_end_address")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern ulong ThreadEndAddress();
#else
    internal static ulong ThreadEnd => 0;
#endif
}
