using System.Threading;
using Kilonova.Abi;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Fuzz;

/// <summary>
/// A component on each CPU that minds its own business: calls a server, which hostile components may call too, counts and waits with
/// semaphores, looks after its memory. Everything must be as always.
/// </summary>
internal static unsafe class Bystander
{
    /// <summary>Above all that hostile components can have.</summary>
    private const uint Priority = 20;

    private const ulong Pages = 4;
    private const ulong Key = 0x5a17_c0de_5a17_c0de;
    private const uint Words = 20;

    private struct Place
    {
        internal ulong Portal;
        internal ulong ForOthers;
        internal ulong Counter;
        internal ulong* Memory;
        internal ulong Rounds;
    }

    private static Place* s_places;
    private static uint s_pauses;
    private static ulong s_paused;
    private static ulong s_resume;

    /// <summary>The portal that hostile components of a CPU get.</summary>
    internal static ulong PortalFor(uint cpu) => s_places[cpu].ForOthers;

    /// <summary>Rounds of all of them so far.</summary>
    internal static ulong Rounds
    {
        get
        {
            var sum = 0ul;
            for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
                sum += Volatile.Read(ref s_places[cpu].Rounds);

            return sum;
        }
    }

    /// <summary>Makes one on each CPU.</summary>
    internal static void Start()
    {
        s_places = (Place*)Lab.Memory(1 + ((ulong)sizeof(Place) * Lab.CpuCount >> 12));
        s_paused = Lab.Semaphore(0).Selector;
        s_resume = Lab.Semaphore(0).Selector;
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            var domain = Lab.NewDomain(out _, out var host, out _);
            Machinery.ShareImage(host);
            var block = Machinery.ShareRegion(host, (ulong)Lab.Memory(StackLayout.Size >> 12, StackLayout.Size >> 12), 0);
            var server = Lab.Selector();
            Machinery.CreateLocal(server, domain, block, cpu, RootSelectors.NoEvents);
            ref var place = ref s_places[cpu];
            place.Portal = Bind(server, 0);
            place.ForOthers = Bind(server, 1);
            place.Counter = Lab.Semaphore(0).Selector;
            place.Memory = (ulong*)Lab.Memory(Pages);
            for (var i = 0ul; i < Pages * 512; i++)
                place.Memory[i] = Pattern(cpu, i);

            _ = Lab.Run(cpu, &Live, (nint)cpu, Priority);
        }
    }

    /// <summary>Makes them all wait; returns when they do.</summary>
    internal static void Pause()
    {
        Volatile.Write(ref s_pauses, 1);
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
            Check.Succeeds(Lab.WaitFor(new Semaphore(s_paused), 60_000), "bystander came to its pause"u8);

        Volatile.Write(ref s_pauses, 0);
    }

    /// <summary>Ends the pause.</summary>
    internal static void Resume()
    {
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
            Check.Succeeds(new Semaphore(s_resume).Up(), "resume"u8);
    }

    private static ulong Bind(ulong server, ulong identifier)
    {
        var portal = Lab.Selector();
        RootTask.Require(EventPortals.Bind(Lab.Domain, server, portal, identifier, 0, &Answer), "portal"u8);
        return portal;
    }

    private static ulong Pattern(uint cpu, ulong index) => Dice.Mixed((index << 9) + cpu);

    // Runs in a domain of its own and uses nothing but stack and UTCB.
    private static void Answer(ulong identifier, uint mtd)
    {
        var utcb = Server.Utcb;
        if (identifier == 0)
        {
            for (var i = 0u; i < Words; i++)
                utcb[i] ^= Key;
        }

        Server.Reply(identifier == 0 ? Words : 1);
    }

    private static void Live(nint argument)
    {
        var cpu = (uint)argument;
        ref var place = ref s_places[cpu];
        var counter = new Semaphore(place.Counter);
        var sleep = new Semaphore(RootSelectors.Never);
        var portal = new Portal(place.Portal);
        var utcb = ThreadBlock.Current->Utcb;
        while (true)
        {
            var round = place.Rounds;
            for (var i = 0u; i < Words; i++)
                utcb[i] = Pattern(cpu, round + i);

            Check.Succeeds(portal.Call(Words, out var words), "bystander's call"u8);
            Check.Equal(words, Words, "words of the answer"u8);
            for (var i = 0u; i < Words; i++)
                Check.Equal(utcb[i], Pattern(cpu, round + i) ^ Key, "answer"u8);

            Check.Succeeds(counter.Up(), "bystander's up"u8);
            Check.Succeeds(counter.Down(), "bystander's down"u8);
            Check.Is(counter.Down(Platform.Time + Lab.Milliseconds(1) / 10), Status.TIMEOUT, "bystander's wait"u8);
            for (var i = round & 7; i < Pages * 512; i += 8)
                Check.Equal(place.Memory[i], Pattern(cpu, i), "bystander's memory"u8);

            Volatile.Write(ref place.Rounds, round + 1);
            if (Volatile.Read(ref s_pauses) != 0)
            {
                Check.Succeeds(new Semaphore(s_paused).Up(), "pause"u8);
                Check.Succeeds(new Semaphore(s_resume).Down(), "pause"u8);
            }

            Check.Is(sleep.Down(Lab.After(2)), Status.TIMEOUT, "bystander's sleep"u8);
        }
    }
}
