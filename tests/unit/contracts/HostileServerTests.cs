// Replies that no dispatcher sends. The client believes nothing that it cannot check.
using System;
using Kilonova.Nova;
using Xunit;

namespace Kilonova.Contracts.Tests;

public class HostileServerTests
{
    private readonly Connection _connection = new();

    [Fact]
    public void A_reply_with_too_few_or_too_many_words_is_bad()
    {
        Forge(_ => MessageSize.OfWords(4), [0, 1, 1, 0]);
        Assert.Equal(ContractStatus.BadReply, Choose());
        Forge(_ => MessageSize.OfWords(6), [0, 1, 1, 0, 0, 0]);
        Assert.Equal(ContractStatus.BadReply, Choose());
        Forge(_ => MessageSize.OfWords(5), [0, 1, 1, 0, 0]);
        Assert.Equal(ContractStatus.Ok, Choose());
    }

    [Theory]
    [InlineData(1, 2UL)]
    [InlineData(2, 3UL)]
    [InlineData(3, 50UL)]
    [InlineData(4, 4UL)]
    public void A_result_that_does_not_exist_makes_a_bad_reply(int index, ulong word)
    {
        ulong[] reply = [0, 1, 1, 0, 0];
        reply[index] = word;
        Forge(_ => MessageSize.OfWords(5), reply);

        Assert.Equal(ContractStatus.BadReply, Choose());
    }

    [Fact]
    public void A_status_of_more_than_32_bits_is_a_bad_reply()
    {
        Forge(_ => MessageSize.OfWords(1), [1UL << 32]);

        Assert.Equal(ContractStatus.BadReply, _connection.Client.Nothing());
    }

    [Theory]
    [InlineData(4UL, 3)]
    [InlineData(21UL, 5)]
    [InlineData(ulong.MaxValue, 3)]
    [InlineData(3UL, 2)]
    [InlineData(3UL, 4)]
    public void A_span_longer_than_asked_for_or_than_the_message_is_a_bad_reply(ulong length, int words)
    {
        Forge(_ => MessageSize.OfWords((uint)words), [0, length, 0, 0, 0]);
        byte[] buffer = new byte[3];

        Assert.Equal(ContractStatus.BadReply, _connection.Client.Reverse("abc"u8, buffer, out int filled));
        Assert.Equal(0, filled);
    }

    [Fact]
    public void Items_of_a_reply_are_counted_and_must_have_arrived()
    {
        _connection.Kernel.Forge = reply => new MessageSize(reply.Words, 1);
        Assert.Equal(ContractStatus.BadReply, Take());
        _connection.Kernel.Forge = _ =>
        {
            _connection.Kernel.ServerUtcb[510] = 0xfff;
            return new MessageSize(2, 2);
        };
        Assert.Equal(ContractStatus.CapabilityMissing, Take());
    }

    [Fact]
    public void A_version_that_is_none_is_a_bad_reply()
    {
        Forge(_ => MessageSize.OfWords(2), [0, 0x1_0000]);
        Assert.Equal(ContractStatus.BadReply, _connection.Client.QueryVersion(out ushort version));
        Forge(_ => MessageSize.OfWords(1), [0]);
        Assert.Equal(ContractStatus.BadReply, _connection.Client.QueryVersion(out version));
        Assert.Equal(0, version);
    }

    [Fact]
    public void Random_replies_do_no_harm()
    {
        var random = new Random(8);
        int believed = 0;
        for (int round = 0; round < 50_000; round++)
        {
            _connection.Kernel.Forge = _ =>
            {
                for (int i = 0; i < 16; i++)
                    _connection.Kernel.ServerUtcb[i] = random.Next(2) == 0 ? (ulong)random.Next(4) : (ulong)random.NextInt64();
                if (random.Next(4) != 0)
                    _connection.Kernel.ServerUtcb[0] = 0;
                return new MessageSize(random.Next(2) == 0 ? 5 : (uint)random.Next(1, 14), random.Next(4) == 0 ? (uint)random.Next(3) : 0);
            };
            byte[] bytes = new byte[random.Next(24)];
            ContractStatus status = _connection.Client.Reverse("abc"u8, bytes, out int length);
            Assert.InRange(length, 0, bytes.Length);
            Assert.True(status == ContractStatus.Ok || length == 0);
            status = _connection.Client.Choices(true, Colour.Red, Temperature.Cold, Access.None,
                out _, out Colour colour, out Temperature temperature, out _);
            bool defined = Enum.IsDefined(colour) && Enum.IsDefined(temperature);
            Assert.True(status == ContractStatus.Ok ? defined : colour == default && temperature == default);
            believed += status == ContractStatus.Ok ? 1 : 0;
            Take();
        }

        Assert.True(believed > 20, $"only {believed} replies were sound");
    }

    private void Forge(Func<MessageSize, MessageSize> shape, ulong[] words) => _connection.Kernel.Forge = reply =>
    {
        words.CopyTo(_connection.Kernel.ServerUtcb, 0);
        return shape(reply);
    };

    private ContractStatus Choose()
    {
        ContractStatus status = _connection.Client.Choices(
            false, Colour.Green, Temperature.Hot, Access.Read,
                out bool flag, out Colour colour, out Temperature temperature, out Access access);
        if (status != ContractStatus.Ok)
            Assert.Equal((false, default(Colour), default(Temperature), default(Access)), (flag, colour, temperature, access));
        return status;
    }

    private ContractStatus Take()
    {
        ContractStatus status = _connection.Client.Take(1, new Window(8, 0), out ObjectRange objects,
            new Window(16, 2), out MemoryRange memory, out ulong tag);
        if (status != ContractStatus.Ok)
            Assert.Equal((0UL, 0UL, 0UL), (objects.ToBits(), memory.ToBits(), tag));
        return status;
    }
}
