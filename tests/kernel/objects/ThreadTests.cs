using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Objects;

/// <summary>create_ec, section 5.3.2, and ctrl_ec's refusals, section 5.4.2.</summary>
internal static unsafe class ThreadTests
{
    private const uint AllBits = 0x1f;
    private const uint MaxCpu = 0xfff;
    private const ulong MaxPage = (1ul << 52) - 1;

    internal static void Run()
    {
        Suite.Run("Create_ec_makes_threads_on_every_cpu"u8, &EveryCpu);
        Suite.Run("A_new_thread_has_its_UTCB_where_it_was_asked_for"u8, &UtcbIsMapped);
        Suite.Run("Create_ec_refuses_cpus_that_do_not_exist"u8, &BadCpu);
        Suite.Run("Create_ec_refuses_a_UTCB_outside_of_user_memory"u8, &BadUtcb);
        Suite.Run("Create_ec_refuses_virtual_cpus_without_virtualization"u8, &VirtualCpu);
        Suite.Run("Create_ec_needs_the_domains_spaces"u8, &NeedsSpaces);
        Suite.Run("Create_ec_needs_an_empty_selector"u8, &NeedsEmptySelector);
        Suite.Run("Create_ec_needs_a_domain_with_permission_EC"u8, &NeedsDomain);
        Suite.Run("Portals_bind_to_local_threads_only"u8, &PortalsNeedLocal);
        Suite.Run("Scheduling_contexts_bind_to_global_threads_only"u8, &TimeNeedsGlobal);
        Suite.Run("Ctrl_ec_needs_a_thread_with_permission_CTRL"u8, &RecallNeedsThread);
    }

    private static Status Create(uint flags, ulong selector, ulong page, uint cpu) =>
        Hypercalls.CreateEc(flags, selector, Lab.Domain.Selector, page, cpu, 0, RootSelectors.NoEvents);

