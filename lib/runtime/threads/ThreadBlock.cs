using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Kilonova.Runtime;

/// <summary>Where a thread's stack, block and UTCB lie: one region, aligned to its size.</summary>
public static class StackLayout
{
    /// <summary>Size and alignment of a region in bytes; lib/corelib and root/start.S have the same number.</summary>
    public const ulong Size = 0x10000;

    /// <summary>Offset of the <see cref="ThreadBlock"/>, the first page.</summary>
    public const ulong Block = 0;

    /// <summary>Offset of the UTCB, the second page; nothing is mapped there for the first thread of a program, which has it elsewhere.</summary>
    public const ulong Utcb = 0x1000;

    /// <summary>Offset of the lowest byte that a stack may have; the page below is never mapped.</summary>
    public const ulong LowestStack = 0x3000;

    /// <summary>Bytes at the top that the runtime keeps: where the entry function returns to.</summary>
    public const ulong Reserved = 16;
}

/// <summary>
/// What belongs to one thread, at the base of its stack's region, so that it is found by masking the address of any local. It is written by
/// its thread, and by the thread's creator before it starts. The first 64 bytes are lib/corelib's.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 0x100)]
public unsafe struct ThreadBlock
{
    /// <summary>Longest name in bytes.</summary>
    public const int MaxName = 16;

    /// <summary>The user thread control block.</summary>
    [FieldOffset(0x40)]
    public ulong* Utcb;

    /// <summary>Selector of the execution context.</summary>
    [FieldOffset(0x48)]
    public ulong Selector;

    /// <summary>The CPU that the thread is bound to.</summary>
    [FieldOffset(0x50)]
    public uint Cpu;

    /// <summary>Length of <see cref="Name"/>.</summary>
    [FieldOffset(0x54)]
    public int NameLength;

    /// <summary>Lowest mapped byte of the stack; below lies the guard page.</summary>
    [FieldOffset(0x58)]
    public ulong StackLow;

    /// <summary>A global thread's first function.</summary>
    [FieldOffset(0x60)]
    public delegate*<nint, void> Entry;

    /// <summary>What <see cref="Entry"/> is called with.</summary>
    [FieldOffset(0x68)]
    public nint Argument;

    /// <summary>Selector of the first event portal.</summary>
    [FieldOffset(0x70)]
    public ulong EventBase;

    /// <summary>Calls that the thread made through portals, since it exists.</summary>
    [FieldOffset(0x90)]
    public ulong Calls;

    /// <summary>Calls that it answered.</summary>
    [FieldOffset(0x98)]
    public ulong Answers;

    /// <summary>Records and packets that it published in rings.</summary>
    [FieldOffset(0xa0)]
    public ulong Records;

    /// <summary>The name in UTF-8, for reports.</summary>
    [FieldOffset(0x80)]
    public fixed byte Name[MaxName];

    /// <summary>The block of the running thread.</summary>
    public static ThreadBlock* Current
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            byte local;
            return (ThreadBlock*)((nuint)(&local) & ~((nuint)StackLayout.Size - 1));
        }
    }

    /// <summary>The stack pointer with which a portal's function of the running thread is entered.</summary>
    public static ulong EntryStack
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            byte local;
            return EntryStackOf((ulong)(&local) & ~(StackLayout.Size - 1));
        }
    }

    /// <summary>The same for a region. As after a call: 16-byte aligned but for the return address.</summary>
    public static ulong EntryStackOf(ulong region) => region + StackLayout.Size - StackLayout.Reserved - sizeof(ulong);
}
