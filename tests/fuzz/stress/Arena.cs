using Kilonova.Abi;
using Kilonova.Fuzz;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Stress;

/// <summary>
/// Domains between which capabilities for objects, memory and ports are delegated to and fro while they are revoked at their origins, in
/// the root domain. Once the origins are revoked and nobody delegates any more, the arenas are empty.
/// </summary>
internal static unsafe class Arena
{
    private const int Count = 4;
    private const int Order = 6;
    private const ulong Size = 1ul << Order;
    private const ulong Objects = 0x2000;
    private const ulong Pages = 0x5_0000_0000 >> 12;
    private const ulong FirstPort = 0x3c0;
    private const uint AllRights = 0x1f;
    private const uint LargestPart = 4;

    private static ulong s_selectors;
    private static ulong s_origins;
    private static ulong s_memory;

    internal static void Prepare()
    {
        s_selectors = RootTask.TakeSelectors(4);
        s_origins = RootTask.TakeSelectors(Order);
        s_memory = (ulong)Lab.Memory(Size, Size) >> 12;
        for (var i = 0ul; i < Size; i++)
            RootTask.Require(Semaphore.Create(s_origins + i, Lab.Domain, 0), "origin"u8);

        RootTask.Require(RootTask.NovaPioSpace.Delegate(RootTask.PioSpace, FirstPort, Order), "ports"u8);
    }

    internal static void Create()
    {
        for (var i = 0ul; i < Count; i++)
        {
            var domain = DomainOf(i);
            RootTask.Require(ProtectionDomain.Create(domain.Selector, Lab.Domain), "arena"u8);
            RootTask.Require(ObjectSpace.Create(SpaceOf(i, 0), domain), "arena"u8);
            RootTask.Require(HostSpace.Create(SpaceOf(i, 1), domain), "arena"u8);
            RootTask.Require(PioSpace.Create(SpaceOf(i, 2), domain), "arena"u8);
        }
    }

    /// <summary>Revokes all origins: then nothing may be left. Lets the domains go.</summary>
    internal static void Remove()
    {
        for (var kind = 0u; kind < 3; kind++)
        {
            Check.Succeeds(Extension.Revoke(RootSpace(kind), Origin(kind), Order, AllRights, false), "revoke of all origins"u8);
            for (var i = 0ul; i < Count; i++)
            {
                for (var at = 0ul; at < Size; at++)
                {
                    Check.Succeeds(Extension.Lookup(SpaceOf(i, kind), Place(kind, at), out var mapping), "lookup"u8);
                    Check.Equal(mapping.Permissions, 0, "what is left when all origins are revoked"u8);
                }
            }
        }

        for (var i = 0ul; i < Count; i++)
        {
            Check.Succeeds(DomainOf(i).Kill(), "kill"u8);
            Check.Succeeds(RootTask.ObjectSpace.Remove(DomainOf(i).Selector, 2), "remove"u8);
        }
    }

    /// <summary>One part of one space to another, or from the origin.</summary>
    internal static void Delegate(ref Dice dice)
    {
        var kind = (uint)dice.Below(3);
        var order = (uint)dice.Below(LargestPart);
        var from = dice.Below(Size) & ~((1ul << (int)order) - 1);
        var to = kind == 2 ? from : dice.Below(Size) & ~((1ul << (int)order) - 1);
        var source = dice.Below(Count + 2);
        var isOrigin = source >= Count;
        Check.Succeeds(
            Hypercalls.CtrlPd(
                isOrigin ? RootSpace(kind) : SpaceOf(source, kind),
                SpaceOf(dice.Below(Count), kind),
                (isOrigin ? Origin(kind) : Base(kind)) + from,
                Base(kind) + to,
                order,
                dice.OneIn(3) ? (uint)dice.Below(AllRights + 1) : AllRights,
                0),
            "delegate"u8);
    }

    /// <summary>Revokes a part, at an origin without the origin itself.</summary>
    internal static void Revoke(ref Dice dice)
    {
        var kind = (uint)dice.Below(3);
        var order = (uint)dice.Below(LargestPart);
        var at = dice.Below(Size) & ~((1ul << (int)order) - 1);
        var where = dice.Below(Count * 2);
        var isOrigin = where >= Count;
        Check.Succeeds(
            Extension.Revoke(
                isOrigin ? RootSpace(kind) : SpaceOf(where, kind),
                (isOrigin ? Origin(kind) : Base(kind)) + at,
                order,
                dice.OneIn(3) ? (uint)dice.Below(AllRights + 1) : AllRights,
                !isOrigin && dice.OneIn(2)),
            "revoke"u8);
    }

    /// <summary>Looks something up; a capability found has a place and no more permissions than its origin.</summary>
    internal static void Look(ref Dice dice)
    {
        var kind = (uint)dice.Below(3);
        var at = Place(kind, dice.Below(Size));
        Check.Succeeds(Extension.Lookup(SpaceOf(dice.Below(Count), kind), at, out var mapping), "lookup"u8);
        if (mapping.Permissions != 0)
            Check.Equal(mapping.Base, at & ~((1ul << (int)mapping.Order) - 1), "base of a mapping"u8);
    }

    /// <summary>An origin to be sent as an item.</summary>
    internal static Item SomeItem(ref Dice dice) => dice.OneIn(2)
        ? Item.Delegate(ItemKind.Object, s_origins + dice.Below(Size), 0, AllRights)
        : Item.Delegate(ItemKind.Memory, s_memory + dice.Below(Size), 0, (uint)MemoryPermissions.R);

    private static ProtectionDomain DomainOf(ulong index) => new(s_selectors + index * 4);

    private static ulong SpaceOf(ulong index, uint kind) => s_selectors + index * 4 + 1 + kind;

    private static ulong RootSpace(uint kind) => kind switch
    {
        0 => RootTask.ObjectSpace.Selector,
        1 => RootTask.HostSpace.Selector,
        _ => RootTask.PioSpace.Selector,
    };

    private static ulong Origin(uint kind) => kind switch
    {
        0 => s_origins,
        1 => s_memory,
        _ => FirstPort,
    };

    private static ulong Base(uint kind) => kind switch
    {
        0 => Objects,
        1 => Pages,
        _ => FirstPort,
    };

    private static ulong Place(uint kind, ulong at) => Base(kind) + at;
}
