using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Runtime;

namespace Kilonova.Ahci;

/// <summary>The AHCI driver. Its arguments say who may open which disk, see <see cref="Blocks.DiskPolicy"/>; docs/blocks.md.</summary>
internal static class Program
{
    private static readonly ulong[][] s_scratch = new ulong[StartPage.MaxCpus][];

    // Written once, before the service is offered.
    internal static DiskTable Disks { get; } = new();

    /// <summary>For the dispatcher of the thread of a CPU.</summary>
    internal static Span<ulong> ScratchOf(uint cpu) => s_scratch[cpu];

    private static void Main()
    {
        for (var cpus = Component.Information.Cpus; cpus != 0; cpus &= cpus - 1)
            s_scratch[System.Numerics.BitOperations.TrailingZeroCount(cpus)] = new ulong[DisksDispatcher.ScratchWords];

        var thread = new DriverThread(Disks);
        thread.Start();
        Component.Require(ServiceThreads.Offer<DisksPortal>("disk"u8, thread.Bell), "offer"u8);
        thread.Run();
    }
}
