using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Objects;

/// <summary>create_sc, create_pt, create_sm and the refusals of ctrl_sc and ctrl_pt, sections 5.3.3 to 5.3.5, 5.4.3, 5.4.4.</summary>
internal static unsafe class OtherCreationTests
{
    private const uint AllBits = 0x1f;
    private const ulong SomeAddress = 0x1000;

    private static ulong s_local;
    private static ulong s_global;
    private static readonly ulong s_descriptor = SchedulingDescriptor.Slice(1, 1).Raw;

    internal static void Run()
    {
        s_local = Lab.Local(Lab.BootCpu)->Selector;
        s_global = Lab.Global(Lab.BootCpu, &Nothing)->Selector;
        Suite.Run("Create_sc_checks_budget_priority_and_class"u8, &DescriptorFields);
        Suite.Run("Create_sc_needs_an_empty_selector"u8, &ScSelector);
        Suite.Run("Create_sc_needs_a_domain_with_permission_SC"u8, &ScDomain);
        Suite.Run("Create_sc_needs_a_thread_with_permission_BIND_SC"u8, &ScThread);
        Suite.Run("Create_pt_needs_an_empty_selector"u8, &PtSelector);
        Suite.Run("Create_pt_needs_a_domain_with_permission_PT"u8, &PtDomain);
        Suite.Run("Create_pt_needs_a_thread_with_permission_BIND_PT"u8, &PtThread);
        Suite.Run("Create_sm_needs_an_empty_selector"u8, &SmSelector);
        Suite.Run("Create_sm_needs_a_domain_with_permission_SM"u8, &SmDomain);
        Suite.Run("A_new_semaphore_has_its_initial_counter"u8, &SmCounter);
        Suite.Run("Ctrl_sc_needs_a_scheduling_context_with_permission_CTRL"u8, &ControlSc);
        Suite.Run("Ctrl_pt_needs_a_portal_with_permission_CTRL"u8, &ControlPt);
    }

    private static void Nothing(nint argument)
    {
    }

    private static void DescriptorFields()
    {
        static Status Create(ulong descriptor) => Hypercalls.CreateSc(Lab.Selector(), Lab.Domain.Selector, s_global, descriptor);

        Check.Is(Create(SchedulingDescriptor.Slice(1, 0).Raw), Status.BAD_PAR, "budget 0"u8);
        Check.Is(Create(SchedulingDescriptor.Slice(0, 1).Raw), Status.BAD_PAR, "priority 0"u8);
        Check.Is(Create(0), Status.BAD_PAR, "all 0"u8);

        // No emulator that runs this has class of service (CPUID leaf 7, EBX bit 15).
        Check.Is(Create(SchedulingDescriptor.Slice(1, 1, 1).Raw), Status.BAD_PAR, "class 1"u8);
        Check.Is(Create(SchedulingDescriptor.Slice(1, 1, 0xffff).Raw), Status.BAD_PAR, "class 65535"u8);
        Check.Succeeds(Create(SchedulingDescriptor.Slice(1, 0xffff).Raw), "longest budget"u8);
    }

    private static void ScSelector()
    {
        for (var i = 0; i < Misuse.Count; i++)
            Check.Is(Hypercalls.CreateSc(Misuse.Selector(i), Lab.Domain.Selector, s_global, s_descriptor), Status.BAD_CAP, Misuse.Name(i));
    }

    private static void ScDomain()
    {
        for (var i = 0; i < Misuse.Count; i++)
        {
            if (i != Misuse.Domain)
                Check.Is(Hypercalls.CreateSc(Lab.Selector(), Misuse.Selector(i), s_global, s_descriptor), Status.BAD_CAP, Misuse.Name(i));
        }

        var weak = Lab.Weakened(Lab.Domain.Selector, AllBits & ~(uint)PdPermissions.SC);
        Check.Is(Hypercalls.CreateSc(Lab.Selector(), weak, s_global, s_descriptor), Status.BAD_CAP, "without SC"u8);
    }

    private static void ScThread()
    {
        for (var i = 0; i < Misuse.Count; i++)
        {
            if (i != Misuse.Thread)
            {
                Check.Is(
                    Hypercalls.CreateSc(Lab.Selector(), Lab.Domain.Selector, Misuse.Selector(i), s_descriptor), Status.BAD_CAP, Misuse.Name(i));
            }
        }

        var weak = Lab.Weakened(s_global, (uint)(EcPermissions.All & ~EcPermissions.BIND_SC));
        Check.Is(Hypercalls.CreateSc(Lab.Selector(), Lab.Domain.Selector, weak, s_descriptor), Status.BAD_CAP, "without BIND_SC"u8);
    }

