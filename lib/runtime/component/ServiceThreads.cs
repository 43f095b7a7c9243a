using System;
using Kilonova.Contracts;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>Threads that answer a service's portals, one on each of the component's CPUs.</summary>
public static class ServiceThreads
{
    /// <summary>Creates the threads and offers the service to the parent.</summary>
    /// <param name="name">Name of the service, as the component's manifest line offers it.</param>
    /// <param name="closed">Upped when a session has ended; a semaphore of selector 0 for none.</param>
    public static ContractStatus Offer<THandler>(ReadOnlySpan<byte> name, Semaphore closed)
        where THandler : struct, IPortalHandler
    {
        var threads = Component.TakeSelectors(SelectorAllocator.MaxOrder);
        for (var cpus = Component.Information.Cpus; cpus != 0; cpus &= cpus - 1)
        {
            var cpu = (uint)System.Numerics.BitOperations.TrailingZeroCount(cpus);
            Component.CreateLocal(threads + cpu, cpu, name);
        }

        return Component.Parent.Offer(name, PortalEntry<THandler>.Address, threads, closed.Selector);
    }
}
