using System;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Objects;

/// <summary>
/// Section 4.1, bit by bit: a capability with one permission alone allows what that permission is for, and nothing else. Capabilities for
/// memory, ports and interrupts have their tests where they are used; EVENT of portals is tested with the events.
/// </summary>
internal static unsafe class PermissionTests
{
    private const uint AllBits = 0x1f;

    private static ulong s_local;
    private static ulong s_global;

    internal static void Run()
    {
        Suite.Run("Each_permission_of_a_domain_allows_one_kind_of_creation"u8, &Domains);
        Suite.Run("Each_permission_of_a_thread_allows_one_use"u8, &Threads);
        Suite.Run("Each_permission_of_a_portal_allows_one_use"u8, &Portals);
        Suite.Run("Each_permission_of_a_semaphore_allows_one_use"u8, &Semaphores);
        Suite.Run("Each_permission_of_a_space_allows_one_direction"u8, &Spaces);
        Suite.Run("CTRL_is_the_only_permission_of_a_scheduling_context"u8, &Times);
        Suite.Run("Permissions_that_are_not_defined_are_nobodys"u8, &Undefined);
    }

    private static void Prepare()
    {
        s_local = Lab.Selector();
        s_global = Lab.Selector();
        Check.Succeeds(CreateEc(s_local, Lab.Domain.Selector, 0), "local thread"u8);
        Check.Succeeds(CreateEc(s_global, Lab.Domain.Selector, CreateEcFlags.Time), "global thread"u8);
    }

    private static Status CreateEc(ulong selector, ulong domain, uint flags) =>
        Hypercalls.CreateEc(flags, selector, domain, Lab.EmptyPage(), Lab.BootCpu, 0, RootSelectors.NoEvents);

    private static void Is(Status got, uint permission, uint needed, ReadOnlySpan<byte> what) =>
        Check.Is(got, permission == needed ? Status.SUCCESS : Status.BAD_CAP, what);

    private static void Domains()
    {
        Prepare();
        for (var permission = 1u; permission <= (uint)PdPermissions.SM; permission <<= 1)
        {
            var domain = Lab.Weakened(Lab.Domain.Selector, permission);
            Is(Hypercalls.CreatePd(CreatePdOperation.ProtectionDomain, Lab.Selector(), domain), permission, (uint)PdPermissions.PD, "PD"u8);
            Is(Hypercalls.CreatePd(CreatePdOperation.MsrSpace, Lab.Selector(), domain), permission, (uint)PdPermissions.PD, "space"u8);
            Is(CreateEc(Lab.Selector(), domain, 0), permission, (uint)PdPermissions.EC, "EC"u8);
            Is(
                Hypercalls.CreateSc(Lab.Selector(), domain, s_global, SchedulingDescriptor.Slice(1, 1).Raw),
                permission,
                (uint)PdPermissions.SC,
                "SC"u8);
            Is(Hypercalls.CreatePt(Lab.Selector(), domain, s_local, 0x1000), permission, (uint)PdPermissions.PT, "PT"u8);
            Is(Hypercalls.CreateSm(Lab.Selector(), domain, 0), permission, (uint)PdPermissions.SM, "SM"u8);
        }
    }

    private static void Threads()
    {
        Prepare();
        var permissions = stackalloc EcPermissions[3] { EcPermissions.CTRL, EcPermissions.BIND_PT, EcPermissions.BIND_SC };
        for (var i = 0; i < 3; i++)
        {
            var permission = (uint)permissions[i];
            var local = Lab.Weakened(s_local, permission);
            var global = Lab.Weakened(s_global, permission);
            Is(new ExecutionContext(local).Recall(false), permission, (uint)EcPermissions.CTRL, "weak recall"u8);
            Is(new ExecutionContext(local).Recall(true), permission, (uint)EcPermissions.CTRL, "strong recall"u8);
            Is(Hypercalls.CreatePt(Lab.Selector(), Lab.Domain.Selector, local, 0x1000), permission, (uint)EcPermissions.BIND_PT, "PT"u8);
            Is(
                Hypercalls.CreateSc(Lab.Selector(), Lab.Domain.Selector, global, SchedulingDescriptor.Slice(1, 1).Raw),
                permission,
                (uint)EcPermissions.BIND_SC,
                "SC"u8);
        }
    }

