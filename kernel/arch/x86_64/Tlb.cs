using System.Runtime.Intrinsics.X86;

namespace Kilonova.Kernel;

/// <summary>The instructions of address translation, and the pause of waiting loops.</summary>
public static unsafe class Tlb
{
    /// <summary>Bit 63 of a CR3 value: keep what is cached for its process-context identifier.</summary>
    public const ulong KeepTranslations = 1ul << 63;

    /// <summary>Forgets the translation of one address for the current process-context identifier (INVLPG).</summary>
    [RuntimeImport("*", "tlb_invalidate_page"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void InvalidatePage(ulong address);

    /// <summary>Switches the address space (MOV CR3). Serializing: stores before it are visible to loads of other CPUs after it.</summary>
    [RuntimeImport("*", "cr3_write"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void WriteCr3(ulong value);

    /// <summary>
    /// Switches the address space to a root whose cached translations reflect a stamp of the space; if the space has another one by the
    /// time that CR3 is written, synchronizes the CPU.
    /// </summary>
    [RuntimeImport("*", "tlb_enter"), MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Enter(ulong root, ulong stamp, ulong* current);

    /// <summary>A turn of a waiting loop (PAUSE).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pause() => X86Base.Pause();
}
