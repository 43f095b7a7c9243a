using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.KernelTests.Semaphores;

/// <summary>Threads that wait on semaphores, on the boot CPU and across CPUs, section 5.4.5.</summary>
internal static unsafe class BlockingTests
{
    private const int Waiters = 8;
    private const uint Rounds = 200;

    // What the waiting threads work on; set by the first thread before they start.
    private static Semaphore s_sm;
    private static Semaphore s_reply;
    private static Semaphore s_done;
    private static ulong s_deadline;

    // Written by waiters under no lock: each index by whoever got the place.
    private static int s_place;
    private static Order s_order;
    private static uint s_counter;

    private struct Order
    {
        internal fixed long Who[Waiters];
        internal fixed uint Result[Waiters];
    }

    internal static void Run()
    {
        Suite.Run("Down_on_zero_blocks_until_up"u8, &BlocksUntilUp);
        Suite.Run("Waiting_threads_are_released_first_in_first_out"u8, &FirstInFirstOut);
        Suite.Run("An_up_releases_exactly_one_thread_and_leaves_the_counter"u8, &ReleasesOne);
        Suite.Run("A_released_thread_does_not_time_out"u8, &ReleasedBeforeDeadline);
        Suite.Run("A_timed_out_thread_has_left_the_queue"u8, &TimedOutLeavesQueue);
        Suite.Run("Timeouts_come_in_the_order_of_their_deadlines"u8, &TimeoutsInOrder);
        Suite.Run("Two_threads_play_ping_pong"u8, &PingPong);
        if (Lab.CpuCount > 1)
        {
            Suite.Run("An_up_releases_a_thread_on_another_cpu"u8, &CrossCpu);
            Suite.Run("Threads_on_two_cpus_play_ping_pong"u8, &CrossCpuPingPong);
            Suite.Run("A_timeout_on_another_cpu_comes"u8, &CrossCpuTimeout);
        }

        Suite.Run("A_semaphore_excludes_threads_on_all_cpus"u8, &MutualExclusion);
    }

    private static void Reset()
    {
        s_sm = Lab.Semaphore(0);
        s_reply = Lab.Semaphore(0);
        s_done = Lab.Semaphore(0);
        s_deadline = 0;
        s_place = 0;
        s_counter = 0;
    }

    // Waits once and notes when it was released, and how.
    private static void WaitOnce(nint who)
    {
        var status = s_sm.Down(s_deadline);
        var place = Interlocked.Increment(ref s_place) - 1;
        s_order.Who[place] = who;
        s_order.Result[place] = (uint)status;
        _ = s_done.Up();
    }

    // Lower threads run only while the first one sleeps: sleeping lets them reach their semaphore.
    private static void LetOthersRun() => Lab.Sleep(5);

    private static void BlocksUntilUp()
    {
        Reset();
        _ = Lab.Run(Lab.BootCpu, &WaitOnce, 7);
        LetOthersRun();
        Check.Equal((ulong)Volatile.Read(ref s_place), 0, "released without up"u8);
        Check.Succeeds(s_sm.Up(), "up"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "released"u8);
        Check.Equal((ulong)s_order.Who[0], 7, "who"u8);
        Check.Equal(s_order.Result[0], (ulong)Status.SUCCESS, "status"u8);
    }

    private static void FirstInFirstOut()
    {
        Reset();
        for (var i = 0; i < Waiters; i++)
        {
            _ = Lab.Run(Lab.BootCpu, &WaitOnce, i, priority: Lab.Priority + (uint)(i * 5 % Waiters));
            LetOthersRun();
        }

        for (var i = 0; i < Waiters; i++)
        {
            Check.Succeeds(s_sm.Up(), "up"u8);
            Check.Succeeds(Lab.WaitFor(s_done), "released"u8);
            Check.Equal((ulong)s_order.Who[i], (ulong)i, "order"u8);
        }
    }

    private static void ReleasesOne()
    {
        Reset();
        for (var i = 0; i < 3; i++)
            _ = Lab.Run(Lab.BootCpu, &WaitOnce, i);

        LetOthersRun();
        Check.Succeeds(s_sm.Up(), "up"u8);
        LetOthersRun();
        Check.Equal((ulong)Volatile.Read(ref s_place), 1, "released by one up"u8);
        _ = s_sm.Up();
        _ = s_sm.Up();
        LetOthersRun();
        Check.Equal((ulong)Volatile.Read(ref s_place), 3, "released by three ups"u8);
        Check.Is(s_sm.Down(1), Status.TIMEOUT, "counter is zero"u8);
    }

