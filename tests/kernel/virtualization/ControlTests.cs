using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using ExecutionContext = Kilonova.Nova.ExecutionContext;

namespace Kilonova.KernelTests.Virtualization;

/// <summary>Recall, end and memory of guests that run, many guests, and states that no CPU accepts.</summary>
internal static unsafe class ControlTests
{
    private const uint Recall = GuestEvent.Count + MicrohypervisorEvent.Recall;
    private const ulong Counter = 0x20010;
    private const ulong CounterPage = 0x20;

    internal static void Run()
    {
        Suite.Run("Creation_says_what_is_wrong"u8, &Creation);
        Suite.Run("A_guest_that_computes_is_recalled"u8, &RecallGuest);
        Suite.Run("A_guest_without_spaces_gets_an_event_instead"u8, &NoSpaces);
        Suite.Run("A_state_that_the_CPU_refuses_becomes_an_event"u8, &InvalidState);
        Suite.Run("A_guest_that_the_CPU_has_refused_is_interrupted_as_before"u8, &Refused);
        Suite.Run("A_guest_ends_while_it_runs"u8, &EndRunning);
        Suite.Run("A_monitor_that_is_killed_takes_its_guest_along"u8, &Poison);
        Suite.Run("More_guests_than_tags_keep_their_memories_apart"u8, &ManyGuests);
        if (Lab.CpuCount == 1)
            return;

        Suite.Run("A_guest_on_another_CPU_is_recalled"u8, &RecallElsewhere);
        Suite.Run("Memory_that_is_taken_away_is_gone_at_once_from_a_guest_on_another_CPU"u8, &Unmap);
        Suite.Run("Guests_on_all_CPUs_run_at_the_same_time"u8, &Everywhere);
    }

    private static void Creation()
    {
        var selector = Lab.Selector();
        Check.Is(
            ExecutionContext.CreateGuest(selector, Lab.Domain, 0, Lab.CpuCount, 0, false), Status.BAD_CPU, "no such CPU"u8);
        var page = 0ul;
        if (GuestVmx.Is)
        {
            Check.Is(ExecutionContext.CreateGuest(selector, Lab.Domain, page, Lab.BootCpu, 0, false), Status.BAD_PAR, "page 0"u8);
            page = Lab.EmptyPage();
        }

        Check.Succeeds(ExecutionContext.CreateGuest(selector, Lab.Domain, page, Lab.BootCpu, 0, false), "a virtual CPU"u8);
        Check.Is(
            Portal.Create(Lab.Selector(), Lab.Domain, new ExecutionContext(selector), Guest.Entry), Status.BAD_CAP, "no portals"u8);
        Check.Is(
            new ExecutionContext(selector).SetWindow(default, default, default), Status.BAD_PAR, "no windows"u8);
        Check.Succeeds(RootTask.ObjectSpace.Remove(selector, 0), "destroy"u8);
        var domain = new ProtectionDomain(Lab.Selector());
        Check.Succeeds(ProtectionDomain.Create(domain.Selector, Lab.Domain), "domain"u8);
        Check.Is(ExecutionContext.CreateGuest(selector, domain, page, Lab.BootCpu, 0, false), Status.ABORTED, "no spaces"u8);
    }

    private static void RecallGuest() => RecallOn(Lab.BootCpu, false);

    private static void RecallElsewhere() => RecallOn(Lab.OtherCpu, true);

    private static void RecallOn(uint cpu, bool strong)
    {
        var guest = Guest.Make(Mode.Real, Prog.Count, &OnCount, cpu);
        Guest.Start(guest);
        for (var i = 1u; i <= 3; i++)
        {
            AwaitProgress(guest);
            Check.Succeeds(new ExecutionContext(guest->Selector).Recall(strong), "recall"u8);
            Check.Succeeds(Lab.WaitFor(guest->Done), "the event comes"u8);
            Check.Equal(guest->Seen[0], i, "events"u8);
        }

        Guest.End(guest);
    }

    // The guest counts, whatever comes in between.
    private static void AwaitProgress(Guest* guest)
    {
        var counter = (uint*)(guest->Memory + Counter);
        var before = Volatile.Read(ref *counter);
        for (var i = 0; i < 2000 && Volatile.Read(ref *counter) == before; i++)
            Lab.Sleep(1);

        Check.True(Volatile.Read(ref *counter) != before, "the guest goes on"u8);
    }

    private static Mtd OnCount(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number == SvmEvent.NestedPageFault)
        {
            guest->Seen[1] = state->Qualification3;
            return Guest.Finish(guest);
        }

        if (number != Recall)
            return Guest.Unexpected(guest, number, state);

