using System;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Runtime;

/// <summary>What the component's line says about its guest, for safe code.</summary>
public static unsafe class GuestImages
{
    private const int PageShift = 12;
    private const uint LargestOrder = 18;

    /// <summary>Bytes of guest memory; 0 for a component that has no guest.</summary>
    public static ulong MemoryLength => Component.Information.GuestMemory;

    /// <summary>
    /// Offset in the guest's dataspace of the bytes behind guest memory that the guest never sees: for what is shared with the servers of
    /// its devices beside guest memory itself.
    /// </summary>
    public static ulong TailOffset => MemoryLength;

    /// <summary>Bytes of that tail.</summary>
    public static ulong TailLength => Component.Information.GuestTail;

    /// <summary>
    /// What is wanted of the guest, <see cref="GuestOrders"/>: the semaphore <see cref="ComponentSelectors.GuestOrdered"/> tells of changes.
    /// </summary>
    public static ulong Orders
    {
        get
        {
            fixed (StartPage* page = &Component.Information)
                return Volatile.Read(ref page->GuestOrders);
        }
    }

    /// <summary>The kernel that is to be started.</summary>
    public static ReadOnlySpan<byte> Kernel =>
        new((byte*)ComponentLayout.GuestKernel + Component.Information.GuestKernelOffset, (int)Component.Information.GuestKernelLength);

    /// <summary>Its initial RAM disk.</summary>
    public static ReadOnlySpan<byte> Disk =>
        new((byte*)ComponentLayout.GuestDisk + Component.Information.GuestDiskOffset, (int)Component.Information.GuestDiskLength);

    /// <summary>Its command line.</summary>
    public static ReadOnlySpan<byte> CommandLine
    {
        get
        {
            fixed (StartPage* page = &Component.Information)
                return new ReadOnlySpan<byte>((byte*)page + StartPage.CommandLineOffset, (int)page->CommandLineLength);
        }
    }

    /// <summary>Bytes of guest memory, or of the tail behind it. The caller has checked that offset and length lie within.</summary>
    public static Span<byte> Memory(ulong offset, int length) => new((byte*)ComponentLayout.GuestMemory + offset, length);

    /// <summary>The quadword at an offset in guest memory, aligned or not. The caller has checked that all of it lies within.</summary>
    public static ulong Load(ulong offset) => *(ulong*)(ComponentLayout.GuestMemory + offset);

    /// <summary>
    /// Lets the guest have a part of its memory at a guest-physical address, in pieces as large as its alignment allows: one of them costs
    /// the kernel as much as another.
    /// </summary>
    /// <param name="offset">Where in guest memory, a multiple of 4096.</param>
    /// <param name="address">Guest-physical address, a multiple of 4096.</param>
    /// <param name="length">Bytes, a multiple of 4096.</param>
    public static Status Map(ulong offset, ulong address, ulong length)
    {
        const MemoryPermissions All = MemoryPermissions.R | MemoryPermissions.W | MemoryPermissions.XS;
        var from = (ComponentLayout.GuestMemory + offset) >> PageShift;
        var to = address >> PageShift;
        var left = length >> PageShift;
        var host = new HostSpace(ComponentSelectors.HostSpace);
        var guest = new GuestSpace(ComponentSelectors.GuestSpace);
        while (left != 0)
        {
            var order = LargestOrder;
            while (((from | to) & ((1ul << (int)order) - 1)) != 0 || 1ul << (int)order > left)
                order--;

            var status = host.Delegate(guest, from, to, order, All);
            if (status != Status.SUCCESS)
                return status;

            from += 1ul << (int)order;
            to += 1ul << (int)order;
            left -= 1ul << (int)order;
        }

        return Status.SUCCESS;
    }
}
