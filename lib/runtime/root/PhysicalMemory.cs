using System;
using Kilonova.Abi;
using Kilonova.Formats;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>
/// Physical memory as a root task sees it: whatever it touches appears at <see cref="Window"/> plus its address, taken out of the NOVA host
/// space on first use. Used by the root task's first thread only.
/// </summary>
public unsafe struct PhysicalMemory : IPhysicalMemory
{
    /// <summary>Virtual address of physical address 0.</summary>
    public const ulong Window = 0x4000_0000_0000;

    private const ulong Limit = 0x2000_0000_0000;
    private const ulong PageSize = 4096;
    private const int PageShift = 12;
    private const uint MaxOrder = 18;

    /// <inheritdoc/>
    /// <remarks>
    /// Only memory that the kernel protects cannot be read. Reading it would fault, which hardly distinguishes it from a broken table: the
    /// caller asks for what firmware and boot loader name.
    /// </remarks>
    public readonly ReadOnlySpan<byte> Map(ulong address, uint length)
    {
        if (address >= Limit || length > int.MaxValue)
            return ReadOnlySpan<byte>.Empty;

        var first = address >> PageShift;
        var end = (address + length + PageSize - 1) >> PageShift;
        return TryMap(first, end - first, Window >> PageShift, MemoryPermissions.R, Cacheability.WB)
            ? new ReadOnlySpan<byte>((byte*)(Window + address), (int)length)
            : ReadOnlySpan<byte>.Empty;
    }

    /// <summary>Maps physical pages at their number plus an offset, in the largest naturally aligned pieces.</summary>
    /// <param name="first">First physical page.</param>
    /// <param name="pages">Number of pages.</param>
    /// <param name="offset">What is added to a physical page number to get the virtual one.</param>
    /// <param name="permissions">Permissions.</param>
    /// <param name="cacheability">Cacheability.</param>
    /// <returns>False when the kernel refused.</returns>
    public static bool TryMap(ulong first, ulong pages, ulong offset, MemoryPermissions permissions, Cacheability cacheability)
    {
        var nova = new HostSpace(RootSelectors.NovaHostSpace);
        var own = new HostSpace(RootSelectors.HostSpace);
        while (pages != 0)
        {
            var order = 0u;
            while (order < MaxOrder && ((first | (first + offset)) & ((2ul << (int)order) - 1)) == 0 && 2ul << (int)order <= pages)
                order++;

            if (nova.Delegate(own, first, first + offset, order, permissions, (uint)cacheability) != Status.SUCCESS)
                return false;

            first += 1ul << (int)order;
            pages -= 1ul << (int)order;
        }

        return true;
    }
}
