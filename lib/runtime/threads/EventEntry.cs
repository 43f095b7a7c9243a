using Kilonova.Abi;

namespace Kilonova.Runtime;

/// <summary>What event portals run, for safe code: a struct without fields is its name.</summary>
public interface IEventHandler
{
    /// <summary>Handles one event.</summary>
    /// <param name="identifier">The portal's identifier.</param>
    /// <param name="state">What the portal transferred of the thread that raised it; what is written goes back as far as the result says.</param>
    /// <returns>What is transferred back; POISON ends the thread.</returns>
    static abstract Mtd Handle(ulong identifier, ref ArchitecturalState state);
}

#if FREESTANDING
/// <summary>The function that event portals enter on behalf of a handler.</summary>
public static unsafe class EventEntry<THandler>
    where THandler : struct, IEventHandler
{
    /// <summary>Its address.</summary>
    public static ulong Address => Server.AddressOf(&Enter);

    private static void Enter(ulong identifier, uint mtd) => Server.Resume(THandler.Handle(identifier, ref *Server.State));
}
#endif