    private static void Answer(ulong identifier, uint mtd) => Server.Reply(1);

    private static void Portals()
    {
        var portal = Lab.Server(Lab.BootCpu, &Answer);
        for (var permission = 1u; permission <= (uint)PtPermissions.EVENT; permission <<= 1)
        {
            var weak = new Portal(Lab.Weakened(portal.Selector, permission));
            Is(weak.Configure(1, Mtd.None), permission, (uint)PtPermissions.CTRL, "ctrl_pt"u8);
            Is(weak.Call(1, out _), permission, (uint)PtPermissions.CALL, "ipc_call"u8);
            Is(weak.TryCall(1, out _), permission, (uint)PtPermissions.CALL, "ipc_call with T"u8);
        }
    }

    private static void Semaphores()
    {
        var semaphore = Lab.Semaphore(10);
        for (var permission = 1u; permission <= (uint)SmPermissions.CTRL_DN; permission <<= 1)
        {
            var weak = new Semaphore(Lab.Weakened(semaphore.Selector, permission));
            Is(weak.Up(), permission, (uint)SmPermissions.CTRL_UP, "up"u8);
            Is(weak.Down(1), permission, (uint)SmPermissions.CTRL_DN, "down"u8);
            Is(weak.DownToZero(1), permission, (uint)SmPermissions.CTRL_DN, "down to zero"u8);
            Check.Succeeds(semaphore.Up(), "up"u8);
        }
    }

    private static void Spaces()
    {
        var domain = Lab.NewDomain(out var objects, out var host, out var ports);
        var msrs = Lab.Selector();
        Check.Succeeds(MsrSpace.Create(msrs, domain), "MSR space"u8);
        var spaces = stackalloc ulong[4] { objects.Selector, host.Selector, ports.Selector, msrs };
        for (var i = 0; i < 4; i++)
        {
            for (var permission = 1u; permission <= (uint)SpacePermissions.ASSIGN; permission <<= 1)
            {
                var weak = Lab.Weakened(spaces[i], permission);
                Is(Move(weak, spaces[i]), permission, (uint)SpacePermissions.TAKE, "as a source"u8);
                Is(Move(spaces[i], weak), permission, (uint)SpacePermissions.GRANT, "as a destination"u8);
                Is(Move(weak, weak), permission, 0, "as both"u8);
            }
        }
    }

    private static Status Move(ulong source, ulong destination) => Hypercalls.CtrlPd(source, destination, 0x10, 0x10, 0, AllBits, 0);

    private static void Times()
    {
        for (var permission = 1u; permission <= AllBits; permission <<= 1)
        {
            var weak = new SchedulingContext(Lab.Weakened(RootTask.Time.Selector, permission));
            Is(weak.ReadTime(out _), permission, (uint)ScPermissions.CTRL, "ctrl_sc"u8);
        }
    }

    // A capability that had an undefined permission would not become a null capability when only that is left.
    private static void Undefined()
    {
        Prepare();
        _ = Lab.NewDomain(out var objects, out var host, out _);
        IsNull(Lab.Weakened(s_local, AllBits & ~(uint)EcPermissions.All), "thread"u8);
        IsNull(Lab.Weakened(RootTask.Time.Selector, AllBits & ~(uint)ScPermissions.CTRL), "scheduling context"u8);
        IsNull(Lab.Weakened(Lab.Server(Lab.BootCpu, &Answer).Selector, AllBits & ~(uint)PtPermissions.All), "portal"u8);
        IsNull(
            Lab.Weakened(Lab.Semaphore(0).Selector, AllBits & ~(uint)(SmPermissions.CTRL_UP | SmPermissions.CTRL_DN)), "semaphore"u8);
        const uint Other = AllBits & ~(uint)(SpacePermissions.GRANT | SpacePermissions.TAKE);
        IsNull(Lab.Weakened(objects.Selector, Other), "object space"u8);
        IsNull(Lab.Weakened(host.Selector, Other), "host space"u8);
    }

    private static void IsNull(ulong selector, ReadOnlySpan<byte> what) =>
        Check.Succeeds(Hypercalls.CreateSm(selector, Lab.Domain.Selector, 0), what);
}