    private static void EveryCpu()
    {
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            Check.Succeeds(Create(0, Lab.Selector(), Lab.EmptyPage(), cpu), "local"u8);
            Check.Succeeds(Create(CreateEcFlags.Time, Lab.Selector(), Lab.EmptyPage(), cpu), "global"u8);
            Check.Succeeds(Create(CreateEcFlags.Fpu, Lab.Selector(), Lab.EmptyPage(), cpu), "local with FPU"u8);
            Check.Succeeds(Create(CreateEcFlags.Fpu | CreateEcFlags.Time, Lab.Selector(), Lab.EmptyPage(), cpu), "global with FPU"u8);
        }
    }

    private static void UtcbIsMapped()
    {
        var page = Lab.EmptyPage();
        byte value;
        Fault.Expect();
        Check.Equal(Probe.Load(page << 12, &value), 1, "nothing is there before"u8);
        Fault.Check(HostEvent.PF, "fault"u8);

        Check.Succeeds(Create(0, Lab.Selector(), page, Lab.BootCpu), "create_ec"u8);
        var utcb = (byte*)(page << 12);
        for (var i = 0; i < Utcb.Size; i++)
        {
            if (utcb[i] != 0)
                Check.Equal(utcb[i], 0, "a new UTCB says nothing of what its memory held"u8);
        }

        for (var i = 0; i < Utcb.Size; i++)
            utcb[i] = (byte)i;

        Fault.Expect();
        Check.Equal(Probe.Load((page + 1) << 12, &value), 1, "one page only"u8);
        Fault.Check(HostEvent.PF, "fault"u8);
    }

    private static void BadCpu()
    {
        Check.Is(Create(0, Lab.Selector(), Lab.EmptyPage(), Lab.CpuCount), Status.BAD_CPU, "CPUNUM"u8);
        Check.Is(Create(CreateEcFlags.Time, Lab.Selector(), Lab.EmptyPage(), MaxCpu), Status.BAD_CPU, "largest number"u8);
    }

    private static void BadUtcb()
    {
        // The information page ends where user memory ends (section 6.2.3.2).
        var end = ((ulong)RootTask.Hip >> 12) + 1;
        Check.Is(Create(0, Lab.Selector(), end, Lab.BootCpu), Status.BAD_PAR, "first page behind user memory"u8);
        Check.Is(Create(0, Lab.Selector(), end * 2 - 1, Lab.BootCpu), Status.BAD_PAR, "not canonical"u8);
        Check.Is(Create(0, Lab.Selector(), MaxPage, Lab.BootCpu), Status.BAD_PAR, "last page of all"u8);
        Check.Is(Create(0, Lab.Selector(), MaxPage - end + 1, Lab.BootCpu), Status.BAD_PAR, "first page of the upper half"u8);
        Check.Is(Create(0, Lab.Selector(), end - 1, Lab.BootCpu), Status.BAD_PAR, "page of the information page"u8);
        var page = Lab.EmptyPage();
        Check.Is(Create(0, Lab.Selector(), page, Lab.BootCpu), Status.SUCCESS, "empty page"u8);
        Check.Is(Create(0, Lab.Selector(), page, Lab.BootCpu), Status.BAD_PAR, "page of another UTCB"u8);
    }

    private static void VirtualCpu()
    {
        if ((RootTask.Hip->Features & (PlatformFeatures.VMX | PlatformFeatures.SVM)) != 0)
            return;

        Check.Is(Create(CreateEcFlags.Guest, Lab.Selector(), Lab.EmptyPage(), Lab.BootCpu), Status.BAD_FTR, "virtual CPU"u8);
        Check.Is(
            Create(CreateEcFlags.Guest | CreateEcFlags.Time | CreateEcFlags.Fpu, Lab.Selector(), Lab.EmptyPage(), Lab.BootCpu),
            Status.BAD_FTR,
            "virtual CPU with all flags"u8);
    }

    private static void NeedsSpaces()
    {
        for (var missing = 0; missing < 3; missing++)
        {
            var domain = new ProtectionDomain(Lab.Selector());
            Check.Succeeds(ProtectionDomain.Create(domain.Selector, Lab.Domain), "create_pd"u8);
            if (missing != 0)
                Check.Succeeds(ObjectSpace.Create(Lab.Selector(), domain), "object space"u8);

            if (missing != 1)
                Check.Succeeds(HostSpace.Create(Lab.Selector(), domain), "host space"u8);

            if (missing != 2)
                Check.Succeeds(PioSpace.Create(Lab.Selector(), domain), "port space"u8);

            var selector = Lab.Selector();
            Check.Is(ExecutionContext.CreateLocal(selector, domain, 0x1000, Lab.BootCpu, 0, 0), Status.ABORTED, "a space is missing"u8);
            Check.Is(ExecutionContext.CreateGlobal(selector, domain, 0x1000, Lab.BootCpu, 0, 0), Status.ABORTED, "a space is missing"u8);
        }

        var complete = Lab.NewDomain(out _, out _, out _);
        Check.Succeeds(ExecutionContext.CreateLocal(Lab.Selector(), complete, 0x1000, Lab.BootCpu, 0, 0), "all are there"u8);
    }

    private static void NeedsEmptySelector()
    {
        for (var i = 0; i < Misuse.Count; i++)
            Check.Is(Create(0, Misuse.Selector(i), Lab.EmptyPage(), Lab.BootCpu), Status.BAD_CAP, Misuse.Name(i));

        Check.Is(Create(0, Lab.SelectorCount, Lab.EmptyPage(), Lab.BootCpu), Status.BAD_CAP, "selector SELNUM"u8);
    }

    private static void NeedsDomain()
    {
        for (var i = 0; i < Misuse.Count; i++)
        {
            if (i != Misuse.Domain)
            {
                Check.Is(
                    Hypercalls.CreateEc(0, Lab.Selector(), Misuse.Selector(i), Lab.EmptyPage(), Lab.BootCpu, 0, 0),
                    Status.BAD_CAP,
                    Misuse.Name(i));
            }
        }

        var weak = Lab.Weakened(Lab.Domain.Selector, AllBits & ~(uint)PdPermissions.EC);
        Check.Is(Hypercalls.CreateEc(0, Lab.Selector(), weak, Lab.EmptyPage(), Lab.BootCpu, 0, 0), Status.BAD_CAP, "without EC"u8);
    }

    private static ulong NewThread(uint flags)
    {
        var selector = Lab.Selector();
        Check.Succeeds(Create(flags, selector, Lab.EmptyPage(), Lab.BootCpu), "create_ec"u8);
        return selector;
    }

    private static void PortalsNeedLocal()
    {
        Check.Succeeds(Hypercalls.CreatePt(Lab.Selector(), Lab.Domain.Selector, NewThread(0), 0x1000), "local"u8);
        Check.Is(
            Hypercalls.CreatePt(Lab.Selector(), Lab.Domain.Selector, NewThread(CreateEcFlags.Time), 0x1000), Status.BAD_CAP, "global"u8);
        Check.Is(
            Hypercalls.CreatePt(Lab.Selector(), Lab.Domain.Selector, RootTask.Thread.Selector, 0x1000), Status.BAD_CAP, "the root thread"u8);
    }

    private static void TimeNeedsGlobal()
    {
        Check.Is(
            Hypercalls.CreateSc(Lab.Selector(), Lab.Domain.Selector, NewThread(0), SchedulingDescriptor.Slice(1, 1).Raw),
            Status.BAD_CAP,
            "local"u8);
    }

    private static void RecallNeedsThread()
    {
        for (var i = 0; i < Misuse.Count; i++)
        {
            if (i != Misuse.Thread)
            {
                Check.Is(new ExecutionContext(Misuse.Selector(i)).Recall(false), Status.BAD_CAP, Misuse.Name(i));
                Check.Is(new ExecutionContext(Misuse.Selector(i)).Recall(true), Status.BAD_CAP, Misuse.Name(i));
            }
        }

        var weak = new ExecutionContext(Lab.Weakened(NewThread(0), (uint)(EcPermissions.All & ~EcPermissions.CTRL)));
        Check.Is(weak.Recall(false), Status.BAD_CAP, "without CTRL, weak"u8);
        Check.Is(weak.Recall(true), Status.BAD_CAP, "without CTRL, strong"u8);
    }
}
