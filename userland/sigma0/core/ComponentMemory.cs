using System;

namespace Kilonova.Sigma0;

/// <summary>What a component holds of the machine's memory: an account in pages, and which pages lie where.</summary>
public sealed class ComponentMemory
{
    private const ulong EndOfUserPages = 0x8_0000_0000 - 2;

    // Regions besides those that the component pays for with at least a page each.
    private const int MaxShared = 64;
    private const ulong MaxOwn = 256;

    private readonly Region[] _regions;

    /// <summary>Contiguous pages of a component.</summary>
    /// <param name="Page">First page number in the component.</param>
    /// <param name="Pages">Number of pages.</param>
    /// <param name="Physical">First physical page; meaningless for memory that it shares.</param>
    /// <param name="IsShared">Whether this is a dataspace, which has its own account.</param>
    public readonly record struct Region(ulong Page, ulong Pages, ulong Physical, bool IsShared = false);

    /// <summary>An account.</summary>
    /// <param name="quota">Pages that the component may have.</param>
    public ComponentMemory(ulong quota)
    {
        Quota = quota;
        _regions = new Region[CapacityFor(quota)];
    }

    /// <summary>Most regions of a component with such an account.</summary>
    public static int CapacityFor(ulong quota) => (int)Math.Min(quota, MaxOwn) + MaxShared;

    /// <summary>Pages that it may have.</summary>
    public ulong Quota { get; }

    /// <summary>Pages that it has.</summary>
    public ulong Used { get; private set; }

    /// <summary>Number of regions.</summary>
    public int Count { get; private set; }

    /// <summary>A region.</summary>
    public Region this[int index] => _regions[index];

    /// <summary>Whether so many pages may be added at a place: within the account, over nothing else, in user memory.</summary>
    public bool CanAdd(ulong page, ulong pages) => CanCharge(pages) && IsPlace(page, pages);

    /// <summary>Adds a region; false, and nothing changed, where <see cref="CanAdd"/> says no.</summary>
    public bool TryAdd(ulong page, ulong pages, ulong physical)
    {
        if (!CanAdd(page, pages))
            return false;

        _regions[Count++] = new Region(page, pages, physical);
        Used += pages;
        return true;
    }

    /// <summary>Whether the account bears so many pages more.</summary>
    public bool CanCharge(ulong pages) => pages <= Quota - Used;

    /// <summary>Charges the account with pages that need not be in sight; false, and nothing changed, when it does not bear them.</summary>
    public bool TryCharge(ulong pages)
    {
        if (!CanCharge(pages))
            return false;

        Used += pages;
        return true;
    }

    /// <summary>Takes a charge back.</summary>
    public void Discharge(ulong pages) => Used -= pages;

    /// <summary>Notes that a dataspace lies somewhere; false, and nothing changed, when it cannot lie there.</summary>
    public bool TryPlaceShared(ulong page, ulong pages)
    {
        if (!IsPlace(page, pages))
            return false;

        _regions[Count++] = new Region(page, pages, 0, true);
        return true;
    }

    /// <summary>Forgets where a dataspace lies.</summary>
    public void RemoveShared(ulong page)
    {
        for (var i = 0; i < Count; i++)
        {
            if (_regions[i].IsShared && _regions[i].Page == page)
                _regions[i--] = _regions[--Count];
        }
    }

    // In user memory, over nothing else.
    private bool IsPlace(ulong page, ulong pages)
    {
        if (pages == 0 || Count == _regions.Length || page == 0 || page >= EndOfUserPages || pages > EndOfUserPages - page)
            return false;

        for (var i = 0; i < Count; i++)
        {
            if (page < _regions[i].Page + _regions[i].Pages && _regions[i].Page < page + pages)
                return false;
        }

        return true;
    }

    /// <summary>Takes the region of its own out that begins at a page.</summary>
    public bool TryRemove(ulong page, out Region region)
    {
        for (var i = 0; i < Count; i++)
        {
            region = _regions[i];
            if (region.Page != page || region.IsShared)
                continue;

            _regions[i] = _regions[--Count];
            Used -= region.Pages;
            return true;
        }

        region = default;
        return false;
    }

    /// <summary>Finds the region of its own in which an address lies.</summary>
    public bool TryFind(ulong address, int pageShift, out Region region)
    {
        var page = address >> pageShift;
        for (var i = 0; i < Count; i++)
        {
            region = _regions[i];
            if (page - region.Page < region.Pages && !region.IsShared)
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
