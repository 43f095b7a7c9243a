// Counts votes: the protocol of the tutorial, docs/writing-a-component.md.
using System;

namespace Kilonova.Contracts;

/// <summary>The service "tally": counts votes.</summary>
[Protocol(0x7461_6c6c, version: 1)]
public interface ITally
{
    /// <summary>Adds a vote.</summary>
    /// <param name="name">Whom it is for.</param>
    /// <param name="votes">Votes for that name so far.</param>
    /// <returns>InvalidArgument for an empty name. Exhausted: there are votes for as many names as can be.</returns>
    [Operation(1)]
    ContractStatus Vote([MaxLength(16)] ReadOnlySpan<byte> name, out ulong votes);
}
