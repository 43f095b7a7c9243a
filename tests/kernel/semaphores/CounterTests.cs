using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Semaphores;

/// <summary>Semaphores without anybody who waits, section 5.4.5.</summary>
internal static unsafe class CounterTests
{
    internal static void Run()
    {
        Suite.Run("Down_on_a_positive_counter_decrements_it"u8, &DownDecrements);
        Suite.Run("Down_to_zero_takes_the_whole_counter"u8, &DownToZeroTakesAll);
        Suite.Run("Up_ignores_timeout_and_zero_flag"u8, &UpIgnoresTimeoutAndZeroFlag);
        Suite.Run("Up_on_the_largest_counter_overflows_and_changes_nothing"u8, &UpOverflows);
        Suite.Run("A_deadline_in_the_past_times_out_at_once"u8, &PastDeadline);
        Suite.Run("A_deadline_does_not_matter_while_the_counter_is_positive"u8, &DeadlineWithCounter);
        Suite.Run("A_timeout_comes_at_or_after_its_deadline"u8, &TimeoutIsNotEarly);
        Suite.Run("A_timed_out_down_has_not_touched_the_counter"u8, &TimeoutLeavesCounter);
        Suite.Run("Down_to_zero_times_out_like_down"u8, &DownToZeroTimesOut);
        Suite.Run("Up_needs_permission_CTRL_UP"u8, &UpNeedsPermission);
        Suite.Run("Down_needs_permission_CTRL_DN"u8, &DownNeedsPermission);
        Suite.Run("Other_objects_are_not_semaphores"u8, &OtherObjects);
    }

    private static void DownDecrements()
    {
        var sm = Lab.Semaphore(3);
        for (var i = 0; i < 3; i++)
            Check.Succeeds(sm.Down(1), "down"u8);

        Check.Is(sm.Down(1), Status.TIMEOUT, "down on zero"u8);
    }

    private static void DownToZeroTakesAll()
    {
        var sm = Lab.Semaphore(1000);
        Check.Succeeds(sm.DownToZero(1), "down to zero"u8);
        Check.Is(sm.Down(1), Status.TIMEOUT, "down"u8);
        Check.Succeeds(sm.Up(), "up"u8);
        Check.Succeeds(sm.DownToZero(1), "down to zero of one"u8);
        Check.Is(sm.DownToZero(1), Status.TIMEOUT, "down to zero of zero"u8);
    }

    private static void UpIgnoresTimeoutAndZeroFlag()
    {
        var sm = Lab.Semaphore(0);
        Check.Succeeds(Hypercalls.CtrlSm(CtrlSmFlags.Zero, sm.Selector, 1), "up with Z and a timeout"u8);
        Check.Succeeds(sm.Down(1), "first down"u8);
        Check.Is(sm.Down(1), Status.TIMEOUT, "second down"u8);
    }

    private static void UpOverflows()
    {
        var sm = Lab.Semaphore(ulong.MaxValue - 1);
        Check.Succeeds(sm.Up(), "up to the largest counter"u8);
        Check.Is(sm.Up(), Status.OVRFLOW, "up beyond it"u8);
        Check.Succeeds(sm.Down(1), "down"u8);
        Check.Succeeds(sm.Up(), "up again"u8);
        Check.Is(sm.Up(), Status.OVRFLOW, "and beyond again"u8);
    }

    private static void PastDeadline()
    {
        var sm = Lab.Semaphore(0);
        Check.Is(sm.Down(1), Status.TIMEOUT, "deadline 1"u8);
        Check.Is(sm.Down(Platform.Time), Status.TIMEOUT, "deadline now"u8);
    }

    private static void DeadlineWithCounter()
    {
        var sm = Lab.Semaphore(1);
        Check.Succeeds(sm.Down(1), "down with a deadline in the past"u8);
    }

    private static void TimeoutIsNotEarly()
    {
        var sm = Lab.Semaphore(0);
        for (var i = 0ul; i < 10; i++)
        {
            var deadline = Platform.Time + Lab.Milliseconds(1 + i);
            Check.Is(sm.Down(deadline), Status.TIMEOUT, "down"u8);
            var now = Platform.Time;
            Check.True(now >= deadline, "time is not before the deadline"u8);
            Check.True(now < deadline + Lab.Milliseconds(200), "nor long after it"u8);
        }
    }

    private static void TimeoutLeavesCounter()
    {
        var sm = Lab.Semaphore(0);
        Check.Is(sm.Down(Lab.After(1)), Status.TIMEOUT, "down"u8);
        Check.Succeeds(sm.Up(), "up"u8);
        Check.Succeeds(sm.Down(1), "the up counts"u8);
        Check.Is(sm.Down(1), Status.TIMEOUT, "once"u8);
    }

    private static void DownToZeroTimesOut()
    {
        var sm = Lab.Semaphore(0);
        var deadline = Lab.After(2);
        Check.Is(sm.DownToZero(deadline), Status.TIMEOUT, "down to zero"u8);
        Check.True(Platform.Time >= deadline, "not early"u8);
    }

    private static void UpNeedsPermission()
    {
        var sm = Lab.Semaphore(1);
        var weak = new Semaphore(Lab.Weakened(sm.Selector, (uint)SmPermissions.CTRL_DN));
        Check.Is(weak.Up(), Status.BAD_CAP, "up"u8);
        Check.Succeeds(weak.Down(1), "down"u8);
        Check.Is(weak.Down(1), Status.TIMEOUT, "the refused up did not count"u8);
    }

    private static void DownNeedsPermission()
    {
        var sm = Lab.Semaphore(1);
        var weak = new Semaphore(Lab.Weakened(sm.Selector, (uint)SmPermissions.CTRL_UP));
        Check.Is(weak.Down(1), Status.BAD_CAP, "down"u8);
        Check.Is(weak.DownToZero(1), Status.BAD_CAP, "down to zero"u8);
        Check.Succeeds(weak.Up(), "up"u8);
        Check.Succeeds(sm.Down(1), "first"u8);
        Check.Succeeds(sm.Down(1), "second"u8);
        Check.Is(sm.Down(1), Status.TIMEOUT, "third"u8);
    }

    private static void OtherObjects()
    {
        Check.Is(new Semaphore(Lab.Selector()).Up(), Status.BAD_CAP, "null capability"u8);
        Check.Is(new Semaphore(Lab.Domain.Selector).Up(), Status.BAD_CAP, "domain"u8);
        Check.Is(new Semaphore(RootTask.Thread.Selector).Down(1), Status.BAD_CAP, "thread"u8);
        Check.Is(new Semaphore(RootTask.Time.Selector).Down(1), Status.BAD_CAP, "scheduling context"u8);
        Check.Is(new Semaphore(RootTask.ObjectSpace.Selector).Up(), Status.BAD_CAP, "object space"u8);
        Check.Is(new Semaphore(Lab.SelectorCount).Up(), Status.BAD_CAP, "selector SELNUM"u8);
        Check.Is(new Semaphore(ulong.MaxValue >> 8).Up(), Status.BAD_CAP, "largest selector"u8);
    }
}
