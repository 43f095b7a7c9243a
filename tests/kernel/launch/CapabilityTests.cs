using System;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Launch;

/// <summary>What lies in the object spaces at boot, sections 6.1.3.1, 6.2 and 6.2.3.1.</summary>
internal static unsafe class CapabilityTests
{
    private const uint AllBits = 0x1f;

    internal static void Run()
    {
        Suite.Run("The_root_domains_capability_has_all_permissions"u8, &RootDomain);
        Suite.Run("The_root_object_space_is_source_and_destination"u8, &RootObjects);
        Suite.Run("The_root_scheduling_context_can_be_read"u8, &RootTime);
        Suite.Run("The_root_thread_is_a_global_thread_on_the_boot_cpu"u8, &RootThread);
        Suite.Run("The_NOVA_object_space_is_a_source_only"u8, &NovaObjects);
        Suite.Run("The_NOVA_object_space_holds_what_the_specification_lists"u8, &NovaContents);
        Suite.Run("All_other_selectors_are_empty"u8, &OthersAreEmpty);
        Suite.Run("The_root_port_space_is_empty_at_first"u8, &NoPorts);
    }

    private static void RootDomain()
    {
        var domain = Lab.Domain.Selector;
        var pd = Lab.Selector();
        Check.Succeeds(Hypercalls.CreatePd(CreatePdOperation.ProtectionDomain, pd, domain), "PD"u8);
        var ec = Lab.Selector();
        Check.Succeeds(Hypercalls.CreateEc(0, ec, domain, Lab.EmptyPage(), Lab.BootCpu, 0, RootSelectors.NoEvents), "EC"u8);
        Check.Succeeds(Hypercalls.CreatePt(Lab.Selector(), domain, ec, 0x1000), "PT"u8);
        Check.Succeeds(Hypercalls.CreateSm(Lab.Selector(), domain, 0), "SM"u8);
        var global = Lab.Selector();
        Check.Succeeds(
            Hypercalls.CreateEc(CreateEcFlags.Time, global, domain, Lab.EmptyPage(), Lab.BootCpu, 0, RootSelectors.NoEvents), "EC"u8);
        Check.Succeeds(Hypercalls.CreateSc(Lab.Selector(), domain, global, SchedulingDescriptor.Slice(1, 1).Raw), "SC"u8);
    }

    private static void RootObjects()
    {
        var sm = Lab.Semaphore(1);
        var copy = Lab.Selector();
        Check.Succeeds(RootTask.ObjectSpace.Delegate(RootTask.ObjectSpace, sm.Selector, copy, 0, AllBits), "TAKE and GRANT"u8);
        Check.Succeeds(new Semaphore(copy).Down(1), "arrived"u8);
    }

    private static void RootTime()
    {
        Check.Succeeds(RootTask.Time.ReadTime(out var time), "ctrl_sc"u8);
        Check.True(time > 0 && time <= Platform.Time, "what has passed at most"u8);
    }

    private static void OnRecall(ulong identifier, uint mtd)
    {
        s_recalls++;
        Server.Resume(Mtd.None);
    }

    private static uint s_recalls;

    private static void RootThread()
    {
        var portal = RootSelectors.BootEvents + RootTask.Hip->HostArchitecturalEvents + MicrohypervisorEvent.Recall;
        RootTask.Require(EventPortals.Bind(Lab.Domain, Lab.Local(Lab.BootCpu)->Selector, portal, 0, Mtd.None, &OnRecall), "portal"u8);
        Check.Succeeds(RootTask.Thread.Recall(false), "CTRL"u8);
        Check.Equal(s_recalls, 1, "recalled, through the events at selector 0"u8);
        Check.Is(
            Hypercalls.CreatePt(Lab.Selector(), Lab.Domain.Selector, RootTask.Thread.Selector, 0x1000), Status.BAD_CAP, "it is global"u8);
    }

    private static void NovaObjects()
    {
        Check.Is(
            RootTask.ObjectSpace.Delegate(RootTask.NovaObjectSpace, Lab.Semaphore(0).Selector, 0x8000, 0, AllBits), Status.BAD_CAP, "GRANT"u8);
    }

    private static ulong Take(ulong selector)
    {
        var own = Lab.Selector();
        Check.Succeeds(RootTask.NovaObjectSpace.Delegate(RootTask.ObjectSpace, selector, own, 0, AllBits), "TAKE"u8);
        return own;
    }

