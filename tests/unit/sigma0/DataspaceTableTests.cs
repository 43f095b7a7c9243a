using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace Kilonova.Sigma0.Tests;

public class DataspaceTableTests
{
    private const int Client = 1;
    private const int Server = 2;
    private const ulong Session = 7;
    private const ulong Deadline = 1000;

    private readonly DataspaceTable _table = new();

    [Fact]
    public void Only_its_owner_and_the_servers_it_is_shared_with_find_it()
    {
        Dataspace dataspace = Create(Client);
        Assert.NotNull(_table.Share(dataspace, Session, Server, isWritable: true));

        Assert.Same(dataspace, _table.Find(dataspace.Number, Client));
        Assert.Null(_table.Find(dataspace.Number, Server));
        Assert.Null(_table.Find(0, Client));
        Assert.Same(dataspace, _table.FindShare(dataspace.Number, Session, Server)!.Dataspace);
        Assert.Null(_table.FindShare(dataspace.Number, Session + 1, Server));
        Assert.Null(_table.FindShare(dataspace.Number, Session, Client));
        Assert.Null(_table.FindShare(0, Session, Server));
    }

    [Fact]
    public void Memory_of_an_ended_owner_is_free_when_the_last_server_has_let_go()
    {
        Dataspace dataspace = Create(Client);
        DataspaceShare share = Attached(dataspace);
        EndClient();

        Assert.Null(_table.TakeFree());
        Assert.Equal(dataspace.Pages, _table.HeldOfEnded(Client));
        DataspaceTable.End(share);
        Assert.Same(dataspace, _table.TakeFree());
        Assert.Equal(0ul, _table.HeldOfEnded(Client));
    }

    [Fact]
    public void A_server_that_does_not_let_go_in_time_is_named_and_its_end_frees_the_memory()
    {
        Dataspace dataspace = Create(Client);
        DataspaceShare share = Attached(dataspace);
        Assert.Equal(0ul, _table.NextDeadline());
        EndClient();

        Assert.Equal(Deadline, _table.NextDeadline());
        Assert.Null(_table.FindOverdue(Deadline - 1));
        Assert.Same(share, _table.FindOverdue(Deadline));
        _table.EndComponent(Server);
        Assert.Null(_table.FindOverdue(Deadline));
        Assert.Same(dataspace, _table.TakeFree());
    }

    [Fact]
    public void A_closed_session_is_no_way_to_memory_any_more()
    {
        Dataspace seen = Create(Client);
        Dataspace unseen = Create(Client);
        Attached(seen);
        _table.Share(unseen, Session, Server, isWritable: false);
        _table.EndSession(Session, Deadline);

        Assert.Null(_table.FindShare(unseen.Number, Session, Server));
        Assert.Null(_table.FindShare(seen.Number, Session, Server));
        Assert.False(_table.IsHeld(unseen));
        Assert.True(_table.IsHeld(seen));
    }

    [Fact]
    public void A_server_is_told_of_each_share_once()
    {
        Dataspace dataspace = Create(Client);
        DataspaceShare share = _table.Share(dataspace, Session, Server, isWritable: true, 3)!;

        Assert.Null(_table.TakeUntold(Client));
        Assert.Same(share, _table.TakeUntold(Server));
        Assert.Equal(3u, share.Purpose);
        Assert.Null(_table.TakeUntold(Server));
    }

    [Fact]
    public void What_a_dead_server_may_have_told_a_device_is_used_by_nobody_until_it_is_quiet()
    {
        Dataspace dataspace = Create(Client);
        Attached(dataspace).ServerKnows = true;
        _table.EndComponent(Server);
        Assert.True(_table.IsQuarantined(dataspace));
        _table.EndComponent(Client);

        Assert.Null(_table.TakeFree());
        Assert.Equal(dataspace.Pages, _table.QuarantinedPages);
        Assert.Equal(0ul, _table.HeldOfEnded(Client));
        _table.Quiet(Client);
        Assert.Null(_table.TakeFree());
        _table.Quiet(Server);
        Assert.Same(dataspace, _table.TakeFree());
    }

    [Fact]
    public void What_a_dead_owner_may_have_told_a_device_is_used_by_nobody_until_it_is_quiet()
    {
        Dataspace dataspace = Create(Client);
        dataspace.OwnerKnows = true;
        _table.EndComponent(Client);

        Assert.Null(_table.TakeFree());
        _table.Quiet(Client);
        Assert.Same(dataspace, _table.TakeFree());
    }

    [Fact]
    public void Dataspaces_and_shares_of_an_owner_are_bounded_and_come_back()
    {
        List<Dataspace> all = [.. Enumerable.Range(0, DataspaceTable.MaxOfOwner).Select(_ => Create(Client))];
        Assert.Null(_table.Create(Client));
        for (ulong i = 0; i < DataspaceTable.MaxSharesOfOwner; i++)
            Assert.NotNull(_table.Share(all[0], i + 1, Server, isWritable: true));

        Assert.Null(_table.Share(all[1], 1, Server, isWritable: true));
        Assert.Null(_table.Share(all[0], 1, Server, isWritable: true));
        _table.Remove(all[0]);
        Assert.NotNull(_table.Share(all[1], 1, Server, isWritable: true));
        Assert.NotNull(_table.Create(Client));
    }

