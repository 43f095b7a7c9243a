using Kilonova.Manifest;
using Xunit;

namespace Kilonova.Sigma0.Tests;

public class RestartGovernorTests
{
    [Theory]
    [InlineData(RestartPolicy.Never, EndOfLife.Crashed, false)]
    [InlineData(RestartPolicy.Never, EndOfLife.Killed, false)]
    [InlineData(RestartPolicy.OnFailure, EndOfLife.Done, false)]
    [InlineData(RestartPolicy.OnFailure, EndOfLife.Failed, true)]
    [InlineData(RestartPolicy.OnFailure, EndOfLife.Crashed, true)]
    [InlineData(RestartPolicy.OnFailure, EndOfLife.Killed, true)]
    [InlineData(RestartPolicy.OnFailure, EndOfLife.Stopped, false)]
    [InlineData(RestartPolicy.Always, EndOfLife.Done, true)]
    [InlineData(RestartPolicy.Always, EndOfLife.Stopped, false)]
    public void The_policy_decides(RestartPolicy policy, EndOfLife end, bool starts) =>
        Assert.Equal(starts, new RestartGovernor().Decide(policy, end, 0, out _));

    [Fact]
    public void Restarts_in_a_row_wait_longer_each_time_and_end()
    {
        RestartGovernor governor = new();
        ulong last = 0;
        for (int i = 0; i < RestartGovernor.MaxRestarts; i++)
        {
            Assert.True(governor.Decide(RestartPolicy.Always, EndOfLife.Crashed, 1, out ulong delay));
            Assert.True(delay > last);
            last = delay;
        }

        Assert.False(governor.Decide(RestartPolicy.Always, EndOfLife.Crashed, 1, out _));
        governor.Forget();
        Assert.True(governor.Decide(RestartPolicy.Always, EndOfLife.Crashed, 1, out _));
    }

    [Fact]
    public void A_long_life_makes_former_restarts_forgotten()
    {
        RestartGovernor governor = new();
        governor.Decide(RestartPolicy.Always, EndOfLife.Crashed, 0, out ulong first);
        governor.Decide(RestartPolicy.Always, EndOfLife.Crashed, 0, out ulong second);
        governor.Decide(RestartPolicy.Always, EndOfLife.Crashed, RestartGovernor.CalmMilliseconds, out ulong third);

        Assert.True(second > first);
        Assert.Equal(first, third);
    }
}
