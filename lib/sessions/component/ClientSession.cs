using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sessions;

/// <summary>
/// A session with a service, by the name that the component's manifest line uses for it. When the server ends, the session is broken:
/// calls come to <see cref="ContractStatus.Aborted"/> or <see cref="ContractStatus.NoSession"/>, rings to "gone", and the bell is rung.
/// Then <see cref="Open"/> opens it again, in place. Any thread may call; one at a time opens and closes.
/// </summary>
public sealed class ClientSession
{
    private const ulong RetryMilliseconds = 5;

    private readonly byte[] _name;
    private readonly ulong _portals = Component.TakeSelectors(SelectorAllocator.MaxOrder);
    private readonly ulong _serverBell = Component.TakeSelectors(0);

    /// <summary>Prepares for a session; nothing is opened yet.</summary>
    /// <param name="name">Name of the service.</param>
    public ClientSession(ReadOnlySpan<byte> name)
        : this(name, Component.NewSemaphore())
    {
    }

    /// <summary>Prepares for a session of a thread that sleeps on a bell for several things.</summary>
    /// <param name="name">Name of the service.</param>
    /// <param name="bell">The bell.</param>
    public ClientSession(ReadOnlySpan<byte> name, Semaphore bell)
    {
        _name = name.ToArray();
        Bell = bell;
    }

    /// <summary>Number of the session; 0 while it is closed.</summary>
    public ulong Number { get; private set; }

    /// <summary>How often it was opened.</summary>
    public ulong Openings { get; private set; }

    /// <summary>Rung by the server, and when the session breaks.</summary>
    public Semaphore Bell { get; }

    /// <summary>The way to the server from the running thread's CPU.</summary>
    public PortalTransport Transport => new(new Portal(_portals + Server.Cpu));

    /// <summary>Own bell and the server's, for rings; the server's can be taken once it is open.</summary>
    public RingBell Bells => new(Bell, new Semaphore(_serverBell), Component.ObjectSpace.Selector);

    /// <summary>Whether the session is not open, or broken since its server's bell was taken.</summary>
    public bool IsGone => Number == 0 || Bells.IsGone;

    /// <summary>Whether a call came to nothing because the server is gone.</summary>
    public static bool IsBreak(ContractStatus status) => status is ContractStatus.Aborted or ContractStatus.NoSession;

    /// <summary>Tries to open the session once; one that is open is closed before.</summary>
    /// <returns>What the parent says: Busy where nobody offers the service now.</returns>
    public ContractStatus TryOpen()
    {
        Close();
        var status = Component.Parent.Open(_name, _portals, Bell.Selector, out var number);
        if (status != ContractStatus.Ok)
            return status;

        Number = number;
        Openings++;
        return ContractStatus.Ok;
    }

    /// <summary>Opens the session, again if it is broken, and waits for the server to be there.</summary>
    /// <param name="deadline">System time at which it gives up with Busy; 0 for never.</param>
    /// <returns>Ok, Busy, or what waiting does not help against.</returns>
    public ContractStatus Open(ulong deadline = 0)
    {
        while (true)
        {
            var status = TryOpen();
            if (status != ContractStatus.Busy || (deadline != 0 && Platform.Time >= deadline))
                return status;

            Component.Sleep(RetryMilliseconds);
        }
    }

    /// <summary>
    /// Makes sure that the session is open, and takes the bell of its server, which must have one: <see cref="Open"/> if it is closed or broken.
    /// </summary>
    /// <returns>What <see cref="Open"/> says.</returns>
    public ContractStatus Connect()
    {
        while (IsGone)
        {
            var status = Open();
            if (status != ContractStatus.Ok)
                return status;

            // NotFound: it has ended since.
            status = TakeServerBell();
            if (status is not (ContractStatus.Ok or ContractStatus.NotFound))
                return status;
        }

        return ContractStatus.Ok;
    }

    /// <summary>Tries once to open a session that is closed or broken, and to take the bell of its server.</summary>
    /// <returns>What the parent says: Busy where nobody offers the service now.</returns>
    public ContractStatus TryConnect()
    {
        var status = TryOpen();
        return status == ContractStatus.Ok ? TakeServerBell() : status;
    }

    /// <summary>Takes the server's bell, for rings. NotFound where the server has none.</summary>
    public ContractStatus TakeServerBell() => Component.Parent.TakeBell(Number, _serverBell);

    /// <summary>Closes the session; its server is told.</summary>
    public void Close()
    {
        if (Number != 0)
            _ = Component.Parent.Close(Number);

        Number = 0;
    }
}
