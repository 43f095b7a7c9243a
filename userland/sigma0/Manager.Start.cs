using System;
using System.Numerics;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

// How a component comes to life: exactly what its line grants, and nothing else.
internal sealed partial class Manager
{
    private const PdPermissions DomainPermissions = PdPermissions.EC | PdPermissions.PT | PdPermissions.SM;
    private const MemoryPermissions ReadWrite = MemoryPermissions.R | MemoryPermissions.W;

    /// <summary>Builds the component and lets it run.</summary>
    /// <returns>Why that failed; empty after success.</returns>
    private ReadOnlySpan<byte> Start(ComponentSlot slot)
    {
        var line = slot.Line;
        slot.Module = BootModules.Find(slot.Image);
        slot.Symbols = FindSymbols(slot.Image);
        slot.Cpus = line.Cpus & AvailableCpus;
        if (slot.Module < 0 || !ChildImage.TryRead(BootModules.Contents(slot.Module), out var image))
            return "no such image, or none that can be started"u8;

        if (slot.Cpus == 0)
            return "none of its CPUs exists"u8;

        slot.Entry = image.Entry;
        if (slot.Child.Create(line.KernelPages) != Status.SUCCESS)
            return "no kernel memory"u8;

        if (!MapImage(slot, image, out var end) || !MapStart(slot, end, out var start))
            return "its memory does not suffice"u8;

        if (slot.Guest != null)
        {
            var failure = GrantGuest(slot, slot.Guest, start);
            if (!failure.IsEmpty)
                return failure;
        }

        return GrantRights(slot) && Launch(slot) ? default : "the kernel refused; its kernel memory may not suffice"u8;
    }

    // An image x.elf has its symbols in x.symbols.
    private static int FindSymbols(ReadOnlySpan<byte> image)
    {
        Span<byte> name = stackalloc byte[ServiceOffer.MaxName * 2];
        var stem = image.Slice(0, Math.Max(0, image.LastIndexOf((byte)'.')));
        var suffix = ".symbols"u8;
        if (stem.IsEmpty || stem.Length + suffix.Length > name.Length)
            return -1;

        stem.CopyTo(name);
        suffix.CopyTo(name.Slice(stem.Length));
        return BootModules.Find(name.Slice(0, stem.Length + suffix.Length));
    }

    // Gives the first page behind the image.
    private bool MapImage(ComponentSlot slot, ChildImage image, out ulong end)
    {
        end = 0;
        for (var i = 0u; i < image.Count; i++)
        {
            if (!image.TryGetSegment(i, out var page, out var pages, out var permissions, out var physical, out var contents, out var offset))
                continue;

            end = Math.Max(end, page + pages);
            if ((permissions & MemoryPermissions.W) == 0)
            {
                if (slot.Child.Map(page, physical, pages, permissions) != Status.SUCCESS)
                    return false;

                continue;
            }

            if (!TryMap(slot, page, pages, permissions, out physical))
                return false;

            contents.CopyTo(MachinePages.Bytes(physical, pages).Slice(offset));
        }

        return true;
    }

    // Gives the physical page of the start-up page. The heap lies behind the image, a page apart: under the same page table if both are small.
    private bool MapStart(ComponentSlot slot, ulong end, out ulong physical)
    {
        physical = 0;
        const ulong Region = ComponentLayout.FirstRegion;
        var stackLow = Region + StackLayout.Size - ((ulong)slot.Line.StackPages << MachinePages.Shift);
        var heap = Aligned(end + 1, Piece(slot.Line.HeapPages));
        if (!TryMap(slot, Region >> MachinePages.Shift, 1, ReadWrite, out _)
            || !TryMap(slot, stackLow >> MachinePages.Shift, slot.Line.StackPages, ReadWrite, out _)
            || !TryMap(slot, heap, slot.Line.HeapPages, ReadWrite, out _)
            || !TryMap(slot, ComponentLayout.StartPage >> MachinePages.Shift, 1, MemoryPermissions.R, out physical))
            return false;

        slot.StartPage = physical;
        ref var start = ref MachinePages.StartPage(physical);
        start.Magic = StartPage.ExpectedMagic;
        start.StcFrequency = RootTask.Information.StcFrequency;
        start.Cpus = slot.Cpus;
        start.Features = RootTask.Information.Features;
        start.HeapStart = heap << MachinePages.Shift;
        start.HeapEnd = (heap + slot.Line.HeapPages) << MachinePages.Shift;
        start.Cpu = (uint)BitOperations.TrailingZeroCount(slot.Cpus);
        start.HostArchitecturalEvents = RootTask.Information.HostArchitecturalEvents;
        start.NameLength = (uint)slot.Line.Name.Length;
        start.ArgumentsLength = (uint)slot.Line.Arguments.Length;
        start.Life = slot.Life;
        start.StackLow = stackLow;
        start.Priority = slot.Line.Priority;
        if (slot.Line.HasDisplay)
        {
            start.DisplayKind = _display.Kind;
            start.DisplayAddress = _display.Address;
            start.DisplayPitch = _display.Pitch;
            start.DisplayWidth = _display.Width;
            start.DisplayHeight = _display.Height;
            start.DisplayColours = _display.Colours;
        }

        var bytes = MachinePages.Bytes(physical, 1);
        slot.Line.Name.AsSpan().CopyTo(bytes.Slice(StartPage.NameOffset, StartPage.MaxName));
        slot.Line.Arguments.AsSpan().CopyTo(bytes.Slice(StartPage.ArgumentsOffset, StartPage.MaxArguments));
        MachinePages.Clear(slot.CounterPage, 1);
        return slot.Child.Map(ComponentLayout.LogPage >> MachinePages.Shift, slot.LogPage, 1, ReadWrite) == Status.SUCCESS
            && slot.Child.Map(ComponentLayout.CounterPage >> MachinePages.Shift, slot.CounterPage, 1, ReadWrite) == Status.SUCCESS;
    }

