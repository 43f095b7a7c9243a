#if FREESTANDING
using System.Runtime;
using System.Runtime.CompilerServices;

namespace Kilonova.Runtime;

/// <summary>The IN and OUT instructions; a port that the domain was not given raises #GP.</summary>
public static class Ports
{
    /// <summary>Reads a byte.</summary>
    [RuntimeImport("*", "port_in8")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint In8(uint port);

    /// <summary>Writes a byte.</summary>
    [RuntimeImport("*", "port_out8")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Out8(uint port, uint value);

    /// <summary>Reads four bytes.</summary>
    [RuntimeImport("*", "port_in32")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern uint In32(uint port);

    /// <summary>Writes four bytes.</summary>
    [RuntimeImport("*", "port_out32")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    public static extern void Out32(uint port, uint value);
}
#endif
