using System;

namespace Kilonova.Sigma0;

/// <summary>
/// All dataspaces, with whom they are shared, and when their memory may be used again: after the owner has given it back or ended, and each
/// server that saw it has let go or ended, and each unfenced device that may have known it is quiet. A server that does not let go within
/// the deadline is named, to be killed. All entries exist from the start; one thread at a time.
/// </summary>
public sealed class DataspaceTable
{
    /// <summary>Most dataspaces.</summary>
    public const int MaxDataspaces = 256;

    /// <summary>Most dataspaces of one component.</summary>
    public const int MaxOfOwner = 32;

    /// <summary>Most shares.</summary>
    public const int MaxShares = 512;

    /// <summary>Most shares of one owner's dataspaces.</summary>
    public const int MaxSharesOfOwner = 64;

    private readonly Dataspace[] _dataspaces = new Dataspace[MaxDataspaces];
    private readonly DataspaceShare[] _shares = new DataspaceShare[MaxShares];
    private ulong _lastNumber;

    /// <summary>An empty table.</summary>
    public DataspaceTable()
    {
        for (var i = 0; i < MaxDataspaces; i++)
            _dataspaces[i] = new Dataspace();

        for (var i = 0; i < MaxShares; i++)
            _shares[i] = new DataspaceShare();
    }

    /// <summary>Shares, used or not.</summary>
    public ReadOnlySpan<DataspaceShare> Shares => _shares;

    /// <summary>Pages that nobody has and nobody can get, since a device may still write to them.</summary>
    public ulong QuarantinedPages
    {
        get
        {
            ulong pages = 0;
            foreach (var dataspace in _dataspaces)
            {
                if (dataspace.Number != 0 && dataspace.IsOrphan && !IsHeld(dataspace))
                    pages += dataspace.Pages;
            }

            return pages;
        }
    }

    /// <summary>Adds a dataspace without memory; null when there are too many.</summary>
    public Dataspace? Create(int owner)
    {
        Dataspace? unused = null;
        var ofOwner = 0;
        foreach (var dataspace in _dataspaces)
        {
            if (dataspace.Number == 0)
                unused ??= dataspace;
            else if (dataspace.Owner == owner)
                ofOwner++;
        }

        if (unused == null || ofOwner >= MaxOfOwner)
            return null;

        unused.Reset(++_lastNumber, owner);
        return unused;
    }

    /// <summary>A dataspace of a living owner; null when there is none.</summary>
    public Dataspace? Find(ulong number, int owner)
    {
        foreach (var dataspace in _dataspaces)
        {
            if (number != 0 && dataspace.Number == number)
                return dataspace.Owner == owner && !dataspace.IsOrphan ? dataspace : null;
        }

        return null;
    }

    /// <summary>What a server may see of an open session; null when it may not.</summary>
    public DataspaceShare? FindShare(ulong number, ulong session, int server)
    {
        foreach (var share in _shares)
        {
            if (share.Dataspace?.Number == number && share.Session == session && share.Server == server && share.Deadline == 0)
                return share;
        }

        return null;
    }

    /// <summary>Lets the server of a session see a dataspace. Null when it may already, or there are too many shares.</summary>
    public DataspaceShare? Share(Dataspace dataspace, ulong session, int server, bool isWritable, uint purpose = 0)
    {
        DataspaceShare? unused = null;
        var ofOwner = 0;
        foreach (var share in _shares)
        {
            if (share.Dataspace == null)
                unused ??= share;
            else if (share.Dataspace == dataspace && share.Session == session)
                return null;
            else if (share.Dataspace.Owner == dataspace.Owner)
                ofOwner++;
        }

        if (unused == null || ofOwner >= MaxSharesOfOwner)
            return null;

        unused.Dataspace = dataspace;
        unused.Session = session;
        unused.Server = server;
        unused.IsWritable = isWritable;
        unused.Purpose = purpose;
        unused.IsTold = false;
        unused.Page = 0;
        unused.ServerKnows = false;
        unused.DevicePage = 0;
        unused.Deadline = 0;
        unused.IsQuarantined = false;
        return unused;
    }

    /// <summary>The next share of which a server has not been told; null when there is none.</summary>
    public DataspaceShare? TakeUntold(int server)
    {
        foreach (var share in _shares)
        {
            if (share.Dataspace == null || share.Server != server || share.IsTold || share.Deadline != 0 || share.IsQuarantined)
                continue;

            share.IsTold = true;
            return share;
        }

        return null;
    }

