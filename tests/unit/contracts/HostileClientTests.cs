// Messages that no generated client sends. The dispatcher answers each with a status, and the server hears of none.
using System;
using Kilonova.Nova;
using Xunit;

namespace Kilonova.Contracts.Tests;

public class HostileClientTests
{
    private const ulong Peer = 0x7465_7374_0003_0000;


    private readonly Session _session = new() { Memory = new byte[100] };
    private readonly ulong[] _utcb = new ulong[512];

    [Theory]
    [InlineData(0x7465_7375_0003_0001UL, ContractStatus.WrongProtocol)]
    [InlineData(0x0000_0000_0000_0000UL, ContractStatus.WrongProtocol)]
    [InlineData(0x7465_7374_0001_012cUL, ContractStatus.WrongVersion)]
    [InlineData(0x7465_7374_0002_012cUL, ContractStatus.Ok)]
    [InlineData(0x7465_7374_0003_012cUL, ContractStatus.Ok)]
    [InlineData(0x7465_7374_0004_012cUL, ContractStatus.WrongVersion)]
    [InlineData(0x7465_7374_ffff_012cUL, ContractStatus.WrongVersion)]
    [InlineData(0x7465_7374_0003_000aUL, ContractStatus.UnknownOperation)]
    [InlineData(0x7465_7374_0003_ffffUL, ContractStatus.UnknownOperation)]
    public void Protocol_version_and_operation_are_checked(ulong header, ContractStatus expected)
    {
        Assert.Equal(expected, Dispatch(1, 0, header));
        Assert.Equal(expected == ContractStatus.Ok ? 1 : 0, _session.Calls);
    }

    [Theory]
    [InlineData(0x7465_7374_0000_0000UL)]
    [InlineData(0x7465_7374_0009_0000UL)]
    public void Clients_of_any_version_may_ask_for_the_servers(ulong header)
    {
        Assert.Equal(ContractStatus.Ok, Dispatch(1, 0, header));
        Assert.Equal(3UL, _utcb[1]);
        Assert.Equal(ContractStatus.BadMessage, Dispatch(2, 0, header));
        Assert.Equal(ContractStatus.BadMessage, Dispatch(1, 1, header));
        Assert.Equal(ContractStatus.Ok, new Connection().Client.QueryVersion(out ushort version));
        Assert.Equal(3, version);
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(1, 10)]
    [InlineData(2, 1)]
    [InlineData(2, 6)]
    [InlineData(300, 2)]
    [InlineData(3, 2)]
    [InlineData(3, 4)]
    [InlineData(5, 2)]
    public void Word_and_item_counts_are_exact(int operation, int words)
    {
        Assert.Equal(ContractStatus.BadMessage, Dispatch(words, 0, Peer | (uint)operation));
        Assert.Equal(0, _session.Calls);
    }

    [Fact]
    public void Items_that_an_operation_does_not_take_are_refused() =>
        Assert.Equal(ContractStatus.BadMessage, Dispatch(1, 1, Peer | 300));

