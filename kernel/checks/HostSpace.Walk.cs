namespace Kilonova.Kernel;

public unsafe partial struct HostSpace
{
    /// <summary>The entry that maps a page, and its level, as the CPU would find them.</summary>
    public static ulong Walk(HostSpace* space, ulong page, out int level)
    {
        level = TopLevel;
        ulong entry = space->_table[(page >> (TopLevel * LevelBits)) & IndexMask];
        while (level > 0 && (entry & PageAttributes.Present) != 0 && (entry & PageAttributes.Large) == 0)
        {
            level--;
            entry = Table(entry)[(page >> (level * LevelBits)) & IndexMask];
        }

        return entry;
    }
}