    private bool GrantRights(ComponentSlot slot)
    {
        var status = slot.Child.Grant(_logWritten.Selector, ComponentSelectors.LogWritten, 0, (uint)SmPermissions.CTRL_UP);
        for (var cpu = 0u; cpu < _threads.Length && status == Status.SUCCESS; cpu++)
        {
            if ((slot.Cpus >> (int)cpu & 1) != 0)
            {
                status = slot.Child.GrantCpu(
                    cpu, _threads[cpu].Events, EventEntry<ComponentEvents>.Address, _threads[cpu].Calls, PortalEntry<ParentPortal>.Address,
                    new Identity(slot.Number, slot.Life, cpu).Value);
            }
        }

        foreach (var range in slot.Line.Ports)
        {
            if (status == Status.SUCCESS)
                status = slot.Child.GrantPorts(range.First, range.Count);
        }

        foreach (var range in slot.Line.DevicePages)
        {
            if (status == Status.SUCCESS)
                status = slot.Child.Map((ComponentLayout.Devices >> MachinePages.Shift) + range.First, range.First, range.Count, ReadWrite, Cacheability.UC);
        }

        if (slot.Line.HasDisplay && status == Status.SUCCESS)
            status = MapDisplay(slot);

        for (var i = 0; i < slot.Line.Interrupts.Length && status == Status.SUCCESS; i++)
            status = slot.Child.GrantInterrupt(slot.Line.Interrupts[i], ComponentSelectors.Interrupts + (ulong)i);

        return status == Status.SUCCESS;
    }

    // Text mode lies in a small window and is written a byte here and there; a framebuffer is written in long runs.
    private Status MapDisplay(ComponentSlot slot)
    {
        if (_display.Kind == DisplayKind.None)
            return Status.SUCCESS;

        var first = _display.Address >> MachinePages.Shift;
        var end = (_display.Address + _display.Length + MachinePages.Size - 1) >> MachinePages.Shift;
        var isText = _display.Kind == DisplayKind.Text;
        var status = slot.Child.Map(
            (ComponentLayout.Devices >> MachinePages.Shift) + first, first, end - first, ReadWrite, isText ? Cacheability.UC : Cacheability.WC);
        return isText && status == Status.SUCCESS ? slot.Child.GrantPorts(BootDisplay.CursorPorts, BootDisplay.CursorPortCount) : status;
    }

    private bool Launch(ComponentSlot slot)
    {
        var status = slot.Child.CreateThread((uint)BitOperations.TrailingZeroCount(slot.Cpus));
        if (status == Status.SUCCESS)
            status = slot.Child.GrantSelf(slot == _admission ? DomainPermissions | PdPermissions.SC : DomainPermissions);

        return status == Status.SUCCESS && StartFirstThread(slot);
    }

    // Fresh zeroed memory, charged to the component.
    private bool TryMap(
        ComponentSlot slot, ulong page, ulong pages, MemoryPermissions permissions, out ulong physical, ulong alignment = 1)
    {
        physical = 0;
        if (!slot.Memory.CanAdd(page, pages)
            || (!_pages.TryTake(pages, Math.Max(alignment, Likeness(page, pages)), out physical) && !_pages.TryTake(pages, alignment, out physical)))
            return false;

        _ = slot.Memory.TryAdd(page, pages, physical);
        MachinePages.Clear(physical, pages);
        return slot.Child.Map(page, physical, pages, permissions) == Status.SUCCESS;
    }

    // Pages aligned like their place go to the component in few large pieces; each piece costs the kernel a node of the component's memory.
    private static ulong Likeness(ulong page, ulong pages) => Math.Min(Piece(pages), page & (0 - page));

    // The largest piece that so many pages fill, up to a large page.
    private static ulong Piece(ulong pages)
    {
        const ulong LargePage = 512;
        return 1ul << BitOperations.Log2(Math.Clamp(pages, 1, LargePage));
    }

    private static ulong Aligned(ulong page, ulong alignment) => (page + alignment - 1) & ~(alignment - 1);
}
