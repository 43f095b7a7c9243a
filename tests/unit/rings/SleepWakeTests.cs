// No wake-up is lost: proved for small rings by visiting every order of steps, with a check that the proof can fail.
using System.Linq;
using Xunit;

namespace Kilonova.Rings.Tests;

public class SleepWakeTests
{
    public static TheoryData<int, int, int> Batches()
    {
        var data = new TheoryData<int, int, int>();
        int[] capacities = [1, 2, 4];
        foreach (int capacity in capacities)
        {
            for (int publish = 1; publish <= 3; publish++)
            {
                for (int release = 1; release <= 3; release++)
                    data.Add(capacity, publish, release);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public void No_order_of_steps_loses_a_wake_up(int capacity, int publishEvery, int releaseEvery)
    {
        int most = int.Max(1, capacity / 2);
        for (int waitFor = 1; waitFor <= most; waitFor++)
        {
            for (int waitForSpace = 1; waitForSpace <= most; waitForSpace++)
            {
                AssertSound(new Scenario(capacity, 6, publishEvery, releaseEvery, waitFor, waitForSpace));
                AssertSound(new Scenario(capacity, 6, publishEvery, releaseEvery, waitFor, waitForSpace) { IsEager = true });
            }
        }
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void Without_either_fence_a_wake_up_is_lost(bool moverFence, bool sleeperFence)
    {
        var model = new SleepWakeModel(new Scenario(2, 4, 1, 1, 1, 1) { MoverFence = moverFence, SleeperFence = sleeperFence }).Explore();

        State stuck = Assert.Single(model.Stuck.Take(1));
        Assert.Contains(Step.Down, new[] { stuck.Producer.Step, stuck.Consumer.Step });
    }

    [Fact]
    public void Waiting_for_more_than_half_the_ring_on_both_ends_would_sleep_for_ever()
    {
        var model = new SleepWakeModel(new Scenario(4, 6, 1, 1, 3, 3) { IsEager = true }).Explore();

        Assert.NotEmpty(model.Stuck);
    }

    private static void AssertSound(Scenario scenario)
    {
        var model = new SleepWakeModel(scenario).Explore();

        Assert.Empty(model.Stuck);
        Assert.Empty(model.Corrupt);
        Assert.True(model.States > 100, $"only {model.States} states");
    }
}
