// Guest memory in the guest's physical address space: up to 3 GiB below the window for PCI devices, the rest above 4 GiB.
using System;
using Kilonova.Abi;
using Kilonova.Runtime;

namespace Kilonova.Vmm.Monitors;

/// <summary>Where guest memory lies.</summary>
internal static class GuestLayout
{
    /// <summary>First address of the window for PCI devices: behind the lower part of memory.</summary>
    internal const uint PciWindow = 0xc000_0000;

    /// <summary>Last address of that window.</summary>
    internal const uint PciWindowLast = 0xdfff_ffff;

    private const ulong HighMemory = 0x1_0000_0000;

    /// <summary>Where a guest-physical address of memory lies in the guest's dataspace.</summary>
    internal static ulong OffsetOf(ulong address) => address < PciWindow ? address : address - HighMemory + PciWindow;

    /// <summary>Gives the guest its memory.</summary>
    internal static void Add(GuestMemory memory)
    {
        var length = GuestImages.MemoryLength;
        var low = Math.Min(length, PciWindow);
        Require(memory.Add(0, new GuestBacking(0, low)), "memory"u8);
        Component.Require(GuestImages.Map(0, 0, low), "guest memory"u8);
        if (length == low)
            return;

        Require(memory.Add(HighMemory, new GuestBacking(low, length - low)), "memory"u8);
        Component.Require(GuestImages.Map(low, HighMemory, length - low), "guest memory"u8);
    }

    /// <summary>Ends the component if a part of its machine cannot be: a defect of the composition.</summary>
    internal static void Require(bool condition, ReadOnlySpan<byte> what)
    {
        if (!condition)
            Faults.Fail(what);
    }
}
