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
        where THandler : struct, IPortalHandler => Offer(name, closed, PortalEntry<THandler>.Address, out _);

    /// <summary>
    /// The same for a service whose calls bring one object capability at a time; its component has one CPU. An operation that keeps what
    /// came calls <see cref="OpenWindow"/>.
    /// </summary>
    public static ContractStatus OfferWithItems<THandler>(ReadOnlySpan<byte> name, Semaphore closed)
        where THandler : struct, IPortalHandler
    {
        var status = Offer(name, closed, PortalEntry<THandler>.AddressWithItems, out var threads);
        s_thread = threads + Server.Cpu;
        OpenWindow();
        return status;
    }

    /// <summary>Opens a fresh window for the next capability that comes; what lies in the one before is the component's.</summary>
    public static void OpenWindow() =>
        Component.Require(
            new ExecutionContext(s_thread).SetWindow(new Window(Component.TakeSelectors(0), 0), Window.Closed, Window.Closed), "window"u8);

    // The thread with the window. Written once, before any session is open.
    private static ulong s_thread;

    private static ContractStatus Offer(ReadOnlySpan<byte> name, Semaphore closed, ulong entry, out ulong threads)
    {
        threads = Component.TakeSelectors(SelectorAllocator.MaxOrder);
        for (var cpus = Component.Information.Cpus; cpus != 0; cpus &= cpus - 1)
        {
            var cpu = (uint)System.Numerics.BitOperations.TrailingZeroCount(cpus);
            Component.CreateLocal(threads + cpu, cpu, name);
        }

        return Component.Parent.Offer(name, entry, threads, closed.Selector);
    }
}
