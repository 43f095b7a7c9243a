using System;
using Kilonova.Contracts;
using Kilonova.Manifest;

namespace Kilonova.Sigma0;

/// <summary>A service that somebody offers.</summary>
public sealed class ServiceOffer
{
    /// <summary>Longest name.</summary>
    public const int MaxName = 32;

    private readonly byte[] _name = new byte[MaxName];
    private int _nameLength;

    /// <summary>Number of the component that offers it; -1 for the root task, -2 for an unused entry.</summary>
    public int Server { get; internal set; } = ServiceDirectory.Nobody;

    /// <summary>Where its portals enter.</summary>
    public ulong Entry { get; internal set; }

    /// <summary>The server's selectors of the threads that answer, by CPU.</summary>
    public ulong Threads { get; internal set; }

    /// <summary>The root task's selector of the semaphore that tells of ended sessions, and that clients may up; 0 for none.</summary>
    public ulong Bell { get; internal set; }

    /// <summary>Its name.</summary>
    public ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    internal void SetName(ReadOnlySpan<byte> name)
    {
        name.CopyTo(_name);
        _nameLength = name.Length;
    }
}

/// <summary>A session of a client with a service.</summary>
public sealed class Session
{
    /// <summary>Its number, never used again; 0 for an unused entry.</summary>
    public ulong Number { get; internal set; }

    /// <summary>Number of the client's component.</summary>
    public int Client { get; internal set; }

    /// <summary>Number of the server's component; -1 for the root task.</summary>
    public int Server { get; internal set; }

    /// <summary>It has ended, and its server has not been told yet.</summary>
    public bool IsClosed { get; internal set; }

    /// <summary>The service.</summary>
    public ServiceOffer Service { get; internal set; } = null!;

    /// <summary>The root task's first selector of the portals.</summary>
    public ulong Portals { get; set; }

    /// <summary>The root task's selector of the client's semaphore, which the server may up; 0 for none.</summary>
    public ulong ClientBell { get; set; }

    /// <summary>The root task's selector of the server's semaphore, as far as this session's client may up it; 0 until it asked.</summary>
    public ulong ServerBell { get; set; }
}

/// <summary>
/// Who offers what, and who may and does use it. Policy: a component offers and uses what its manifest line names. All entries exist from
/// the start; one thread at a time.
/// </summary>
public sealed class ServiceDirectory
{
    /// <summary>Server of what the root task offers itself.</summary>
    public const int RootTask = -1;

    internal const int Nobody = -2;

    /// <summary>Most offers.</summary>
    public const int MaxOffers = 128;

    /// <summary>Most sessions.</summary>
    public const int MaxSessions = 256;

    /// <summary>Most sessions of one client.</summary>
    public const int MaxSessionsOfClient = 32;

    private readonly ServiceOffer[] _offers = new ServiceOffer[MaxOffers];
    private readonly Session[] _sessions = new Session[MaxSessions];
    private ulong _lastNumber;

    /// <summary>An empty directory.</summary>
    public ServiceDirectory()
    {
        for (var i = 0; i < _offers.Length; i++)
            _offers[i] = new ServiceOffer();

        for (var i = 0; i < _sessions.Length; i++)
            _sessions[i] = new Session();
    }

    /// <summary>Sessions, used or not.</summary>
    public ReadOnlySpan<Session> Sessions => _sessions;

    /// <summary>Offers, used or not.</summary>
    public ReadOnlySpan<ServiceOffer> Offers => _offers;

    /// <summary>Adds an offer of a component whose line allows it, or of the root task (<paramref name="line"/> null).</summary>
    public ContractStatus Offer(
        int server, ComponentLine? line, ReadOnlySpan<byte> name, ulong entry, ulong threads, ulong bell, out ServiceOffer? offer)
    {
        offer = null;
        if (name.IsEmpty || name.Length > ServiceOffer.MaxName)
            return ContractStatus.InvalidArgument;

        if (line != null && !line.MayOffer(name))
            return ContractStatus.Denied;

        if (Find(name) != null)
            return ContractStatus.Exists;

        foreach (var entryOfTable in _offers)
        {
            if (entryOfTable.Server != Nobody)
                continue;

            entryOfTable.Server = server;
            entryOfTable.Entry = entry;
            entryOfTable.Threads = threads;
            entryOfTable.Bell = bell;
            entryOfTable.SetName(name);
            offer = entryOfTable;
            return ContractStatus.Ok;
        }

        return ContractStatus.Exhausted;
    }

    /// <summary>Opens a session if the client's line uses the service and somebody offers it.</summary>
    public ContractStatus Open(int client, ComponentLine line, ReadOnlySpan<byte> name, out Session? session)
    {
        session = null;
        var service = line.ServiceOf(name);
        if (service.IsEmpty)
            return ContractStatus.Denied;

        var offer = Find(service);
        if (offer == null)
            return ContractStatus.Busy;

        var ofClient = 0;
        Session? unused = null;
        foreach (var entry in _sessions)
        {
            if (entry.Number == 0)
                unused ??= entry;
            else if (entry.Client == client)
                ofClient++;
        }

        if (unused == null || ofClient >= MaxSessionsOfClient)
            return ContractStatus.Exhausted;

        unused.Number = ++_lastNumber;
        unused.Client = client;
        unused.Server = offer.Server;
        unused.Service = offer;
        unused.IsClosed = false;
        unused.Portals = 0;
        unused.ClientBell = 0;
        unused.ServerBell = 0;
        session = unused;
        return ContractStatus.Ok;
    }

    /// <summary>A session that is open.</summary>
    public Session? FindSession(ulong number)
    {
        foreach (var session in _sessions)
        {
            if (number != 0 && session.Number == number && !session.IsClosed)
                return session;
        }

        return null;
    }

    /// <summary>Ends a session. Its server, if it is a component, is told by <see cref="TryTakeClosed"/>.</summary>
    public void Close(Session session)
    {
        if (session.Server < 0)
            session.Number = 0;
        else
            session.IsClosed = true;
    }

    /// <summary>Takes a session back that nobody has seen.</summary>
    public void Forget(Session session) => session.Number = 0;

    /// <summary>The next session of a server's that has ended.</summary>
    public bool TryTakeClosed(int server, out ulong number)
    {
        foreach (var session in _sessions)
        {
            if (session.Number == 0 || !session.IsClosed || session.Server != server)
                continue;

            number = session.Number;
            session.Number = 0;
            return true;
        }

        number = 0;
        return false;
    }

    /// <summary>A server ended: its offers go, and its sessions, of which nobody needs to be told any more.</summary>
    public void RemoveServer(int server)
    {
        foreach (var session in _sessions)
        {
            if (session.Number != 0 && session.Server == server)
                session.Number = 0;
        }

        foreach (var offer in _offers)
        {
            if (offer.Server == server)
                offer.Server = Nobody;
        }
    }

    private ServiceOffer? Find(ReadOnlySpan<byte> name)
    {
        foreach (var offer in _offers)
        {
            if (offer.Server != Nobody && name.SequenceEqual(offer.Name))
                return offer;
        }

        return null;
    }
}