    [Theory]
    [InlineData(0, 0x100UL)]
    [InlineData(1, 0x1_0000UL)]
    [InlineData(2, 0x1_0000_0000UL)]
    [InlineData(4, 0x80UL)]
    [InlineData(4, 0xffUL)]
    [InlineData(4, 0xffff_ffff_ffff_ff7fUL)]
    [InlineData(5, 0x8000UL)]
    [InlineData(6, 0x8000_0000UL)]
    [InlineData(6, 0xffff_ffff_7fff_ffffUL)]
    public void Numbers_out_of_range_are_refused(int parameter, ulong word)
    {
        ulong[] message = [Peer | 1, 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.Equal(ContractStatus.Ok, Dispatch(9, 0, message));
        message[1 + parameter] = word;
        Assert.Equal(ContractStatus.BadMessage, Dispatch(9, 0, message));
        Assert.Equal(1, _session.Calls);
    }

    [Theory]
    [InlineData(0, 2UL)]
    [InlineData(0, 0x100UL)]
    [InlineData(1, 0UL)]
    [InlineData(1, 3UL)]
    [InlineData(1, 5UL)]
    [InlineData(1, 0x101UL)]
    [InlineData(2, 1UL)]
    [InlineData(2, 99UL)]
    [InlineData(2, 101UL)]
    [InlineData(2, 0xffff_fffeUL)]
    [InlineData(2, 0xffff_ffff_ffff_fffdUL)]
    [InlineData(3, 4UL)]
    [InlineData(3, 0x1_0001UL)]
    public void Choices_that_do_not_exist_are_refused(int parameter, ulong word)
    {
        ulong[] message = [Peer | 2, 1, 1, 0, 0];
        Assert.Equal(ContractStatus.Ok, Dispatch(5, 0, message));
        message[1 + parameter] = word;
        Assert.Equal(ContractStatus.BadMessage, Dispatch(5, 0, message));
        Assert.Equal(1, _session.Calls);
    }

    [Theory]
    [InlineData(21UL, 0UL, 6)]
    [InlineData(ulong.MaxValue, 0UL, 6)]
    [InlineData(1UL << 32, 0UL, 3)]
    [InlineData(9UL, 0UL, 4)]
    [InlineData(8UL, 0UL, 5)]
    [InlineData(0UL, 21UL, 3)]
    [InlineData(0UL, 1UL << 32, 3)]
    public void Lengths_over_the_bound_or_beside_the_message_are_refused(ulong length, ulong capacity, int words)
    {
        Assert.Equal(ContractStatus.BadMessage, Dispatch(words, 0, Peer | 3, length, capacity));
        Assert.Equal(0, _session.Calls);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(21)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void A_server_that_claims_to_have_filled_more_than_it_got_fails(int claimed)
    {
        _session.ClaimedLength = claimed;

        Assert.Equal(ContractStatus.Failed, Dispatch(4, 0, Peer | 3, 3, 3));
    }

    [Fact]
    public void Random_messages_reach_the_server_only_in_order()
    {
        var random = new Random(7);
        int reached = 0;
        for (int round = 0; round < 400_000; round++)
        {
            for (int i = 0; i < 24; i++)
                _utcb[i] = Word(random);
            for (int i = 500; i < 512; i++)
                _utcb[i] = Word(random);
            if (random.Next(8) != 0)
                _utcb[0] = Peer | (uint)(random.Next(4) == 0 ? 300 + random.Next(2) : random.Next(10));
            int before = _session.Calls;
            var server = new Everything(_session);
            var arrived = new MessageSize((uint)random.Next(1, 24), random.Next(3) == 0 ? (uint)random.Next(4) : 0);
            MessageSize reply = EverythingDispatcher.Dispatch(ref server, _utcb, arrived);

            Assert.InRange(reply.Words, 1U, 512U - (2 * reply.Items));
            Assert.InRange(reply.Items, 0U, 2U);
            if (_session.Calls == before && _utcb[0] == 0)
                Assert.Equal((2U, 3UL), (reply.Words, _utcb[1]));
            reached += _session.Calls - before;
        }

        Assert.True(reached > 1000, $"only {reached} messages reached the server");
    }

    private static ulong Word(Random random) => random.Next(3) switch
    {
        0 => (ulong)random.Next(8),
        1 => (ulong)random.NextInt64() >> random.Next(64),
        _ => ulong.MaxValue - (ulong)random.Next(4),
    };

    private ContractStatus Dispatch(int words, int items, params ulong[] message)
    {
        message.CopyTo(_utcb, 0);
        var server = new Everything(_session);
        MessageSize reply = EverythingDispatcher.Dispatch(ref server, _utcb, new MessageSize((uint)words, (uint)items));
        Assert.True(_utcb[0] == 0 || reply.Words == 1U);
        return (ContractStatus)_utcb[0];
    }
}
