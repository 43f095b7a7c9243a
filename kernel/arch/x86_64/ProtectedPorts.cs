using Kilonova.Formats.Acpi;

namespace Kilonova.Kernel;

/// <summary>
/// The I/O ports that nobody gets (specification, section 8.2.2): those that put the machine to sleep, and the one that calls firmware.
/// </summary>
public static class ProtectedPorts
{
    private const uint WordSize = 2;

    /// <summary>Takes the ports that the FADT names out of a map of ports. False if it has no room.</summary>
    public static unsafe bool Except(ResourceMap* ports)
    {
        ReadOnlySpan<byte> table = Platform.Fadt;
        return table.IsEmpty
            || (Except(ports, Fadt.Pm1aControlPort(table), WordSize)
                && Except(ports, Fadt.Pm1bControlPort(table), WordSize)
                && Except(ports, Fadt.Pm2ControlPort(table), 1)
                && Except(ports, Fadt.SmiCommandPort(table), 1));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe bool Except(ResourceMap* ports, uint first, uint count) =>
        first == 0 || ResourceMap.Except(ports, first, first + count, 0);
}
