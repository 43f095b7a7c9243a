namespace Kilonova.Kernel;

/// <summary>Which part of an item goes where in a window, when their sizes differ.</summary>
public static class Placement
{
    /// <summary>True for a closed window and for a naturally aligned one without reserved bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsWindow(ulong window) =>
        (window & 0xfe0) == 0 && ((window >> ReceiveWindow.BaseShift) & ((1ul << (int)(window & ReceiveWindow.OrderMask)) - 1)) == 0;

    /// <summary>
    /// The smaller of item and window decides the size. A larger item gives the part that the hotspot points at; in a larger window the
    /// hotspot, modulo the window, says where the item comes to lie. Ports keep their numbers: only the overlap of both goes.
    /// </summary>
    /// <returns>False if the window is malformed or, for ports, nothing overlaps.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFit(
        ItemKind kind, ulong first, uint order, ulong hotspot, ulong window, out ulong from, out ulong to, out uint size)
    {
        uint windowOrder = (uint)(window & ReceiveWindow.OrderMask);
        ulong windowFirst = window >> ReceiveWindow.BaseShift;
        ulong windowMask = (1ul << (int)windowOrder) - 1;
        ulong itemMask = (1ul << (int)order) - 1;
        size = order < windowOrder ? order : windowOrder;
        ulong sizeMask = (1ul << (int)size) - 1;
        from = first;
        to = windowFirst;
        if (!IsWindow(window))
            return false;

        if (kind == ItemKind.Port)
        {
            // Both are naturally aligned: one contains the other, or they are disjoint.
            from = order < windowOrder ? first : windowFirst;
            to = from;
            return order < windowOrder ? (first & ~windowMask) == windowFirst : (windowFirst & ~itemMask) == first;
        }

        from += hotspot & itemMask & ~sizeMask;
        to += hotspot & windowMask & ~sizeMask;
        return true;
    }
}
