namespace Kilonova.Kernel;

public unsafe partial struct Cpu
{
    /// <summary>Where the per-CPU areas begin: PML4 slot 510.</summary>
    public const ulong AreaBase = 0xffff_ff00_0000_0000;

    /// <summary>Distance of the areas of two CPUs. The lower half holds this block and the stacks, the upper half what follows the TSS.</summary>
    public const ulong AreaStride = 0x2_0000;

    /// <summary>Block and stacks lie in one naturally aligned 64 KiB half, so that masking the address of a local finds the block.</summary>
    public const ulong AreaSize = 0x1_0000;

    /// <summary>The block of the CPU that executes this.</summary>
    public static Cpu* This
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            nuint local;
            return (Cpu*)((nuint)(&local) & ~(nuint)(AreaSize - 1));
        }
    }
}
