using Kilonova.Abi;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;

namespace Kilonova.Fuzz;

/// <summary>What the supervisor builds components of: shared pages, thread regions, threads in other domains.</summary>
internal static unsafe class Machinery
{
    internal const ulong StackPages = 4;

    /// <summary>Delegates pages of this program to the same addresses of another domain, in the largest pieces.</summary>
    internal static void Share(HostSpace host, ulong page, ulong pages, MemoryPermissions permissions)
    {
        while (pages != 0)
        {
            var order = 0;
            while (order < 9 && (page & ((2ul << order) - 1)) == 0 && 2ul << order <= pages)
                order++;

            RootTask.Require(RootTask.HostSpace.Delegate(host, page, page, (uint)order, permissions), "share"u8);
            page += 1ul << order;
            pages -= 1ul << order;
        }
    }

    /// <summary>The program itself, which nobody else may write.</summary>
    internal static void ShareImage(HostSpace host)
    {
        var first = (ulong)Image.Start >> 12;
        Share(host, first, (((ulong)Image.End + 0xfff) >> 12) - first, MemoryPermissions.R | MemoryPermissions.XU);
    }

    /// <summary>Prepares a region for a thread that shares it: block and stack, with a hole for the UTCB.</summary>
    internal static ThreadBlock* ShareRegion(HostSpace host, ulong region, nint argument)
    {
        var block = (ThreadBlock*)region;
        block->Utcb = (ulong*)(region + StackLayout.Utcb);
        block->StackLow = region + StackLayout.Size - (StackPages << 12);
        block->Argument = argument;
        Share(host, region >> 12, 1, MemoryPermissions.R | MemoryPermissions.W);
        Share(host, block->StackLow >> 12, StackPages, MemoryPermissions.R | MemoryPermissions.W);
        return block;
    }

    /// <summary>A local thread of another domain in a region.</summary>
    internal static void CreateLocal(ulong selector, ProtectionDomain domain, ThreadBlock* block, uint cpu, ulong events) =>
        RootTask.Require(
            ExecutionContext.CreateLocal(
                selector, domain, (ulong)block->Utcb >> 12, cpu, ThreadBlock.EntryStackOf((ulong)block), events, true),
            "local thread"u8);
}