    private static void PtSelector()
    {
        for (var i = 0; i < Misuse.Count; i++)
            Check.Is(Hypercalls.CreatePt(Misuse.Selector(i), Lab.Domain.Selector, s_local, SomeAddress), Status.BAD_CAP, Misuse.Name(i));
    }

    private static void PtDomain()
    {
        for (var i = 0; i < Misuse.Count; i++)
        {
            if (i != Misuse.Domain)
                Check.Is(Hypercalls.CreatePt(Lab.Selector(), Misuse.Selector(i), s_local, SomeAddress), Status.BAD_CAP, Misuse.Name(i));
        }

        var weak = Lab.Weakened(Lab.Domain.Selector, AllBits & ~(uint)PdPermissions.PT);
        Check.Is(Hypercalls.CreatePt(Lab.Selector(), weak, s_local, SomeAddress), Status.BAD_CAP, "without PT"u8);
    }

    private static void PtThread()
    {
        for (var i = 0; i < Misuse.Count; i++)
        {
            if (i != Misuse.Thread)
            {
                Check.Is(
                    Hypercalls.CreatePt(Lab.Selector(), Lab.Domain.Selector, Misuse.Selector(i), SomeAddress), Status.BAD_CAP, Misuse.Name(i));
            }
        }

        var weak = Lab.Weakened(s_local, (uint)(EcPermissions.All & ~EcPermissions.BIND_PT));
        Check.Is(Hypercalls.CreatePt(Lab.Selector(), Lab.Domain.Selector, weak, SomeAddress), Status.BAD_CAP, "without BIND_PT"u8);
    }

    private static void SmSelector()
    {
        for (var i = 0; i < Misuse.Count; i++)
            Check.Is(Hypercalls.CreateSm(Misuse.Selector(i), Lab.Domain.Selector, 0), Status.BAD_CAP, Misuse.Name(i));

        Check.Is(Hypercalls.CreateSm(Lab.SelectorCount, Lab.Domain.Selector, 0), Status.BAD_CAP, "selector SELNUM"u8);
        Check.Is(Hypercalls.CreateSm(ulong.MaxValue >> 8, Lab.Domain.Selector, 0), Status.BAD_CAP, "largest selector"u8);
    }

    private static void SmDomain()
    {
        for (var i = 0; i < Misuse.Count; i++)
        {
            if (i != Misuse.Domain)
                Check.Is(Hypercalls.CreateSm(Lab.Selector(), Misuse.Selector(i), 0), Status.BAD_CAP, Misuse.Name(i));
        }

        var weak = Lab.Weakened(Lab.Domain.Selector, AllBits & ~(uint)PdPermissions.SM);
        Check.Is(Hypercalls.CreateSm(Lab.Selector(), weak, 0), Status.BAD_CAP, "without SM"u8);
        Check.Is(Hypercalls.CreateSm(Lab.Selector(), Lab.SelectorCount, 0), Status.BAD_CAP, "domain at SELNUM"u8);
    }

    private static void SmCounter()
    {
        var sm = Lab.Semaphore(ulong.MaxValue);
        Check.Is(sm.Up(), Status.OVRFLOW, "the largest counter"u8);
        Check.Succeeds(sm.Down(1), "down"u8);
        Check.Is(Lab.Semaphore(0).Down(1), Status.TIMEOUT, "zero"u8);
    }

    private static void ControlSc()
    {
        for (var i = 0; i < Misuse.Count; i++)
        {
            if (i != Misuse.Time)
                Check.Is(new SchedulingContext(Misuse.Selector(i)).ReadTime(out _), Status.BAD_CAP, Misuse.Name(i));
        }

        Check.Is(new SchedulingContext(Lab.Selector()).ReadTime(out _), Status.BAD_CAP, "null capability"u8);
    }

    private static void ControlPt()
    {
        for (var i = 0; i < Misuse.Count; i++)
        {
            if (i != Misuse.Portal)
                Check.Is(new Portal(Misuse.Selector(i)).Configure(0, Mtd.None), Status.BAD_CAP, Misuse.Name(i));
        }

        var weak = new Portal(Lab.Weakened(Misuse.Selector(Misuse.Portal), (uint)(PtPermissions.All & ~PtPermissions.CTRL)));
        Check.Is(weak.Configure(0, Mtd.None), Status.BAD_CAP, "without CTRL"u8);
    }
}
