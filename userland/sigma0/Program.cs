using System;
using Kilonova.Formats;
using Kilonova.Manifest;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

/// <summary>
/// The root task: reads the manifest that its argument "manifest=name" names among the boot modules, and becomes the parent of all
/// components in it. docs/components.md, docs/manifests.md.
/// </summary>
internal static class Program
{
    // Pages that stay with the root task for the stacks of its own threads, per CPU and besides.
    private const ulong PagesPerCpu = 64;
    private const ulong OwnPages = 256;
    private const int MaxRanges = 64;
    private const uint PrinterPriority = 2;
    private const uint PrinterSlice = 10;

    // Written once, before any component runs.
    internal static Manager Manager { get; private set; } = null!;

    private static void Main()
    {
        BootModules.Initialize();
        MachineMap.Initialize();
        var name = CommandLine.Value(RootTask.CommandLine, "manifest"u8);
        var module = BootModules.Find(name);
        if (name.IsEmpty || !ManifestFormat.TryRead(BootModules.Contents(module), out var lines))
        {
            Faults.Fail("no manifest among the boot modules, or not one of this version"u8);
            return;
        }

        var pages = TakeMemory(lines);
        var wake = NewSemaphore();
        var written = NewSemaphore();
        Manager = new Manager(lines, pages, wake, written);
        if (!pages.TryTake(1, 1, out var logPage))
            Faults.Fail("out of memory"u8);

        MachinePages.Clear(logPage, 1);
        LogPrinter.Prepare(logPage, written, NewSemaphore());
        RootLog.Redirect(logPage, written);
        Log.Write($"{lines.Length} components, {pages.Free} pages of memory free");
        RootThreads.Start<LogPrinter>(
            RootTask.Information.BootCpu, "log"u8, SchedulingDescriptor.Slice(PrinterPriority, PrinterSlice));
        Manager.Run();
    }

    private static PageAllocator TakeMemory(ComponentLine[] lines)
    {
        Span<ulong> firsts = stackalloc ulong[MaxRanges];
        Span<ulong> counts = stackalloc ulong[MaxRanges];
        var ranges = MachinePages.TakeAll(OwnPages + PagesPerCpu * RootTask.Information.CpuCount, firsts, counts);

        // An allocation for each region, two pages that each component keeps, a page for the own log.
        var allocations = ranges + 2 * lines.Length + 1 + DataspaceTable.MaxDataspaces * Dataspace.MaxExtents;
        foreach (var line in lines)
            allocations += ComponentMemory.CapacityFor(line.MemoryPages);

        var pages = new PageAllocator(allocations);
        for (var i = 0; i < ranges; i++)
            pages.Add(firsts[i], counts[i]);

        return pages;
    }

    private static Semaphore NewSemaphore()
    {
        var selector = RootTask.TakeSelector();
        RootTask.Require(Semaphore.Create(selector, RootTask.Domain, 0), "semaphore"u8);
        return new Semaphore(selector);
    }
}