    /// <summary>A share ends, because its server let go.</summary>
    public static void End(DataspaceShare share) => share.Dataspace = null;

    /// <summary>A session ends: what its server does not see it never will, the rest it must let go of by the deadline.</summary>
    public void EndSession(ulong session, ulong deadline)
    {
        foreach (var share in _shares)
        {
            if (share.Dataspace == null || share.Session != session || share.IsQuarantined)
                continue;

            if (share.Page == 0)
                End(share);
            else if (share.Deadline == 0)
                share.Deadline = deadline;
        }
    }

    /// <summary>
    /// A component's life ends, after its sessions have: what it saw of others it does not see any more, what it owned is orphaned. What it
    /// may have told a device that nothing fences is quarantined until <see cref="Quiet"/>.
    /// </summary>
    public void EndComponent(int component)
    {
        foreach (var share in _shares)
        {
            if (share.Dataspace == null || share.Server != component || share.IsQuarantined)
                continue;

            share.IsQuarantined = share.Page != 0 && share.ServerKnows;
            if (!share.IsQuarantined)
                End(share);
        }

        foreach (var dataspace in _dataspaces)
        {
            if (dataspace.Number == 0 || dataspace.Owner != component || dataspace.IsOrphan)
                continue;

            dataspace.IsOrphan = true;
            dataspace.IsQuarantined = dataspace.OwnerKnows;
        }
    }

    /// <summary>A component says, or somebody for it, that no device does what its former lives told it.</summary>
    public void Quiet(int component)
    {
        foreach (var share in _shares)
        {
            if (share.IsQuarantined && share.Server == component)
            {
                share.IsQuarantined = false;
                End(share);
            }
        }

        foreach (var dataspace in _dataspaces)
        {
            if (dataspace.Owner == component)
                dataspace.IsQuarantined = false;
        }
    }

    /// <summary>Whether a server sees the dataspace, or must still let go of it.</summary>
    public bool IsHeld(Dataspace dataspace)
    {
        foreach (var share in _shares)
        {
            if (share.Dataspace == dataspace && share.Page != 0 && !share.IsQuarantined)
                return true;
        }

        return false;
    }

    /// <summary>Whether a device may still write to it for somebody who has ended.</summary>
    public bool IsQuarantined(Dataspace dataspace)
    {
        if (dataspace.IsQuarantined)
            return true;

        foreach (var share in _shares)
        {
            if (share.Dataspace == dataspace && share.IsQuarantined)
                return true;
        }

        return false;
    }

    /// <summary>The next dataspace of an ended owner whose memory may be used again.</summary>
    public Dataspace? TakeFree()
    {
        foreach (var dataspace in _dataspaces)
        {
            if (dataspace.Number != 0 && dataspace.IsOrphan && !IsHeld(dataspace) && !IsQuarantined(dataspace))
                return dataspace;
        }

        return null;
    }

    /// <summary>Takes a dataspace out; nobody holds it.</summary>
    public void Remove(Dataspace dataspace)
    {
        foreach (var share in _shares)
        {
            if (share.Dataspace == dataspace)
                End(share);
        }

        dataspace.Number = 0;
    }

    /// <summary>Pages of ended lives of an owner that servers have not let go of yet.</summary>
    public ulong HeldOfEnded(int owner)
    {
        ulong pages = 0;
        foreach (var dataspace in _dataspaces)
        {
            if (dataspace.Number != 0 && dataspace.IsOrphan && dataspace.Owner == owner && IsHeld(dataspace))
                pages += dataspace.Pages;
        }

        return pages;
    }

    /// <summary>A share whose server has not let go in time; null when there is none.</summary>
    public DataspaceShare? FindOverdue(ulong now)
    {
        foreach (var share in _shares)
        {
            if (share.Dataspace != null && !share.IsQuarantined && share.Deadline != 0 && share.Deadline <= now)
                return share;
        }

        return null;
    }

    /// <summary>The next deadline; 0 when there is none.</summary>
    public ulong NextDeadline()
    {
        ulong next = 0;
        foreach (var share in _shares)
        {
            if (share.Dataspace != null && !share.IsQuarantined && share.Deadline != 0 && (next == 0 || share.Deadline < next))
                next = share.Deadline;
        }

        return next;
    }
}
