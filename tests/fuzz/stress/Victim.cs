using System.Threading;
using Kilonova.Abi;
using Kilonova.Fuzz;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Stress;

/// <summary>
/// A domain per CPU with a server that waits on a semaphore in the middle of calls. It is killed while it is called and made anew; its
/// selectors and its memory are used again.
/// </summary>
internal static unsafe class Victim
{
    private const int Order = 3;
    private const ulong FarGate = 0x40;
    private const uint AllRights = 0x1f;

    private static Place* s_places;

    private struct Place
    {
        internal ulong Selectors;
        internal ulong Region;
        internal ulong Gate;
        internal int Busy;
    }

    internal static void Prepare()
    {
        s_places = (Place*)Lab.Memory(1 + ((ulong)sizeof(Place) * Lab.CpuCount >> 12));
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            s_places[cpu].Selectors = RootTask.TakeSelectors(Order);
            s_places[cpu].Region = (ulong)Lab.Memory(StackLayout.Size >> 12, StackLayout.Size >> 12);
            s_places[cpu].Gate = Lab.Semaphore(0).Selector;
        }
    }

    internal static void Create(uint cpu)
    {
        ref var place = ref s_places[cpu];
        var domain = DomainOf(cpu);
        Require(ProtectionDomain.Create(domain.Selector, Lab.Domain));
        Require(Lab.Domain.MoveQuota(domain, 60, out _, out _));
        Require(ObjectSpace.Create(domain.Selector + 1, domain));
        Require(HostSpace.Create(domain.Selector + 2, domain));
        Require(PioSpace.Create(domain.Selector + 3, domain));
        var host = new HostSpace(domain.Selector + 2);
        Machinery.ShareImage(host);
        var block = Machinery.ShareRegion(host, place.Region, 0);
        Machinery.CreateLocal(domain.Selector + 4, domain, block, cpu, 0);
        Require(RootTask.ObjectSpace.Delegate(new ObjectSpace(domain.Selector + 1), place.Gate, FarGate, 0, AllRights));
        Require(Portal.Create(domain.Selector + 5, Lab.Domain, new ExecutionContext(domain.Selector + 4), Server.AddressOf(&Serve)));
    }

    internal static void Remove(uint cpu)
    {
        Check.Succeeds(DomainOf(cpu).Kill(), "kill"u8);
        Check.Succeeds(RootTask.ObjectSpace.Remove(s_places[cpu].Selectors, Order), "remove"u8);
    }

    /// <summary>Calls the victim of this CPU, whatever state it is in.</summary>
    internal static void Call(uint cpu, ref Dice dice)
    {
        var utcb = ThreadBlock.Current->Utcb;
        var key = dice.Next();
        utcb[0] = key;
        var portal = new Portal(s_places[cpu].Selectors + 5);
        var status = dice.OneIn(2) ? portal.Call(1, out _) : portal.TryCall(1, out _);
        if (status == Status.SUCCESS)
            Check.Equal(utcb[0], ~key, "answer of a victim"u8);
        else
            Check.True(status is Status.ABORTED or Status.BAD_CAP or Status.TIMEOUT, "status of a call to a victim"u8);
    }

    /// <summary>Lets a server that waits go on.</summary>
    internal static void Open(ref Dice dice) =>
        Check.Succeeds(new Semaphore(s_places[dice.Below(Lab.CpuCount)].Gate).Up(), "up"u8);

    /// <summary>Kills a victim of any CPU, unless somebody else is at it, and makes it anew.</summary>
    internal static void Kill(ref Dice dice)
    {
        var cpu = (uint)dice.Below(Lab.CpuCount);
        if (Interlocked.CompareExchange(ref s_places[cpu].Busy, 1, 0) != 0)
            return;

        Remove(cpu);
        Create(cpu);
        Volatile.Write(ref s_places[cpu].Busy, 0);
    }

    private static ProtectionDomain DomainOf(uint cpu) => new(s_places[cpu].Selectors);

    // In the victim's domain, with stack and UTCB alone.
    private static void Serve(ulong identifier, uint mtd)
    {
        var utcb = Server.Utcb;
        var key = utcb[0];
        if ((key & 3) == 0)
            _ = new Semaphore(FarGate).Down(Platform.Time + (key & 0xf_ffff));

        utcb[0] = ~key;
        Server.Reply(1);
    }

    private static void Require(Status status) => RootTask.Require(status, "victim"u8);
}
