using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.KernelTests.Sessions;

/// <summary>Generated clients and dispatchers across real portals, with real typed items.</summary>
internal static unsafe class ContractTests
{
    // The portal without window, and the one whose thread has a lasting window for objects. Set by the first thread before the tests.
    private static Portal s_plain;
    private static Portal s_windowed;
    private static ulong s_window;
    private static Nova.Semaphore s_offered;

    /// <summary>A portal without a window.</summary>
    internal static Portal Plain => s_plain;

    internal static void Run()
    {
        s_offered = Lab.Semaphore(0);
        RelayPortal.Serve(s_offered.Selector);
        s_plain = Portal(PortalEntry<RelayPortal>.Address, out _);
        s_windowed = Portal(PortalEntry<RelayPortal>.AddressWithItems, out var server);
        s_window = Lab.Selector();
        RootTask.Require(server.SetWindow(new Window(s_window, 0), Window.Closed, Window.Closed), "window"u8);

        Suite.Run("A_generated_call_reaches_its_server_and_comes_back"u8, &Adds);
        Suite.Run("Bytes_cross_a_portal_both_ways"u8, &Uppers);
        Suite.Run("The_servers_version_is_told"u8, &TellsVersion);
        Suite.Run("A_call_without_a_portal_says_so"u8, &NoPortal);
        Suite.Run("A_delegated_semaphore_arrives_and_works"u8, &Delegates);
        Suite.Run("A_delegated_capability_without_a_window_is_missing"u8, &NoWindow);
        Suite.Run("A_translated_capability_arrives_as_the_servers_own"u8, &Translates);
        Suite.Run("A_reply_delegates_into_the_clients_window"u8, &Replies);
    }

    private static Portal Portal(ulong entry, out ExecutionContext thread)
    {
        var selector = Lab.Selector();
        thread = new ExecutionContext(Lab.Local(Lab.BootCpu)->Selector);
        RootTask.Require(Nova.Portal.Create(selector, Lab.Domain, thread, entry), "create_pt"u8);
        return new Portal(selector);
    }

    private static RelayClient<PortalTransport> Client(Portal portal) => new(new PortalTransport(portal));

    private static void Is(ContractStatus got, ContractStatus expected, ReadOnlySpan<byte> what) =>
        Check.Equal((ulong)got, (ulong)expected, what);

    private static void Adds()
    {
        Is(Client(s_plain).Add(1, 20, 300, out var sum), ContractStatus.Ok, "status"u8);
        Check.Equal(sum, 321, "sum"u8);
    }

    private static void Uppers()
    {
        Span<byte> upper = stackalloc byte[32];
        Is(Client(s_plain).Upper("what is small"u8, upper, out var length), ContractStatus.Ok, "status"u8);
        Check.True(upper.Slice(0, length).SequenceEqual("WHAT IS SMALL"u8), "text"u8);
        Is(Client(s_plain).Upper("more than anybody wants to read now"u8, upper, out _), ContractStatus.TooLong, "status"u8);
    }

    private static void TellsVersion()
    {
        Is(Client(s_plain).QueryVersion(out var version), ContractStatus.Ok, "status"u8);
        Check.Equal(version, RelayDispatcher.Version, "version"u8);
    }

    private static void NoPortal() => Is(Client(new Portal(Lab.Selector())).Add(1, 2, 3, out _), ContractStatus.NoSession, "status"u8);

    private static void Delegates()
    {
        var semaphore = Lab.Semaphore(0);
        Is(Client(s_windowed).Wake(new ObjectRange(semaphore.Selector)), ContractStatus.Ok, "status"u8);
        Check.Succeeds(Lab.WaitFor(semaphore), "down"u8);
        Check.Succeeds(new Nova.Semaphore(s_window).Up(), "up through the window"u8);
        Check.Succeeds(Lab.WaitFor(semaphore), "down"u8);
    }

    private static void NoWindow() =>
        Is(Client(s_plain).Wake(new ObjectRange(s_offered.Selector)), ContractStatus.BadMessage, "status"u8);

    private static void Translates()
    {
        var descendant = Lab.Weakened(s_offered.Selector, TypedItemPermissions);
        Is(Client(s_windowed).Origin(new ObjectRange(descendant), out var selector), ContractStatus.Ok, "status"u8);
        Check.Equal(selector, s_offered.Selector, "selector"u8);
        Is(Client(s_windowed).Origin(new ObjectRange(Lab.Selector()), out _), ContractStatus.CapabilityMissing, "empty"u8);
    }

    private static void Replies()
    {
        var window = Lab.Selector();
        Is(Client(s_plain).Open(new Window(window, 0), out var semaphore), ContractStatus.Ok, "status"u8);
        Check.Equal(semaphore.Selector, window, "selector"u8);
        Check.Succeeds(new Nova.Semaphore(window).Up(), "up"u8);
        Check.Succeeds(Lab.WaitFor(s_offered), "down"u8);
    }

    private const uint TypedItemPermissions = (uint)TypedItem.PermissionMask;
}
