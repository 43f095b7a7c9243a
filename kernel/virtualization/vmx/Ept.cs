using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>
/// Extended page tables (SDM volume 3, section 29.3.2): the format of entries and of the pointer to them. Walks are those of host page
/// tables: bit 0, readable, is set in whatever is present, and bit 7 marks large pages.
/// </summary>
public static class Ept
{
    private const ulong Read = 1 << 0;
    private const ulong Write = 1 << 1;

    /// <summary>Fetches; of supervisor code only, where execution is controlled by mode.</summary>
    private const ulong Execute = 1 << 2;
    private const ulong ExecuteUser = 1 << 10;
    private const int TypeShift = 3;

    /// <summary>Bits of an entry that refers to a table, but for its address.</summary>
    public const ulong Table = Read | Write | Execute | ExecuteUser;

    /// <summary>A pointer's memory type WB, and that a walk has four levels (section 25.6.11).</summary>
    private const ulong PointerBits = 6 | (3 << 3);

    /// <summary>Whether the CPU tells fetches of user and supervisor mode apart; else either permission allows both.</summary>
    public static bool IsModeBased { get; set; }

    /// <summary>Bits of an entry that maps a page, but for its address. Permissions are not 0, and each implies reading.</summary>
    public static ulong Attributes(uint permissions, uint cacheability)
    {
        ulong bits = Read | (permissions & (uint)MemoryPermissions.W);
        if (IsModeBased)
        {
            bits |= (permissions & (uint)MemoryPermissions.XS) / (uint)MemoryPermissions.XS * Execute;
            bits |= (permissions & (uint)MemoryPermissions.XU) / (uint)MemoryPermissions.XU * ExecuteUser;
        }
        else if ((permissions & (uint)(MemoryPermissions.XU | MemoryPermissions.XS)) != 0)
        {
            bits |= Execute | ExecuteUser;
        }

        // UC 0, WC 1, WT 4, WP 5, WB 6, in the order of the memory attribute descriptor's encoding: WB, WT, WC, UC, WP.
        return bits | ((0x5_0146ul >> (int)(cacheability * 4) & 7) << TypeShift);
    }

    /// <summary>The pointer to a top-level table.</summary>
    public static ulong Pointer(ulong physical) => physical | PointerBits;
}
