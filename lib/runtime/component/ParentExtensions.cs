using System;
using Kilonova.Contracts;
using Kilonova.Sessions;

namespace Kilonova.Runtime;

/// <summary>Shorter forms of what the parent offers.</summary>
public static class ParentExtensions
{
    /// <summary>Opens a session without a bell: who calls finds out that it is broken by calling.</summary>
    public static ContractStatus Open(this ParentClient<PortalTransport> parent, ReadOnlySpan<byte> name, ulong selector, out ulong session) =>
        parent.Open(name, selector, 0, out session);
}
