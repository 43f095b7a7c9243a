using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Objects;

/// <summary>create_pd, section 5.3.1.</summary>
internal static unsafe class DomainTests
{
    private const uint AllBits = 0x1f;
    private const uint Operations = 16;

    internal static void Run()
    {
        Suite.Run("A_domain_inherits_the_permissions_of_its_owners_capability"u8, &InheritsPermissions);
        Suite.Run("A_domain_gets_one_object_space_and_one_host_space"u8, &SingleSpaces);
        Suite.Run("A_domain_gets_any_number_of_port_and_MSR_spaces"u8, &MultipleSpaces);
        Suite.Run("Guest_spaces_need_hardware_virtualization"u8, &GuestSpaces);
        Suite.Run("DMA_spaces_need_an_IOMMU"u8, &DmaSpaces);
        Suite.Run("Unknown_space_types_are_BAD_PAR"u8, &UnknownOperations);
        Suite.Run("Create_pd_needs_an_empty_selector"u8, &NeedsEmptySelector);
        Suite.Run("Create_pd_needs_a_domain_with_permission_PD"u8, &NeedsDomain);
        Suite.Run("A_new_object_space_is_source_and_destination"u8, &ObjectSpaceHasAllPermissions);
        Suite.Run("A_new_port_space_is_source_and_destination"u8, &PortSpaceHasAllPermissions);
    }

    private static ulong NewDomain()
    {
        var selector = Lab.Selector();
        Check.Succeeds(Hypercalls.CreatePd(CreatePdOperation.ProtectionDomain, selector, Lab.Domain.Selector), "create_pd"u8);
        return selector;
    }

    private static void InheritsPermissions()
    {
        for (var bit = 0; bit < 5; bit++)
        {
            var permissions = (uint)PdPermissions.PD | 1u << bit;
            var owner = Lab.Weakened(Lab.Domain.Selector, permissions);
            var domain = Lab.Selector();
            Check.Succeeds(Hypercalls.CreatePd(CreatePdOperation.ProtectionDomain, domain, owner), "create_pd"u8);

            Check.Is(
                Hypercalls.CreatePd(CreatePdOperation.ProtectionDomain, Lab.Selector(), domain), Status.SUCCESS, "PD is there"u8);
            Check.Is(
                Hypercalls.CreateSm(Lab.Selector(), domain, 0),
                (permissions & (uint)PdPermissions.SM) != 0 ? Status.SUCCESS : Status.BAD_CAP,
                "SM"u8);

            // ABORTED: the permission is there, but the domain has no spaces yet.
            Check.Is(
                Hypercalls.CreateEc(0, Lab.Selector(), domain, Lab.EmptyPage(), Lab.BootCpu, 0, 0),
                (permissions & (uint)PdPermissions.EC) != 0 ? Status.ABORTED : Status.BAD_CAP,
                "EC"u8);
        }
    }

    private static void SingleSpaces()
    {
        var domain = NewDomain();
        Check.Succeeds(Hypercalls.CreatePd(CreatePdOperation.ObjectSpace, Lab.Selector(), domain), "object space"u8);
        Check.Is(Hypercalls.CreatePd(CreatePdOperation.ObjectSpace, Lab.Selector(), domain), Status.ABORTED, "second object space"u8);
        Check.Succeeds(Hypercalls.CreatePd(CreatePdOperation.HostSpace, Lab.Selector(), domain), "host space"u8);
        Check.Is(Hypercalls.CreatePd(CreatePdOperation.HostSpace, Lab.Selector(), domain), Status.ABORTED, "second host space"u8);

        var selector = Lab.Selector();
        Check.Is(Hypercalls.CreatePd(CreatePdOperation.ObjectSpace, selector, Lab.Domain.Selector), Status.ABORTED, "the root's"u8);
        Check.Succeeds(Hypercalls.CreateSm(selector, Lab.Domain.Selector, 0), "the selector stayed empty"u8);
    }

    private static void MultipleSpaces()
    {
        var domain = NewDomain();
        for (var i = 0; i < 3; i++)
        {
            Check.Succeeds(Hypercalls.CreatePd(CreatePdOperation.PioSpace, Lab.Selector(), domain), "port space"u8);
            Check.Succeeds(Hypercalls.CreatePd(CreatePdOperation.MsrSpace, Lab.Selector(), domain), "MSR space"u8);
        }
    }

