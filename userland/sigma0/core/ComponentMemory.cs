namespace Kilonova.Sigma0;

/// <summary>What a component holds of the machine's memory: an account in pages, and which pages lie where.</summary>
public sealed class ComponentMemory
{
    /// <summary>Most regions of a component.</summary>
    public const int MaxRegions = 32;

    private const ulong EndOfUserPages = 0x8_0000_0000 - 2;

    private readonly Region[] _regions = new Region[MaxRegions];

    /// <summary>Contiguous pages of a component.</summary>
    /// <param name="Page">First page number in the component.</param>
    /// <param name="Pages">Number of pages.</param>
    /// <param name="Physical">First physical page.</param>
    public readonly record struct Region(ulong Page, ulong Pages, ulong Physical);

    /// <summary>An account.</summary>
    /// <param name="quota">Pages that the component may have.</param>
    public ComponentMemory(ulong quota) => Quota = quota;

    /// <summary>Pages that it may have.</summary>
    public ulong Quota { get; }

    /// <summary>Pages that it has.</summary>
    public ulong Used { get; private set; }

    /// <summary>Number of regions.</summary>
    public int Count { get; private set; }

    /// <summary>A region.</summary>
    public Region this[int index] => _regions[index];

    /// <summary>Whether so many pages may be added at a place: within the account, over nothing else, in user memory.</summary>
    public bool CanAdd(ulong page, ulong pages)
    {
        if (pages == 0 || pages > Quota - Used || Count == MaxRegions || page == 0 || page >= EndOfUserPages || pages > EndOfUserPages - page)
            return false;

        for (var i = 0; i < Count; i++)
        {
            if (page < _regions[i].Page + _regions[i].Pages && _regions[i].Page < page + pages)
                return false;
        }

        return true;
    }

    /// <summary>Adds a region; false, and nothing changed, where <see cref="CanAdd"/> says no.</summary>
    public bool TryAdd(ulong page, ulong pages, ulong physical)
    {
        if (!CanAdd(page, pages))
            return false;

        _regions[Count++] = new Region(page, pages, physical);
        Used += pages;
        return true;
    }

    /// <summary>Takes the region out that begins at a page.</summary>
    public bool TryRemove(ulong page, out Region region)
    {
        for (var i = 0; i < Count; i++)
        {
            region = _regions[i];
            if (region.Page != page)
                continue;

            _regions[i] = _regions[--Count];
            Used -= region.Pages;
            return true;
        }

        region = default;
        return false;
    }

    /// <summary>Finds the region in which an address lies.</summary>
    public bool TryFind(ulong address, int pageShift, out Region region)
    {
        var page = address >> pageShift;
        for (var i = 0; i < Count; i++)
        {
            region = _regions[i];
            if (page - region.Page < region.Pages)
                return true;
        }

        region = default;
        return false;
    }

    /// <summary>Takes all regions out.</summary>
    public void Clear()
    {
        Count = 0;
        Used = 0;
    }
}
