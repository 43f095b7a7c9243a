using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Rings;
using Kilonova.Runtime;

namespace Kilonova.Sessions;

/// <summary>Memory of the component's own that servers of its sessions may see. It lies where <see cref="Page"/> says until destroyed.</summary>
public readonly struct Dataspace
{
    private const int PageShift = 12;
    private const int LargeOrder = 9;

    private Dataspace(ulong number, ulong page, uint pages)
    {
        Number = number;
        Page = page;
        Pages = pages;
    }

    /// <summary>Its number, by which servers attach it; 0 for none.</summary>
    public ulong Number { get; }

    /// <summary>First page number.</summary>
    public ulong Page { get; }

    /// <summary>Its size.</summary>
    public uint Pages { get; }

    /// <summary>Its bytes; of more than 2 GiB the first.</summary>
    public MappedMemory Memory => MemoryAt(Page, Pages);

    /// <summary>Creates zeroed memory and maps it.</summary>
    /// <param name="pages">Its size.</param>
    /// <param name="alignment">Order of pages to which it is aligned, at most 18; 9 lets 2 MiB be mapped as one.</param>
    /// <param name="kinds">What it must be.</param>
    /// <param name="dataspace">The result.</param>
    /// <returns>Exhausted: over the account, no such memory, or no kernel memory to map it.</returns>
    public static ContractStatus Create(uint pages, int alignment, DataspaceKinds kinds, out Dataspace dataspace)
    {
        dataspace = default;
        var parent = Component.Parent;
        var status = parent.CreateDataspace(pages, (uint)alignment, kinds, out var number);
        if (status != ContractStatus.Ok)
            return status;

        do
            status = parent.PrepareDataspace(number);
        while (status == ContractStatus.Busy);

        if (status == ContractStatus.Ok)
            status = Map(number, 0, pages, alignment, out dataspace);

        if (status != ContractStatus.Ok)
            _ = parent.DestroyDataspace(number);

        return status;
    }

    /// <summary>The memory of a monitor's guest and the tail behind it, which it has from its first instruction on.</summary>
    public static Dataspace OfGuest()
    {
        ref readonly var start = ref Component.Information;
        var pages = (start.GuestMemory + start.GuestTail) >> PageShift;
        return new Dataspace(start.GuestDataspace, ComponentLayout.GuestMemory >> PageShift, (uint)pages);
    }

    /// <summary>Lets the server of a session attach it, and rings its bell.</summary>
    /// <param name="session">An open session.</param>
    /// <param name="isWritable">Whether the server may write.</param>
    /// <param name="purpose">What it is for, as the protocol says.</param>
    public ContractStatus ShareWith(ClientSession session, bool isWritable, uint purpose = 0) =>
        Component.Parent.ShareDataspace(Number, session.Number, isWritable, purpose);

    /// <summary>Gives it back. Busy while a server sees it; else it is gone.</summary>
    public ContractStatus Destroy()
    {
        var status = Component.Parent.DestroyDataspace(Number);
        if (status == ContractStatus.Ok)
            Mappings.Return(Page, Pages);

        return status;
    }

    /// <summary>For servers: maps a client's.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="session">The session by which it is shared.</param>
    /// <param name="pages">Its size.</param>
    /// <param name="alignment">Order of pages to which it is aligned here.</param>
    /// <param name="dataspace">The result, until <see cref="IParent.Release"/> of the session; then <see cref="ReturnAddresses"/>.</param>
    public static ContractStatus Attach(ulong number, ulong session, uint pages, int alignment, out Dataspace dataspace) =>
        Map(number, session, pages, alignment, out dataspace);

    /// <summary>The alignment at which memory of a size is best attached: whole large pages can be mapped as such.</summary>
    public static int AlignmentFor(uint pages) => pages % (1 << LargeOrder) == 0 ? LargeOrder : 0;

    /// <summary>For servers that have released the session: the addresses are free again.</summary>
    public void ReturnAddresses() => Mappings.Return(Page, Pages);

    private static ContractStatus Map(ulong number, ulong session, uint pages, int alignment, out Dataspace dataspace)
    {
        dataspace = default;
        if (!Mappings.TryTake(pages, 1ul << alignment, out var page))
            return ContractStatus.Exhausted;

        var status = Component.Parent.AttachDataspace(number, session, page, pages);
        if (status == ContractStatus.Ok)
            dataspace = new Dataspace(number, page, pages);
        else
            Mappings.Return(page, pages);

        return status;
    }

    private static MappedMemory MemoryAt(ulong page, uint pages) =>
        new((nuint)(page << PageShift), (int)Math.Min((ulong)pages << PageShift, int.MaxValue));
}