    private static void GuestSpaces()
    {
        var possible = (RootTask.Hip->Features & (PlatformFeatures.VMX | PlatformFeatures.SVM)) != 0;
        var expected = possible ? Status.SUCCESS : Status.BAD_FTR;
        Check.Is(Hypercalls.CreatePd(CreatePdOperation.GuestSpace, Lab.Selector(), NewDomain()), expected, "guest space"u8);
    }

    private static void DmaSpaces()
    {
        var possible = (RootTask.Hip->Features & PlatformFeatures.IOMMU) != 0;
        var expected = possible ? Status.SUCCESS : Status.BAD_FTR;
        Check.Is(Hypercalls.CreatePd(CreatePdOperation.DmaSpace, Lab.Selector(), NewDomain()), expected, "DMA space"u8);
    }

    private static void UnknownOperations()
    {
        var domain = NewDomain();
        for (var operation = (uint)CreatePdOperation.MsrSpace + 1; operation < Operations; operation++)
            Check.Is(Hypercalls.CreatePd((CreatePdOperation)operation, Lab.Selector(), domain), Status.BAD_PAR, "operation"u8);
    }

    private static void NeedsEmptySelector()
    {
        var domain = NewDomain();
        for (var operation = 0u; operation <= (uint)CreatePdOperation.HostSpace; operation++)
        {
            for (var i = 0; i < Misuse.Count; i++)
                Check.Is(Hypercalls.CreatePd((CreatePdOperation)operation, Misuse.Selector(i), domain), Status.BAD_CAP, Misuse.Name(i));
        }

        Check.Is(Hypercalls.CreatePd(CreatePdOperation.ProtectionDomain, Lab.SelectorCount, domain), Status.BAD_CAP, "selector SELNUM"u8);
    }

    private static void NeedsDomain()
    {
        for (var operation = 0u; operation <= (uint)CreatePdOperation.MsrSpace; operation++)
        {
            for (var i = 0; i < Misuse.Count; i++)
            {
                if (i != Misuse.Domain)
                {
                    Check.Is(
                        Hypercalls.CreatePd((CreatePdOperation)operation, Lab.Selector(), Misuse.Selector(i)), Status.BAD_CAP, Misuse.Name(i));
                }
            }

            var weak = Lab.Weakened(Lab.Domain.Selector, AllBits & ~(uint)PdPermissions.PD);
            Check.Is(Hypercalls.CreatePd((CreatePdOperation)operation, Lab.Selector(), weak), Status.BAD_CAP, "without PD"u8);
            Check.Is(
                Hypercalls.CreatePd((CreatePdOperation)operation, Lab.Selector(), Lab.Selector()), Status.BAD_CAP, "null capability"u8);
        }
    }

    private static void ObjectSpaceHasAllPermissions()
    {
        var space = new ObjectSpace(Lab.Selector());
        Check.Succeeds(ObjectSpace.Create(space.Selector, new ProtectionDomain(NewDomain())), "object space"u8);
        var sm = Lab.Semaphore(5);
        Check.Succeeds(RootTask.ObjectSpace.Delegate(space, sm.Selector, 42, 0, AllBits), "into it"u8);
        var back = new Semaphore(Lab.Selector());
        Check.Succeeds(space.Delegate(RootTask.ObjectSpace, 42, back.Selector, 0, AllBits), "out of it"u8);
        Check.Succeeds(back.DownToZero(1), "the same semaphore"u8);
        Check.Is(sm.Down(1), Status.TIMEOUT, "has been emptied"u8);
    }

    private static void PortSpaceHasAllPermissions()
    {
        var space = new PioSpace(Lab.Selector());
        Check.Succeeds(PioSpace.Create(space.Selector, new ProtectionDomain(NewDomain())), "port space"u8);
        Check.Succeeds(RootTask.PioSpace.Delegate(space, SerialLine.Port, SerialLine.Order), "into it"u8);
        Check.Succeeds(space.Delegate(RootTask.PioSpace, SerialLine.Port, SerialLine.Order), "out of it"u8);
    }
}
