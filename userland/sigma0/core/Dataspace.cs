namespace Kilonova.Sigma0;

/// <summary>
/// Memory that an owner may share with the servers of its sessions: physical pages, mapped in each of them as siblings, so that nobody can
/// take them from anybody else. The owner pays. Entry of a <see cref="DataspaceTable"/>.
/// </summary>
public sealed class Dataspace
{
    /// <summary>Most separate pieces of physical memory.</summary>
    public const int MaxExtents = 8;

    private readonly Extent[] _extents = new Extent[MaxExtents];

    /// <summary>Contiguous physical pages.</summary>
    /// <param name="First">The first.</param>
    /// <param name="Pages">How many.</param>
    public readonly record struct Extent(ulong First, ulong Pages);

    /// <summary>Its number, never used again; 0 for an unused entry.</summary>
    public ulong Number { get; internal set; }

    /// <summary>Number of the component that owns it and pays for it.</summary>
    public int Owner { get; internal set; }

    /// <summary>Its size.</summary>
    public ulong Pages { get; private set; }

    /// <summary>Pages from the beginning on that are filled with zeros. Nobody may see the others.</summary>
    public ulong Cleared { get; set; }

    /// <summary>Where the owner sees it, as a page number; 0 while it does not.</summary>
    public ulong OwnerPage { get; set; }

    /// <summary>The owner has learnt where it lies, and may have told a device that nothing fences.</summary>
    public bool OwnerKnows { get; set; }

    /// <summary>Where the owner's devices see it, as a page number; 0 while they do not.</summary>
    public ulong OwnerDevicePage { get; set; }

    /// <summary>The owner's life is over: it goes as soon as nobody else holds it.</summary>
    public bool IsOrphan { get; internal set; }

    /// <summary>A device of the owner's may still write to it.</summary>
    public bool IsQuarantined { get; internal set; }

    /// <summary>Number of pieces.</summary>
    public int Extents { get; private set; }

    /// <summary>Whether it is filled with zeros, and so may be seen.</summary>
    public bool IsReady => Cleared == Pages;

    /// <summary>A piece.</summary>
    public Extent this[int index] => _extents[index];

    /// <summary>Adds a piece; false when there are <see cref="MaxExtents"/>.</summary>
    public bool TryAdd(ulong first, ulong pages)
    {
        if (Extents == MaxExtents)
            return false;

        _extents[Extents++] = new Extent(first, pages);
        Pages += pages;
        return true;
    }

    /// <summary>Finds a page.</summary>
    /// <param name="offset">Pages from the beginning.</param>
    /// <param name="first">The physical page.</param>
    /// <param name="pages">Pages that lie contiguously from there on.</param>
    /// <returns>False behind the end.</returns>
    public bool TryLocate(ulong offset, out ulong first, out ulong pages)
    {
        for (var i = 0; i < Extents; i++)
        {
            var extent = _extents[i];
            if (offset < extent.Pages)
            {
                first = extent.First + offset;
                pages = extent.Pages - offset;
                return true;
            }

            offset -= extent.Pages;
        }

        first = 0;
        pages = 0;
        return false;
    }

    internal void Reset(ulong number, int owner)
    {
        Number = number;
        Owner = owner;
        Pages = 0;
        Cleared = 0;
        OwnerPage = 0;
        OwnerKnows = false;
        OwnerDevicePage = 0;
        IsOrphan = false;
        IsQuarantined = false;
        Extents = 0;
    }
}

/// <summary>That the server of a session may see a dataspace, and where it does. Entry of a <see cref="DataspaceTable"/>.</summary>
public sealed class DataspaceShare
{
    /// <summary>The dataspace; null for an unused entry.</summary>
    public Dataspace? Dataspace { get; internal set; }

    /// <summary>Number of the session.</summary>
    public ulong Session { get; internal set; }

    /// <summary>Number of the component that may see it.</summary>
    public int Server { get; internal set; }

    /// <summary>Whether the server may write.</summary>
    public bool IsWritable { get; internal set; }

    /// <summary>What the client says that it is for.</summary>
    public uint Purpose { get; internal set; }

    /// <summary>The server has been told.</summary>
    public bool IsTold { get; set; }

    /// <summary>Where the server sees it, as a page number; 0 while it does not.</summary>
    public ulong Page { get; set; }

    /// <summary>The server has learnt where it lies, and may have told a device that nothing fences.</summary>
    public bool ServerKnows { get; set; }

    /// <summary>Where the server's devices see it, as a page number; 0 while they do not.</summary>
    public ulong DevicePage { get; set; }

    /// <summary>The system time at which the server must have let go; 0 while the session is open.</summary>
    public ulong Deadline { get; internal set; }

    /// <summary>The server's life is over, but a device of its may still write to the memory.</summary>
    public bool IsQuarantined { get; internal set; }
}
