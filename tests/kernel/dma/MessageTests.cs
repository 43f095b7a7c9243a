using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Dma;

/// <summary>Messages behind an IOMMU that remaps interrupts: whose they are, and where they go.</summary>
internal static unsafe class MessageTests
{
    private const uint AllBits = 0x1f;
    private const ulong Other = 0x3f8;
    private const uint MostUnseen = 4096;

    private static Semaphore s_interrupt;
    private static Semaphore s_arrived;

    internal static void Run()
    {
        Suite.Run("A_device_sends_the_message_that_was_attached"u8, &Arrives);
        Suite.Run("A_message_of_another_device_is_blocked_and_reported"u8, &Blocked);
        Suite.Run("A_message_of_assign_int_is_its_devices_alone"u8, &Authorised);
        Suite.Run("A_detached_message_does_not_arrive"u8, &Detached);
        Suite.Run("An_interrupt_that_nobody_waits_for_is_held_back"u8, &Storm);
        if (Lab.CpuCount > 1)
            Suite.Run("A_message_moves_to_every_cpu"u8, &EveryCpu);
    }

    /// <summary>The semaphore of a message.</summary>
    internal static Semaphore Take(ulong message)
    {
        var selector = Lab.Selector();
        Check.Succeeds(
            RootTask.NovaObjectSpace.Delegate(
                RootTask.ObjectSpace, NovaObjectSpace.InterruptSemaphores + RootTask.Hip->PinInterrupts + message, selector, 0, AllBits),
            "ctrl_pd"u8);
        return new Semaphore(selector);
    }

    private static void Attach(DeviceContext device, Semaphore interrupt, uint cpu)
    {
        Check.Succeeds(device.Attach(interrupt, 0, cpu, out var address, out var data), "attach"u8);
        Check.Equal(address >> 20, 0xfee, "an address of the interrupt range"u8);
        EduDevice.SetMessage(address, data);
    }

    private static void Arrives()
    {
        var device = ContextTests.New();
        var interrupt = Take(1);
        Attach(device, interrupt, Lab.BootCpu);
        for (var i = 0; i < 10; i++)
        {
            EduDevice.Interrupt();
            Check.Succeeds(Lab.WaitFor(interrupt), "interrupt"u8);
        }

        Check.Is(Lab.WaitFor(interrupt, 50), Status.TIMEOUT, "no more than were sent"u8);
        ContextTests.Drop(device);
    }

    private static void Blocked()
    {
        var device = ContextTests.New();
        var bell = Lab.Semaphore(0);
        Check.Succeeds(device.Watch(bell), "watch"u8);
        var interrupt = Take(2);
        Check.Succeeds(interrupt.AssignInterrupt(0, Lab.BootCpu, (uint)Other, out var address, out var data), "assign_int"u8);
        EduDevice.SetMessage(address, data);
        EduDevice.Interrupt();
        Check.Succeeds(Lab.WaitFor(bell), "the bell"u8);
        Check.Succeeds(device.Look(out var faults), "faults"u8);
        Check.Equal((ulong)faults.Fault, (ulong)DeviceFault.Interrupt, "an interrupt"u8);
        Check.Equal(faults.Requester, EduDevice.Requester, "the device"u8);
        Check.Is(Lab.WaitFor(interrupt, 50), Status.TIMEOUT, "nothing arrives"u8);
        ContextTests.Drop(device);
    }

    private static void Authorised()
    {
        var interrupt = Take(3);
        Check.Succeeds(interrupt.AssignInterrupt(0, Lab.BootCpu, EduDevice.Requester, out var address, out var data), "assign_int"u8);
        EduDevice.SetMessage(address, data);
        EduDevice.Interrupt();
        Check.Succeeds(Lab.WaitFor(interrupt), "interrupt"u8);
    }

    private static void Detached()
    {
        var device = ContextTests.New();
        var interrupt = Take(4);
        Attach(device, interrupt, Lab.BootCpu);
        EduDevice.Interrupt();
        Check.Succeeds(Lab.WaitFor(interrupt), "interrupt"u8);
        Check.Succeeds(device.Detach(interrupt), "detach"u8);
        EduDevice.Interrupt();
        Check.Is(Lab.WaitFor(interrupt, 50), Status.TIMEOUT, "detached"u8);
        Attach(device, interrupt, Lab.BootCpu);
        EduDevice.Interrupt();
        Check.Succeeds(Lab.WaitFor(interrupt), "attached again"u8);
        ContextTests.Drop(device);
        EduDevice.Interrupt();
        Check.Is(Lab.WaitFor(interrupt, 50), Status.TIMEOUT, "its context is gone"u8);
    }

    private static void Storm()
    {
        var device = ContextTests.New();
        var bell = Lab.Semaphore(0);
        Check.Succeeds(device.Watch(bell), "watch"u8);
        var interrupt = Take(5);
        Attach(device, interrupt, Lab.BootCpu);
        for (var i = 0u; i < MostUnseen + 100; i++)
            EduDevice.Interrupt();

        Check.Succeeds(Lab.WaitFor(bell), "the bell"u8);
        Check.Succeeds(device.Look(out var faults), "faults"u8);
        Check.Equal((ulong)faults.Fault, (ulong)DeviceFault.Storm, "a storm"u8);
        var seen = 1u;
        Check.Succeeds(Lab.WaitFor(interrupt), "interrupt"u8);
        while (Lab.WaitFor(interrupt, 20) == Status.SUCCESS)
            seen++;

        Check.Between(seen, 1, MostUnseen, "no more than until it was held back"u8);
        EduDevice.Interrupt();
        Check.Succeeds(Lab.WaitFor(interrupt), "let through again"u8);
        ContextTests.Drop(device);
    }

    private static void EveryCpu()
    {
        var device = ContextTests.New();
        s_interrupt = Take(6);
        s_arrived = Lab.Semaphore(0);
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            Attach(device, s_interrupt, cpu);
            _ = Lab.Run(cpu, &WaitOnce);
            EduDevice.Interrupt();
            Check.Succeeds(Lab.WaitFor(s_arrived), "arrived"u8);
        }

        ContextTests.Drop(device);
    }

    private static void WaitOnce(nint argument)
    {
        if (Lab.WaitFor(s_interrupt) == Status.SUCCESS)
            _ = s_arrived.Up();

        while (true)
            _ = new Semaphore(RootSelectors.Never).Down();
    }
}
