namespace Kilonova.Kernel;

/// <summary>
/// What the selectors of a NOVA space refer to (specification, sections 6.1.3 and 8.2): every resource with the same permissions, except
/// for listed ranges, which have others, or none if they are protected. Filled at boot by one CPU, constant afterwards.
/// </summary>
public unsafe struct ResourceMap
{
    private RangeList _exceptions;
    private uint _default;

    /// <summary>A map in which every resource has the same permissions. Null if there is no memory.</summary>
    public static ResourceMap* Create(uint permissions)
    {
        ResourceMap* map = (ResourceMap*)PhysicalMemory.AllocatePage();
        if (map != null)
            map->_default = permissions;

        return map;
    }

    /// <summary>
    /// Gives a range other permissions; 0 protects it. Ranges with the same permissions may overlap, others must not. False if there is no
    /// room.
    /// </summary>
    public static bool Except(ResourceMap* map, ulong first, ulong end, uint permissions) =>
        map->_exceptions.Add(first, end, (byte)permissions);

    /// <summary>Permissions of a resource, and in <paramref name="end"/> where resources with the same permissions end.</summary>
    public static uint PermissionsOf(ResourceMap* map, ulong resource, out ulong end)
    {
        RangeList* exceptions = &map->_exceptions;
        int next = exceptions->Behind(resource);
        bool last = next == exceptions->Count;
        bool excepted = !last && exceptions->Start(next) <= resource;
        end = last ? ulong.MaxValue : excepted ? exceptions->End(next) : exceptions->Start(next);
        return excepted ? exceptions->Value(next) : map->_default;
    }
}
