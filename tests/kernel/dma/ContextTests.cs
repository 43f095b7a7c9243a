using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Dma;

/// <summary>Device contexts (docs/abi.md, Extensions): who may make and use them, and what they tell.</summary>
internal static unsafe class ContextTests
{
    private const uint AllBits = 0x1f;
    private const ulong Nowhere = 0x123_4000;

    private static Status s_status;
    private static ulong s_selector;

    internal static void Run()
    {
        Suite.Run("Device_contexts_are_announced"u8, &Announced);
        Suite.Run("Creating_a_device_context_checks_owner_range_and_place"u8, &Creates);
        Suite.Run("Device_contexts_are_made_by_the_root_domain_alone"u8, &RootOnly);
        Suite.Run("Unknown_operations_on_devices_are_BAD_PAR"u8, &UnknownOperations);
        Suite.Run("Each_permission_of_a_device_context_allows_its_operations"u8, &Permissions);
        Suite.Run("A_device_in_a_context_is_not_for_assign_dev"u8, &Exclusive);
        Suite.Run("A_context_puts_its_device_into_a_DMA_space_and_out"u8, &Assigns);
        Suite.Run("A_device_outside_of_its_DMA_space_is_contained_and_reported"u8, &Reports);
        Suite.Run("A_device_whose_context_is_gone_reaches_nothing"u8, &Gone);
    }

    /// <summary>A context for the device.</summary>
    internal static DeviceContext New()
    {
        var device = new DeviceContext(Lab.Selector());
        Check.Succeeds(DeviceContext.Create(device.Selector, Lab.Domain, EduDevice.Requester, EduDevice.Requester), "create"u8);
        return device;
    }

    /// <summary>Drops it, and waits for its end.</summary>
    internal static void Drop(DeviceContext device)
    {
        Check.Succeeds(RootTask.ObjectSpace.Remove(device.Selector, 0), "remove"u8);
        Lab.Sleep(200);
    }

    private static void Announced() => Check.True((RootTask.Hip->Features & PlatformFeatures.DeviceContexts) != 0, "feature"u8);

    private static void Creates()
    {
        // QEMU's table names the devices that there are, one by one.
        var own = EduDevice.Requester;
        var weak = new ProtectionDomain(Lab.Weakened(Lab.Domain.Selector, AllBits & ~(uint)PdPermissions.PD));
        Check.Is(DeviceContext.Create(Lab.Selector(), weak, own, own), Status.BAD_CAP, "owner without PD"u8);
        Check.Is(DeviceContext.Create(Lab.Domain.Selector, Lab.Domain, own, own), Status.BAD_CAP, "selector taken"u8);
        Check.Is(DeviceContext.Create(Lab.Selector(), Lab.Domain, own + 1, own), Status.BAD_PAR, "upside down"u8);
        Check.Is(DeviceContext.Create(Lab.Selector(), Lab.Domain, own, own + 0x100), Status.BAD_PAR, "two buses"u8);
        Check.Is(DeviceContext.Create(Lab.Selector(), Lab.Domain, own, own + 1), Status.BAD_DEV, "one that there is not"u8);
        Check.Is(DeviceContext.Create(Lab.Selector(), Lab.Domain, own | 0x1_0000, own | 0x1_0000), Status.BAD_DEV, "no such segment"u8);
        var device = New();
        Check.Is(DeviceContext.Create(Lab.Selector(), Lab.Domain, own, own), Status.ABORTED, "a second one"u8);
        Drop(device);
        Drop(New());
    }

    private static void RootOnly()
    {
        var portal = Lab.ForeignServer(&TryCreate, out _, out _);
        s_selector = 100;
        Check.Succeeds(portal.Call(1, out _), "call"u8);
        Check.Is(s_status, Status.BAD_HYP, "create by another domain"u8);
    }

    private static void TryCreate(ulong identifier, uint mtd)
    {
        s_status = DeviceContext.Create(s_selector, new ProtectionDomain(0), 0, 0);
        Server.Reply(1);
    }

    private static void UnknownOperations()
    {
        for (var operation = (ulong)DeviceOperation.Faults + 1; operation < 16; operation++)
        {
            var identifier = Extension.Identifier(ExtensionOperation.Device, Lab.Domain.Selector);
            Check.Is((Status)Syscall.Invoke(identifier, 0, 0, operation, 0), Status.BAD_PAR, "operation"u8);
        }
    }