    // A space that can be taken from gives its first capability to nobody in particular: delegating onto itself needs both permissions.
    private static Status TakeFrom(ulong space, ulong target) => Hypercalls.CtrlPd(space, target, 0x1000, 0x1000, 0, AllBits, 0);

    private static void NovaContents()
    {
        var count = Lab.SelectorCount;
        var console = new Semaphore(Take(count - NovaObjectSpace.ConsoleSemaphore));
        Check.Succeeds(console.Up(), "console semaphore: CTRL_UP"u8);
        Check.Succeeds(console.Down(1), "console semaphore: CTRL_DN"u8);

        var objects = Take(count - NovaObjectSpace.ObjectSpace);
        Check.Succeeds(TakeFrom(objects, RootTask.ObjectSpace.Selector), "NOVA object space: TAKE"u8);
        Check.Is(TakeFrom(objects, objects), Status.BAD_CAP, "NOVA object space: no GRANT"u8);

        var host = Take(count - NovaObjectSpace.HostSpace);
        var rootHost = Take(count - NovaObjectSpace.RootHostSpace);
        Check.Succeeds(TakeFrom(host, rootHost), "NOVA host space: TAKE"u8);
        Check.Is(TakeFrom(host, host), Status.BAD_CAP, "NOVA host space: no GRANT"u8);
        Check.Succeeds(TakeFrom(rootHost, rootHost), "root host space: all"u8);

        var ports = Take(count - NovaObjectSpace.PioSpace);
        var rootPorts = Take(count - NovaObjectSpace.RootPioSpace);
        Check.Succeeds(TakeFrom(ports, rootPorts), "NOVA port space: TAKE"u8);
        Check.Is(TakeFrom(ports, ports), Status.BAD_CAP, "NOVA port space: no GRANT"u8);
        Check.Succeeds(TakeFrom(rootPorts, rootPorts), "root port space: all"u8);

        var registers = Take(count - NovaObjectSpace.MsrSpace);
        Check.Is(TakeFrom(registers, registers), Status.BAD_CAP, "NOVA MSR space: no GRANT"u8);

        var rootObjects = Take(count - NovaObjectSpace.RootObjectSpace);
        Check.Succeeds(TakeFrom(rootObjects, rootObjects), "root object space: all"u8);

        Check.Is(new Semaphore(Take(NovaObjectSpace.InterruptSemaphores)).Up(), Status.BAD_CAP, "interrupt semaphore: no CTRL_UP"u8);
        Check.Succeeds(
            new Semaphore(Take(NovaObjectSpace.InterruptSemaphores)).AssignInterrupt(AssignIntFlags.Masked, Lab.BootCpu, 0, out _, out _),
            "interrupt semaphore: ASSIGN"u8);
        Check.Succeeds(
            new SchedulingContext(Take(NovaObjectSpace.IdleSchedulingContexts)).ReadTime(out _), "idle scheduling context: CTRL"u8);
        Check.Is(
            new SchedulingContext(Take(NovaObjectSpace.IdleSchedulingContexts + Lab.CpuCount)).ReadTime(out _),
            Status.BAD_CAP,
            "no more idle contexts than CPUs"u8);
    }

    // A semaphore can be created wherever nothing is.
    private static void CheckEmpty(ulong selector)
    {
        Check.Succeeds(Hypercalls.CreateSm(selector, Lab.Domain.Selector, 0), "create_sm"u8);
        Check.Succeeds(RootTask.ObjectSpace.Remove(selector, 0), "remove"u8);
    }

    private static void OthersAreEmpty()
    {
        var last = Lab.SelectorCount - RootObjectSpace.SchedulingContext - 1;
        for (var i = 0ul; i < 64; i++)
            CheckEmpty(last - i);

        for (var selector = 0x8000ul; selector < last; selector += Math.Max(1, Lab.SelectorCount / 500))
            CheckEmpty(selector);
    }

    private static void NoPorts()
    {
        for (var port = 0u; port < 0x1_0000; port += 0x101)
        {
            if (port is >= SerialLine.Port and < SerialLine.Port + 8)
                continue;

            Fault.Expect();
            Check.Equal(Probe.In8(port), 1, "in"u8);
            Fault.Check(HostEvent.GP, "in"u8);
        }
    }
}
