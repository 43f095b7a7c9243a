using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Admission;

/// <summary>
/// The only component that creates scheduling contexts: for the threads that the parent hands it, and for whoever asks by the service. All
/// that it knows belongs to the one thread that answers its portals; the first thread only calls it when there is something to do for the
/// parent. So there is no lock that a killed client could leave taken.
/// </summary>
internal static class Program
{
    private const ulong Self = 0;

    internal static Grants Grants { get; } = new(Math.Min(CountCpus(), StartPageCpus));

    private const int StartPageCpus = Abi.StartPage.MaxCpus;

    private static void Main()
    {
        var bell = Component.NewSemaphore();
        Component.Require(ServiceThreads.OfferWithItems<AdmissionPortal>("admission"u8, bell, out var thread), "offer"u8);

        // Who calls through this is the component itself: no session has the number 0.
        var sweep = new Portal(Component.TakeSelectors(0));
        Component.Require(
            Portal.Create(sweep.Selector, Component.Domain, new ExecutionContext(thread), PortalEntry<AdmissionPortal>.AddressWithItems), "portal"u8);
        Component.Require(sweep.Configure(Self, Abi.Mtd.None), "portal"u8);
        Log.Write($"{Grants.Cpus} CPUs, {Grants.Permille(0)} of 1000 reserved for the system");

        // Threads may have waited since before the offer.
        while (true)
        {
            _ = sweep.Call(1, out _);
            _ = bell.DownToZero();
        }
    }

    // All CPUs of the machine are this component's by its manifest line.
    private static int CountCpus() => 64 - System.Numerics.BitOperations.LeadingZeroCount(Component.Information.Cpus);
}

/// <summary>Its portals.</summary>
internal struct AdmissionPortal : IPortalHandler
{
    private const ulong Self = 0;

    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived)
    {
        if (identifier == Self)
        {
            ParentRequests.Serve(Program.Grants);
            return Header.Refuse(message, ContractStatus.Ok);
        }

        var service = new AdmissionService(identifier);
        return AdmissionDispatcher.Dispatch(ref service, message, arrived);
    }
}