    [Fact]
    public void A_page_is_found_in_the_piece_where_it_lies()
    {
        Dataspace dataspace = _table.Create(Client)!;
        Assert.True(dataspace.TryAdd(100, 4));
        Assert.True(dataspace.TryAdd(50, 2));

        Assert.True(dataspace.TryLocate(3, out ulong first, out ulong pages));
        Assert.Equal((103ul, 1ul), (first, pages));
        Assert.True(dataspace.TryLocate(4, out first, out pages));
        Assert.Equal((50ul, 2ul), (first, pages));
        Assert.False(dataspace.TryLocate(6, out _, out _));
    }

    /// <summary>Whatever happens in whatever order: memory is free only when nobody can reach it, and in the end all of it is.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Memory_in_reach_of_somebody_is_never_free(int seed)
    {
        Random random = new(seed);
        HashSet<(ulong Dataspace, int Component)> reach = [];
        Dictionary<ulong, int> owners = [];
        ulong session = 0;
        for (int step = 0; step < 20_000; step++)
        {
            int component = random.Next(4);
            switch (random.Next(7))
            {
                case 0 when _table.Create(component) is { } dataspace:
                    dataspace.TryAdd((ulong)step, 1);
                    owners[dataspace.Number] = component;
                    reach.Add((dataspace.Number, component));
                    break;
                case 1 when Pick(random, component) is { } dataspace:
                    _table.Share(dataspace, ++session, random.Next(4), isWritable: true);
                    break;
                case 2:
                    foreach (DataspaceShare share in _table.Shares)
                    {
                        if (share.Dataspace == null || share.Server != component || share.Deadline != 0 || share.Page != 0 || random.Next(3) != 0)
                            continue;

                        share.Page = 1;
                        share.ServerKnows = random.Next(3) == 0;
                        reach.Add((share.Dataspace.Number, 10 + component + (int)share.Session * 100));
                    }

                    break;
                case 3:
                    _table.EndSession((ulong)random.Next((int)session + 1), (ulong)step + 1);
                    break;
                case 4:
                    EndSessionsOf(component, (ulong)step + 1);
                    foreach (DataspaceShare share in _table.Shares)
                    {
                        if (share.Dataspace != null && share.Server == component && !share.ServerKnows)
                            reach.Remove((share.Dataspace.Number, 10 + component + (int)share.Session * 100));
                    }

                    _table.EndComponent(component);
                    reach.RemoveWhere(entry => entry.Component == component);
                    break;
                case 5:
                    foreach (DataspaceShare share in _table.Shares)
                    {
                        if (share.Dataspace == null || share.Server != component || share.IsQuarantined || share.Page == 0)
                            continue;

                        reach.Remove((share.Dataspace.Number, 10 + component + (int)share.Session * 100));
                        DataspaceTable.End(share);
                    }

                    break;
                default:
                    foreach (DataspaceShare share in _table.Shares)
                    {
                        if (share.Dataspace != null && share.Server == component && share.IsQuarantined)
                            reach.Remove((share.Dataspace.Number, 10 + component + (int)share.Session * 100));
                    }

                    _table.Quiet(component);
                    break;
            }

            while (_table.TakeFree() is { } free)
            {
                Assert.DoesNotContain(reach, entry => entry.Dataspace == free.Number);
                owners.Remove(free.Number);
                _table.Remove(free);
            }
        }

        for (int component = 0; component < 4; component++)
        {
            EndSessionsOf(component, 1);
            _table.EndComponent(component);
            _table.Quiet(component);
        }

        while (_table.TakeFree() is { } free)
        {
            owners.Remove(free.Number);
            _table.Remove(free);
        }

        Assert.Empty(owners);
        Assert.All(_table.Shares.ToArray(), share => Assert.Null(share.Dataspace));
    }

    private Dataspace? Pick(Random random, int owner)
    {
        for (ulong number = 1 + (ulong)random.Next(8); number < 2000; number += (ulong)random.Next(1, 60))
        {
            if (_table.Find(number, owner) is { } dataspace)
                return dataspace;
        }

        return null;
    }

    // What the manager does before a component ends: its sessions as a client end.
    private void EndSessionsOf(int owner, ulong deadline)
    {
        foreach (DataspaceShare share in _table.Shares)
        {
            if (share.Dataspace != null && share.Dataspace.Owner == owner)
                _table.EndSession(share.Session, deadline);
        }
    }

    private void EndClient()
    {
        _table.EndSession(Session, Deadline);
        _table.EndComponent(Client);
    }

    private Dataspace Create(int owner)
    {
        Dataspace dataspace = _table.Create(owner)!;
        Assert.True(dataspace.TryAdd(100, 4));
        return dataspace;
    }

    private DataspaceShare Attached(Dataspace dataspace)
    {
        DataspaceShare share = _table.Share(dataspace, Session, Server, isWritable: true)!;
        share.Page = 55;
        return share;
    }
}