    private static void Permissions()
    {
        var device = New();
        var space = SpaceTests.NewSpace();
        var onlyDma = new DeviceContext(Lab.Weakened(device.Selector, (uint)DevicePermissions.DMA));
        var onlyInterrupts = new DeviceContext(Lab.Weakened(device.Selector, (uint)DevicePermissions.INT));
        var interrupt = MessageTests.Take(0);
        var bell = Lab.Semaphore(0);
        Check.Is(onlyInterrupts.Assign(space), Status.BAD_CAP, "assign without DMA"u8);
        Check.Is(onlyInterrupts.Remove(), Status.BAD_CAP, "remove without DMA"u8);
        Check.Is(onlyInterrupts.Watch(bell), Status.BAD_CAP, "watch without DMA"u8);
        Check.Is(onlyInterrupts.Look(out _), Status.BAD_CAP, "faults without DMA"u8);
        Check.Is(onlyDma.Attach(interrupt, 0, Lab.BootCpu, out _, out _), Status.BAD_CAP, "attach without INT"u8);
        Check.Is(onlyDma.Detach(interrupt), Status.BAD_CAP, "detach without INT"u8);
        Check.Is(device.Assign(new DmaSpace(Lab.Weakened(space.Selector, (uint)SpacePermissions.GRANT))), Status.BAD_CAP, "space"u8);
        Check.Is(device.Watch(new Semaphore(Lab.Weakened(bell.Selector, (uint)SmPermissions.CTRL_DN))), Status.BAD_CAP, "bell"u8);
        Check.Is(device.Attach(bell, 0, Lab.BootCpu, out _, out _), Status.BAD_CAP, "no interrupt"u8);
        Check.Is(
            device.Attach(new Semaphore(Lab.Weakened(interrupt.Selector, (uint)SmPermissions.CTRL_DN)), 0, Lab.BootCpu, out _, out _),
            Status.BAD_CAP,
            "an interrupt without ASSIGN"u8);
        Check.Is(device.Attach(interrupt, 0, Lab.CpuCount, out _, out _), Status.BAD_CPU, "no such CPU"u8);
        Check.Is(device.Detach(interrupt), Status.BAD_PAR, "never attached"u8);
        Check.Succeeds(onlyDma.Assign(space), "assign with DMA"u8);
        Check.Succeeds(onlyInterrupts.Attach(interrupt, 0, Lab.BootCpu, out _, out _), "attach with INT"u8);
        Check.Succeeds(onlyInterrupts.Detach(interrupt), "detach with INT"u8);
        Check.Succeeds(RootTask.ObjectSpace.Remove(onlyDma.Selector, 0), "remove"u8);
        Check.Succeeds(RootTask.ObjectSpace.Remove(onlyInterrupts.Selector, 0), "remove"u8);
        Drop(device);
    }

    private static void Exclusive()
    {
        var device = New();
        Check.Is(SpaceTests.NewSpace().AssignDevice(EduDevice.UnitPage, EduDevice.Requester), Status.BAD_PAR, "assign_dev"u8);
        Drop(device);
        Check.Succeeds(SpaceTests.NewSpace().AssignDevice(EduDevice.UnitPage, EduDevice.Requester), "assign_dev afterwards"u8);
    }

    private static void Assigns()
    {
        var device = New();
        var memory = SpaceTests.Pages(21);
        var space = SpaceTests.NewSpace();
        SpaceTests.Map(space, memory);
        SpaceTests.CopyArrives(memory, false);
        Check.Succeeds(device.Assign(space), "assign"u8);
        SpaceTests.CopyArrives(memory, true);
        Check.Succeeds(device.Remove(), "remove"u8);
        SpaceTests.CopyArrives(memory, false);
        Drop(device);
    }

    private static void Reports()
    {
        var device = New();
        var bell = Lab.Semaphore(0);
        Check.Succeeds(device.Assign(SpaceTests.NewSpace()), "assign"u8);
        Check.Succeeds(device.Watch(bell), "watch"u8);
        Check.Succeeds(device.Look(out var faults), "faults"u8);
        Check.Equal(faults.Count, 0, "none yet"u8);
        EduDevice.Write(Nowhere, 64);
        Check.Succeeds(Lab.WaitFor(bell), "the bell"u8);
        Check.Succeeds(device.Look(out faults), "faults"u8);
        Check.Equal(faults.Count, 1, "one"u8);
        Check.Equal(faults.Address, Nowhere, "its address"u8);
        Check.Equal((ulong)faults.Fault, (ulong)DeviceFault.Write, "a write"u8);
        Check.Equal(faults.Requester, EduDevice.Requester, "the device"u8);

        // Silent until somebody looks.
        EduDevice.Read(Nowhere, 64);
        Check.Succeeds(Lab.WaitFor(bell), "the bell"u8);
        EduDevice.Read(Nowhere, 64);
        Check.Is(Lab.WaitFor(bell, 200), Status.TIMEOUT, "no bell"u8);
        Check.Succeeds(device.Look(out faults), "faults"u8);
        Check.Equal(faults.Count, 1, "noted once"u8);
        Check.Equal((ulong)faults.Fault, (ulong)DeviceFault.Read, "a read"u8);
        EduDevice.Read(Nowhere, 64);
        Check.Succeeds(Lab.WaitFor(bell), "the bell again"u8);
        Drop(device);
    }

    private static void Gone()
    {
        var device = New();
        var memory = SpaceTests.Pages(23);
        var space = SpaceTests.NewSpace();
        SpaceTests.Map(space, memory);
        Check.Succeeds(device.Assign(space), "assign"u8);
        SpaceTests.CopyArrives(memory, true);
        Drop(device);
        SpaceTests.CopyArrives(memory, false);
    }
}
