using System;
using System.Numerics;
using Kilonova.Contracts;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>Threads that answer a service's portals.</summary>
public static unsafe class ServiceThreads
{
    /// <summary>Creates a thread on each of the component's CPUs and offers the service to the parent.</summary>
    /// <param name="name">Name of the service, as the component's manifest line offers it.</param>
    /// <param name="bell">Upped when a session has ended and by clients; a semaphore of selector 0 for none.</param>
    public static ContractStatus Offer<THandler>(ReadOnlySpan<byte> name, Semaphore bell)
        where THandler : struct, IPortalHandler
    {
        var threads = Component.TakeSelectors(SelectorAllocator.MaxOrder);
        for (var cpus = Component.Information.Cpus; cpus != 0; cpus &= cpus - 1)
        {
            var cpu = (uint)BitOperations.TrailingZeroCount(cpus);
            Component.CreateLocal(threads + cpu, cpu, name);
        }

        return Component.Parent.Offer(name, PortalEntry<THandler>.Address, threads, bell.Selector);
    }

    /// <summary>
    /// The same for a service whose calls bring one object capability at a time. It answers on the running thread's CPU only, since a
    /// thread's window can be opened only there. An operation that keeps what came calls <see cref="OpenWindow"/>.
    /// </summary>
    /// <param name="name">Name of the service.</param>
    /// <param name="bell">As for <see cref="Offer"/>.</param>
    public static ContractStatus OfferWithItems<THandler>(ReadOnlySpan<byte> name, Semaphore bell)
        where THandler : struct, IPortalHandler => OfferWithItems<THandler>(name, bell, out _);

    /// <summary>The same, and tells the selector of the thread.</summary>
    public static ContractStatus OfferWithItems<THandler>(ReadOnlySpan<byte> name, Semaphore bell, out ulong thread)
        where THandler : struct, IPortalHandler
    {
        var threads = Component.TakeSelectors(SelectorAllocator.MaxOrder);
        thread = threads + Server.Cpu;
        Component.CreateLocal(thread, Server.Cpu, name);

        // From the offer on a call may come at any time.
        OpenWindow(thread);
        return Component.Parent.Offer(name, PortalEntry<THandler>.AddressWithItems, threads, bell.Selector);
    }

    /// <summary>
    /// Offers another service that the thread of <see cref="OfferWithItems"/> answers too: one call at a time of both, and who calls helps the
    /// one before it to an end. Two threads with a lock between them would wait for whoever holds it, however low its priority.
    /// </summary>
    /// <param name="name">Name of the service.</param>
    /// <param name="bell">As for <see cref="Offer"/>.</param>
    /// <param name="thread">Selector of the thread, of the running thread's CPU.</param>
    public static ContractStatus OfferBy<THandler>(ReadOnlySpan<byte> name, Semaphore bell, ulong thread)
        where THandler : struct, IPortalHandler =>
        Component.Parent.Offer(name, PortalEntry<THandler>.AddressWithItems, thread - Server.Cpu, bell.Selector);

    /// <summary>
    /// For the thread that answers: opens a fresh window for the next capability that comes; what lies in the one before is the component's.
    /// </summary>
    public static void OpenWindow() => OpenWindow(ThreadBlock.Current->Selector);

    private static void OpenWindow(ulong thread) =>
        Component.Require(
            new ExecutionContext(thread).SetWindow(new Window(Component.TakeSelectors(0), 0), Window.Closed, Window.Closed), "window"u8);
}
