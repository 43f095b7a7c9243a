using Xunit;

namespace Kilonova.Tally.Tests;

public class VoteTableTests
{
    private readonly VoteTable _votes = new(2);

    [Fact]
    public void Each_name_has_its_votes()
    {
        Assert.Equal(1ul, Add("ada"u8));
        Assert.Equal(1ul, Add("bob"u8));
        Assert.Equal(2ul, Add("ada"u8));
        Assert.Equal(3ul, _votes.Sum);
    }

    [Fact]
    public void A_name_too_many_changes_nothing()
    {
        Add("ada"u8);
        Add("bob"u8);
        Assert.False(_votes.TryAdd("eve"u8, out ulong votes));
        Assert.Equal((0ul, 2ul), (votes, _votes.Sum));
        Assert.Equal(2ul, Add("bob"u8));
    }

    [Fact]
    public void A_name_too_long_changes_nothing()
    {
        Assert.False(_votes.TryAdd("a name of eighteen"u8, out _));
        Assert.Equal(1ul, Add("a name of fifteen"u8.Slice(0, VoteTable.MaxName)));
    }

    private ulong Add(System.ReadOnlySpan<byte> name)
    {
        Assert.True(_votes.TryAdd(name, out ulong votes));
        return votes;
    }
}