    private static void ReleasedBeforeDeadline()
    {
        Reset();
        s_deadline = Lab.After(2000);
        _ = Lab.Run(Lab.BootCpu, &WaitOnce, 1);
        LetOthersRun();
        Check.Succeeds(s_sm.Up(), "up"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "released"u8);
        Check.Equal(s_order.Result[0], (ulong)Status.SUCCESS, "status"u8);
        Check.True(Platform.Time < s_deadline, "before its deadline"u8);
    }

    private static void TimedOutLeavesQueue()
    {
        Reset();
        s_deadline = Lab.After(20);
        _ = Lab.Run(Lab.BootCpu, &WaitOnce, 1);
        LetOthersRun();
        s_deadline = 0;
        _ = Lab.Run(Lab.BootCpu, &WaitOnce, 2);
        Check.Succeeds(Lab.WaitFor(s_done), "one ends by timeout"u8);
        Check.Equal((ulong)s_order.Who[0], 1, "the first"u8);
        Check.Equal(s_order.Result[0], (ulong)Status.TIMEOUT, "with TIMEOUT"u8);
        Check.Succeeds(s_sm.Up(), "up"u8);
        Check.Succeeds(Lab.WaitFor(s_done), "the up releases the second"u8);
        Check.Equal((ulong)s_order.Who[1], 2, "the second"u8);
        Check.Equal(s_order.Result[1], (ulong)Status.SUCCESS, "with SUCCESS"u8);
    }

    private static void TimeoutsInOrder()
    {
        Reset();
        var start = Lab.After(60);
        for (var i = 0; i < Waiters; i++)
        {
            // The deadlines' order differs from that of waiting: 0 5 2 7 4 1 6 3.
            s_deadline = start + Lab.Milliseconds((ulong)(i * 5 % Waiters) * 10);
            _ = Lab.Run(Lab.BootCpu, &WaitOnce, i * 5 % Waiters);
            LetOthersRun();
        }

        for (var i = 0; i < Waiters; i++)
        {
            Check.Succeeds(Lab.WaitFor(s_done), "timed out"u8);
            Check.Equal((ulong)s_order.Who[i], (ulong)i, "order"u8);
            Check.Equal(s_order.Result[i], (ulong)Status.TIMEOUT, "status"u8);
        }
    }

    private static void Pong(nint rounds)
    {
        for (var i = 0; i < rounds; i++)
        {
            _ = s_sm.Down();
            s_counter++;
            _ = s_reply.Up();
        }
    }

    private static void Ping()
    {
        for (var i = 0u; i < Rounds; i++)
        {
            Check.Succeeds(s_sm.Up(), "up"u8);
            Check.Succeeds(Lab.WaitFor(s_reply), "reply"u8);
            Check.Equal(Volatile.Read(ref s_counter), i + 1, "rounds"u8);
        }
    }

    private static void PingPong()
    {
        Reset();
        _ = Lab.Run(Lab.BootCpu, &Pong, (nint)Rounds);
        Ping();
    }

    private static void CrossCpuPingPong()
    {
        Reset();
        _ = Lab.Run(Lab.OtherCpu, &Pong, (nint)Rounds);
        Ping();
    }

    private static void CrossCpu()
    {
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            Reset();
            _ = Lab.Run(cpu, &WaitOnce, (nint)cpu);
            LetOthersRun();
            Check.Succeeds(s_sm.Up(), "up"u8);
            Check.Succeeds(Lab.WaitFor(s_done), "released"u8);
            Check.Equal((ulong)s_order.Who[0], cpu, "who"u8);
        }
    }

    private static void CrossCpuTimeout()
    {
        Reset();
        s_deadline = Lab.After(20);
        _ = Lab.Run(Lab.OtherCpu, &WaitOnce, 1);
        Check.Succeeds(Lab.WaitFor(s_done), "timed out"u8);
        Check.Equal(s_order.Result[0], (ulong)Status.TIMEOUT, "status"u8);
        Check.True(Platform.Time >= s_deadline, "not early by this CPU's counter"u8);
    }

    // Unprotected additions that only mutual exclusion makes add up.
    private static void AddUnderSemaphore(nint count)
    {
        for (var i = 0; i < count; i++)
        {
            _ = s_sm.Down();
            Volatile.Write(ref s_counter, Volatile.Read(ref s_counter) + 1);
            _ = s_sm.Up();
        }

        _ = s_done.Up();
    }

    private static void MutualExclusion()
    {
        const uint Additions = 500;
        Reset();
        _ = s_sm.Up();
        var threads = 0u;
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            for (var i = 0; i < 2; i++, threads++)
                _ = Lab.Run(cpu, &AddUnderSemaphore, (nint)Additions);
        }

        for (var i = 0u; i < threads; i++)
            Check.Succeeds(Lab.WaitFor(s_done, 60_000), "done"u8);

        Check.Equal(Volatile.Read(ref s_counter), threads * Additions, "additions"u8);
    }
}
