using System.Numerics;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.KernelTests.Scheduling;

/// <summary>
/// A thread at each priority of one CPU, released in random groups while others compute: nobody ever runs while somebody of higher priority
/// could, section 2.3.
/// </summary>
internal static unsafe class LoadTests
{
    private const uint Highest = 127;
    private const uint Rounds = 400;
    private const uint MostRounds = 20_000;

    // Which priorities could run. Set by the releaser before it lets a thread go, cleared by the thread before it waits again.
    private static ulong s_low;
    private static ulong s_high;
    private static Table s_gates;
    private static Table s_runs;
    private static Semaphore s_done;
    private static ulong s_violations;
    private static uint s_rounds;

    private struct Table
    {
        internal fixed ulong Words[(int)Highest + 1];
    }

    internal static void Run() => Suite.Run("Priorities_hold_under_load"u8, &AllAtOnce);

    private static uint HighestReady
    {
        get
        {
            var high = Volatile.Read(ref s_high);
            if (high != 0)
                return 127 - (uint)BitOperations.LeadingZeroCount(high);

            var low = Volatile.Read(ref s_low);
            return low != 0 ? 63 - (uint)BitOperations.LeadingZeroCount(low) : 0;
        }
    }

    private static ref ulong WordOf(uint priority) => ref priority < 64 ? ref s_low : ref s_high;

    private static ulong BitOf(uint priority) => 1ul << (int)(priority & 63);

    private static void Change(uint priority, bool ready)
    {
        ref var word = ref WordOf(priority);
        ulong seen;
        ulong next;
        do
        {
            seen = Volatile.Read(ref word);
            next = ready ? seen | BitOf(priority) : seen & ~BitOf(priority);
        }
        while (Interlocked.CompareExchange(ref word, next, seen) != seen);
    }

    private static void Live(nint argument)
    {
        var priority = (uint)argument;
        while (true)
        {
            if (new Semaphore(s_gates.Words[priority]).Down() != Status.SUCCESS)
                return;

            for (var i = 0; i < 40; i++)
            {
                if (HighestReady != priority)
                    _ = Interlocked.Increment(ref s_violations);
            }

            s_runs.Words[priority]++;
            Change(priority, false);
        }
    }

    // The highest priority of all: what it does happens at once for the others.
    private static void Release(nint argument)
    {
        var random = 0x2545_f491_4f6c_dd1dul;
        var never = new Semaphore(RootSelectors.Never);
        for (s_rounds = 0; s_rounds < MostRounds && (s_rounds < Rounds || !AllHaveRun()); s_rounds++)
        {
            for (var group = 0; group < 6; group++)
            {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                var priority = (uint)(random % (Highest - 1)) + 1;
                if ((Volatile.Read(ref WordOf(priority)) & BitOf(priority)) != 0)
                    continue;

                Change(priority, true);
                _ = new Semaphore(s_gates.Words[priority]).Up();
            }

            _ = never.Down(Platform.Time + Lab.Milliseconds(1) / 10);
        }

        _ = s_done.Up();
        _ = never.Down();
    }

    private static bool AllHaveRun()
    {
        for (var priority = 1u; priority < Highest; priority++)
        {
            if (s_runs.Words[priority] == 0)
                return false;
        }

        return true;
    }

    private static void AllAtOnce()
    {
        var cpu = Lab.CpuCount - 1;
        s_done = Lab.Semaphore(0);
        for (var priority = 1u; priority < Highest; priority++)
        {
            s_gates.Words[priority] = Lab.Semaphore(0).Selector;
            _ = Lab.Run(cpu, &Live, (nint)priority, priority);
        }

        _ = Lab.Run(cpu, &Release, 0, Highest);
        Check.Succeeds(Lab.WaitFor(s_done, 60_000), "done"u8);
        Check.Equal(s_violations, 0, "moments in which a lower priority ran"u8);
        Check.True(AllHaveRun(), "every priority has run"u8);
    }
}
