// What the core library keeps per thread. Stacks are aligned to their size and the block lies at their base, so that it is found by
// masking the address of any local: two instructions, no segment register. The layout is mirrored in exceptions.S.
using System.Runtime.InteropServices;

namespace Internal.Runtime;

/// <summary>
/// Head of the block that the run time puts at the base of every stack; zero when the thread starts. Written by its own thread only.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
public unsafe struct ThreadBlock
{
    /// <summary>Size and alignment of every stack, its block and guard page included.</summary>
    public const uint StackSize = 0x1_0000;

    /// <summary>Bytes at the base of the stack that belong to the core library.</summary>
    public const int Size = 64;

    /// <summary>Catch blocks that run on this thread, innermost first.</summary>
    internal CatchRecord* Catches;

    /// <summary>Where objects are allocated: null for the component's heap, else an arena.</summary>
    internal BumpHeap* Arena;

    /// <summary>The static constructor that this thread waits for. Written and read under the constructors' lock.</summary>
    internal ConstructorRun* AwaitedConstructor;

    /// <summary>The block of the running thread.</summary>
    public static ThreadBlock* Current
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            byte local;
            return (ThreadBlock*)((nuint)(&local) & ~((nuint)StackSize - 1));
        }
    }
}
