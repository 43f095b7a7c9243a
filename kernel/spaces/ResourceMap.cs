namespace Kilonova.Kernel;

/// <summary>
/// What the selectors of a NOVA space refer to (specification, sections 6.1.3 and 8.2): every resource with the same permissions, except
/// for listed ranges, which have others, or none if they are protected. Filled at boot by one CPU, constant afterwards.
/// </summary>
public unsafe struct ResourceMap
{
    private const uint Capacity = 168;

    private struct Exception
    {
        public ulong First;
        public ulong End;
        public ulong Permissions;
    }

    private uint _default;
    private uint _count;
    private fixed ulong _exceptions[(int)Capacity * 3];

    /// <summary>A map in which every resource has the same permissions. Null if there is no memory.</summary>
    public static ResourceMap* Create(uint permissions)
    {
        ResourceMap* map = (ResourceMap*)PhysicalMemory.AllocatePage();
        if (map != null)
            map->_default = permissions;

        return map;
    }

    /// <summary>
    /// Gives a range other permissions; 0 protects it. Ranges with the same permissions may overlap and are joined, others must not.
    /// False if there is no room.
    /// </summary>
    public static bool Except(ResourceMap* map, ulong first, ulong end, uint permissions)
    {
        Exception* entries = (Exception*)map->_exceptions;
        uint kept = 0;
        for (uint i = 0; i < map->_count; i++)
        {
            bool joins = entries[i].Permissions == permissions && entries[i].First <= end && first <= entries[i].End;
            if (joins)
            {
                first = first < entries[i].First ? first : entries[i].First;
                end = end > entries[i].End ? end : entries[i].End;
                continue;
            }

            Copy(&entries[kept++], &entries[i]);
        }

        map->_count = kept;
        if (kept == Capacity)
            return false;

        uint at = kept;
        while (at != 0 && entries[at - 1].First > first)
        {
            Copy(&entries[at], &entries[at - 1]);
            at--;
        }

        entries[at].First = first;
        entries[at].End = end;
        entries[at].Permissions = permissions;
        map->_count = kept + 1;
        return true;
    }

    /// <summary>Permissions of a resource, and in <paramref name="end"/> where resources with the same permissions end.</summary>
    public static uint PermissionsOf(ResourceMap* map, ulong resource, out ulong end)
    {
        // The first exception that ends after the resource.
        Exception* entries = (Exception*)map->_exceptions;
        uint low = 0;
        uint high = map->_count;
        while (low < high)
        {
            uint middle = (low + high) / 2;
            if (entries[middle].End <= resource)
                low = middle + 1;
            else
                high = middle;
        }

        if (low == map->_count)
        {
            end = ulong.MaxValue;
            return map->_default;
        }

        bool excepted = entries[low].First <= resource;
        end = excepted ? entries[low].End : entries[low].First;
        return excepted ? (uint)entries[low].Permissions : map->_default;
    }

    private static void Copy(Exception* to, Exception* from)
    {
        to->First = from->First;
        to->End = from->End;
        to->Permissions = from->Permissions;
    }
}
