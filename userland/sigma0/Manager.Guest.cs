using System;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Manifest;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

// What a component gets that is a virtual-machine monitor: memory for its guest, what the guest boots, and the guest's spaces.
internal sealed partial class Manager
{
    /// <summary>Grants it; <paramref name="startPage"/> is the physical page of the component's start-up page.</summary>
    /// <returns>Why that failed; empty after success.</returns>
    private ReadOnlySpan<byte> GrantGuest(ComponentSlot slot, GuestDefinition guest, ulong startPage)
    {
        // The guest executes it; the monitor, in user mode, only reads and writes.
        const MemoryPermissions Permissions = ReadWrite | MemoryPermissions.XS;
        const ulong Page = ComponentLayout.GuestMemory >> MachinePages.Shift;
        if (Allocate(slot, guest.AllPages, GuestLine.MemoryAlignment, DataspaceKinds.None, out var memory) != ContractStatus.Ok)
            return "no memory for its guest"u8;

        while (Prepare(memory) == ContractStatus.Busy)
        {
        }

        if (!slot.Memory.TryPlaceShared(Page, memory!.Pages) || !TryMap(slot, memory, Page, Permissions))
            return "no kernel memory for its guest's memory"u8;

        memory.OwnerPage = Page;

        var kernel = BootModules.Contents(BootModules.Find(guest.Kernel));
        var disk = guest.Disk.Length == 0 ? default : BootModules.Contents(BootModules.Find(guest.Disk));
        if (kernel.IsEmpty || (disk.IsEmpty && guest.Disk.Length != 0) || !MachinePages.IsAligned(kernel) || !MachinePages.IsAligned(disk))
            return "what its guest boots is not there"u8;

        var status = MapModule(slot, kernel, ComponentLayout.GuestKernel, out var kernelOffset);
        var diskOffset = 0u;
        if (status == Status.SUCCESS && !disk.IsEmpty)
            status = MapModule(slot, disk, ComponentLayout.GuestDisk, out diskOffset);

        if (status == Status.SUCCESS)
            status = slot.Child.GrantGuest();

        if (status != Status.SUCCESS)
            return status == Status.BAD_FTR ? "this machine has no virtual machines"u8 : "no kernel memory for its guest"u8;

        ref var start = ref MachinePages.StartPage(startPage);
        start.GuestMemory = guest.MemoryPages << MachinePages.Shift;
        start.GuestTail = GuestLine.TailPages << MachinePages.Shift;
        start.GuestDataspace = memory.Number;
        start.GuestKernelLength = (ulong)kernel.Length;
        start.GuestKernelOffset = kernelOffset;
        start.GuestDiskLength = (ulong)disk.Length;
        start.GuestDiskOffset = diskOffset;
        start.VirtualCpus = guest.VirtualCpus;
        start.CommandLineLength = (uint)guest.CommandLine.Length;
        guest.CommandLine.CopyTo(MachinePages.Bytes(startPage, 1).Slice(StartPage.CommandLineOffset, StartPage.MaxCommandLine));
        return default;
    }

    // The word of orders says what is to be so, and how often something was asked for: whatever its monitor has not looked at yet is kept.
    private static ContractStatus Order(ComponentSlot slot, GuestOrder order)
    {
        if (slot.Guest == null || slot.State != ComponentState.Running)
            return ContractStatus.NotFound;

        ref var orders = ref MachinePages.StartPage(slot.StartPage).GuestOrders;
        var next = order switch
        {
            GuestOrder.Pause => orders | GuestOrders.Paused,
            GuestOrder.Resume => orders & ~GuestOrders.Paused,
            GuestOrder.Reset => orders | GuestOrders.Reset,
            GuestOrder.PressButton => orders + (1ul << GuestOrders.PressesShift),
            GuestOrder.SwitchOff => orders | GuestOrders.Off,
            _ => ulong.MaxValue,
        };
        if (next == ulong.MaxValue)
            return ContractStatus.InvalidArgument;

        Volatile.Write(ref orders, next);
        slot.Child.NotifyGuest();
        return ContractStatus.Ok;
    }

    private ContractStatus Define(ComponentSlot slot, ReadOnlySpan<byte> definition)
    {
        if (slot.Guest == null)
            return ContractStatus.NotFound;

        return slot.State is ComponentState.Running or ComponentState.Restarting
            ? ContractStatus.Busy
            : slot.Guest.Change(definition, new GuestFiles(this));
    }

    /// <summary>For any thread: whether a guest is to stand still.</summary>
    internal static bool IsPaused(ComponentSlot slot) =>
        (Volatile.Read(ref MachinePages.StartPage(slot.StartPage).GuestOrders) & GuestOrders.Paused) != 0;

    // Boot modules. A monitor is what the manifest calls the image of some guest's component: nothing else gets what a monitor is given.
    private readonly struct GuestFiles : IGuestFiles
    {
        private readonly Manager _manager;

        internal GuestFiles(Manager manager) => _manager = manager;

        public bool IsMonitor(ReadOnlySpan<byte> image)
        {
            foreach (var slot in _manager.Slots)
            {
                if (slot.Guest != null && image.SequenceEqual(slot.Line.Image))
                    return true;
            }

            return false;
        }

        public bool Exists(ReadOnlySpan<byte> file) => BootModules.Find(file) >= 0;
    }

    // Read-only and shared: every guest that boots the file reads the same pages. They lie in large pages as they do in memory, so that
    // they are mapped in large pieces.
    private static Status MapModule(ComponentSlot slot, ReadOnlySpan<byte> module, ulong address, out uint offset)
    {
        var first = MachinePages.PageOf(module);
        var place = first % GuestLine.MemoryAlignment;
        offset = (uint)(place << MachinePages.Shift);
        var pages = ((ulong)module.Length + MachinePages.Size - 1) >> MachinePages.Shift;
        return slot.Child.Map((address >> MachinePages.Shift) + place, first, pages, MemoryPermissions.R);
    }
}
