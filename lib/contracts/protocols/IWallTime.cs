// The time of day, from the service "timer". docs/services.md.
namespace Kilonova.Contracts;

/// <summary>The time of day, tied to the system time counter: who has asked once can tell it for ever.</summary>
[Protocol(0x7469_6d65, version: 1)]
public interface IWallTime
{
    /// <summary>Tells the time of day of a moment.</summary>
    /// <param name="counter">The moment: a value of the system time counter.</param>
    /// <param name="seconds">Seconds from 1970-01-01 00:00 UTC to that moment, to within a second.</param>
    /// <returns>NotFound: this service's line grants no clock, or the machine has none that can be read.</returns>
    [Operation(1)]
    ContractStatus Tell(out ulong counter, out ulong seconds);
}
