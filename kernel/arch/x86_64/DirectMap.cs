namespace Kilonova.Kernel;

/// <summary>All RAM, mapped once: PML4 slot 256 and up. The kernel reaches tables, UTCBs and its own memory through it.</summary>
public static unsafe class DirectMap
{
    /// <summary>Where physical address 0 lies.</summary>
    public const ulong Base = 0xffff_8000_0000_0000;

    /// <summary>Where the kernel sees a physical address of RAM.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* ToVirtual(ulong physical) => (void*)(physical + Base);

    /// <summary>The physical address of something in the direct map.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong ToPhysical(void* address) => (ulong)address - Base;
}