        guest->Seen[0]++;
        _ = guest->Done.Up();
        return Mtd.None;
    }

    private static void NoSpaces()
    {
        var guest = Guest.Make(Mode.Real, Prog.Time, &OnInvalid, Lab.BootCpu);
        RootTask.Require(RootTask.ObjectSpace.Remove(guest->Space.Selector, 0), "no space"u8);
        Guest.StartAndWait(guest);
        Check.Equal(guest->Seen[0], 1, "events"u8);
    }

    private static Mtd OnInvalid(Guest* guest, uint number, ArchitecturalState* state)
    {
        guest->Seen[0]++;
        return number == SvmEvent.Invalid ? Guest.Finish(guest) : Guest.Unexpected(guest, number, state);
    }

    private static void InvalidState() => Guest.Run(Mode.Real, Prog.RealPorts, &OnInvalidState);

    private static Mtd OnInvalidState(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number == SvmEvent.Io && guest->Seen[0]++ == 0)
        {
            // Reserved bits of CR0, by which no VMRUN gets.
            state->CR0 |= 1ul << 40;
            return Mtd.CR;
        }

        if (number == SvmEvent.Invalid)
        {
            // The state is as it was written or, on CPUs that do not keep it, the initial one; never the host's.
            Check.True(state->CR0 is 0 or 0x100_0000_0010, "CR0"u8);
            Check.True(state->RIP < 1ul << 47 && state->RSP < 1ul << 47, "no address of the host"u8);
            Check.True(state->CR3 is 0 or (Guest.Tables + 0x3000), "CR3"u8);
            GuestState.Set(state, Mode.Real);
            return Guest.StartState;
        }

        Check.Equal(guest->Seen[0], 2, "it runs again"u8);
        return number == SvmEvent.Io ? Guest.Finish(guest) : Guest.Unexpected(guest, number, state);
    }

    // It counts with interrupts disabled, on the CPU of the thread that looks on.
    private static void Refused()
    {
        var guest = Guest.Make(Mode.Real, Prog.Count, &OnRefused, Lab.BootCpu);
        Guest.Start(guest);
        for (var i = 0; i < 2; i++)
        {
            AwaitProgress(guest);
            Check.Succeeds(new ExecutionContext(guest->Selector).Recall(false), "recall"u8);
            Check.Succeeds(Lab.WaitFor(guest->Done), "the event comes"u8);
        }

        // VT-x drops the reserved bits and refuses nothing.
        Check.Equal(guest->Seen[0], GuestVmx.Is ? 2u : 3u, "events"u8);
        Guest.End(guest);
    }

    private static Mtd OnRefused(Guest* guest, uint number, ArchitecturalState* state)
    {
        guest->Seen[0]++;
        if (number == SvmEvent.Invalid)
        {
            // Behind STI, but for Bochs, where it must be.
            GuestState.Set(state, Mode.Real);
            state->RIP += GuestVmx.Is ? 0u : 1u;
            return Guest.StartState;
        }

        if (number != Recall)
            return Guest.Unexpected(guest, number, state);

        _ = guest->Done.Up();
        if (guest->Seen[0] != 1)
            return Mtd.None;

        state->CR0 |= 1ul << 40;
        return Mtd.CR;
    }

    private static void EndRunning()
    {
        for (var cpu = 0u; cpu < Lab.CpuCount && cpu < 2; cpu++)
        {
            var guest = Guest.Make(Mode.Real, Prog.Count, &OnCount, cpu);
            Guest.Start(guest);
            AwaitProgress(guest);
            Guest.End(guest);
            var counter = (uint*)(guest->Memory + Counter);
            var before = *counter - 1;
            for (var i = 0; i < 100 && Volatile.Read(ref *counter) != before; i++)
            {
                before = Volatile.Read(ref *counter);
                Lab.Sleep(20);
            }

            Check.Equal(Volatile.Read(ref *counter), before, "it does not run any more"u8);
        }
    }

    private static void Poison() => Guest.Run(Mode.Real, Prog.Time, &OnInvalidOrHlt);

    private static Mtd OnInvalidOrHlt(Guest* guest, uint number, ArchitecturalState* state) => Guest.Finish(guest);

    private static void ManyGuests()
    {
        const int Count = 20;
        var guests = stackalloc Guest*[Count];
        for (var i = 0; i < Count; i++)
        {
            guests[i] = Guest.Make(Mode.Real, Prog.MemoryOfItsOwn, &Turns.OnEvent, Lab.BootCpu);
            guests[i]->Argument = (ulong)(i + 1) * 0x01010101;
        }

        Turns.Run(guests, Count, "memory"u8);
    }

    private static void Unmap()
    {
        for (var round = 0; round < 10; round++)
        {
            var guest = Guest.Make(Mode.Real, Prog.Count, &OnCount, Lab.OtherCpu);
            Guest.Start(guest);
            AwaitProgress(guest);
            Check.Succeeds(guest->Space.Remove(RootTask.HostSpace, CounterPage, 0), "unmap"u8);
            var after = Volatile.Read(ref *(uint*)(guest->Memory + Counter));
            Check.Succeeds(Lab.WaitFor(guest->Done), "the guest notices"u8);
            Check.Equal(guest->Seen[1], Counter, "address"u8);
            Check.Equal(Volatile.Read(ref *(uint*)(guest->Memory + Counter)), after, "nothing was written afterwards"u8);
            Guest.End(guest);
        }
    }

    private static void Everywhere()
    {
        const int Most = 8;
        var count = (int)(Lab.CpuCount < Most ? Lab.CpuCount : Most);
        var guests = stackalloc Guest*[Most];
        for (var i = 0; i < count; i++)
        {
            guests[i] = Guest.Make(Mode.Long, Prog.Fpu, &Turns.OnEvent, (uint)i);
            guests[i]->Argument = (ulong)(i + 1) * 0x0102_0304_0506_0708ul;
        }

        Turns.Run(guests, count, "vector registers"u8);
    }
}
