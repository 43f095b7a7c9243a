using System.Runtime.InteropServices;

namespace Kilonova.Fuzz;

/// <summary>
/// A page that a hostile component and the supervisor share: orders and figures. The component may lose or spoil it like all it has; the
/// supervisor only counts with it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Control
{
    /// <summary>Hypercalls issued so far. Its threads count without locks, all on one CPU: never more than were issued.</summary>
    internal ulong Calls;

    /// <summary>How many to issue.</summary>
    internal ulong Limit;

    /// <summary>Where its random numbers start.</summary>
    internal ulong Seed;

    /// <summary>Threads started, for different numbers in each.</summary>
    internal ulong Threads;

    /// <summary>Exceptions that its handler has seen.</summary>
    internal ulong Exceptions;

    /// <summary>Messages that its server has answered.</summary>
    internal ulong Served;

    /// <summary>The CPU.</summary>
    internal ulong Cpu;

    /// <summary>Number of CPUs.</summary>
    internal ulong Cpus;

    /// <summary>First page of memory to play with, <see cref="HostileDomain.PlayPages"/> of them, present at first.</summary>
    internal ulong PlayPage;

    /// <summary>First region of a thread that does not exist yet.</summary>
    internal ulong SpareRegion;

    /// <summary>Address of the server's function.</summary>
    internal ulong ServerEntry;

    /// <summary>How often each status came back.</summary>
    internal fixed ulong Statuses[16];

    /// <summary>How often each hypercall was issued.</summary>
    internal fixed ulong Numbers[16];
}

/// <summary>Where a hostile component finds its capabilities.</summary>
internal static class Layout
{
    internal const ulong Events = 0;
    internal const ulong First = 0x40;
    internal const ulong Domain = 0x40;
    internal const ulong Objects = 0x41;
    internal const ulong Host = 0x42;
    internal const ulong Ports = 0x43;
    internal const ulong Driver = 0x44;
    internal const ulong Handler = 0x45;
    internal const ulong Server = 0x46;
    internal const ulong Time = 0x47;
    internal const ulong OwnPortal = 0x48;
    internal const ulong OwnSemaphore = 0x49;
    internal const ulong SharedSemaphore = 0x4a;
    internal const ulong PeerPortal = 0x4b;
    internal const ulong FarPortal = 0x4c;
    internal const ulong BystanderPortal = 0x4d;
    internal const ulong PeerDriver = 0x4e;
    internal const ulong FarDriver = 0x4f;
    internal const ulong PeerObjects = 0x50;
    internal const ulong FarHost = 0x51;
    internal const ulong PeerDomain = 0x52;
    internal const ulong Never = 0x53;

    /// <summary>How many selectors from <see cref="First"/> on hold something at first.</summary>
    internal const ulong Given = 0x14;

    /// <summary>Empty at first: what the component creates.</summary>
    internal const ulong Made = 0x80;

    internal const ulong MadeCount = 0x20;
}
