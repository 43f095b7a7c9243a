// Calls that work: what goes in comes out, and in the words that the documentation says.
using System;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Abi;
using Kilonova.Nova;
using Xunit;

namespace Kilonova.Contracts.Tests;

public class CallTests
{
    private readonly Connection _connection = new();

    [Fact]
    public void Words_stand_where_the_documentation_says()
    {
        ContractStatus status = _connection.Client.Choices(true, Colour.Blue, Temperature.Freezing,
            Access.Write | Access.Execute, out _, out _, out _, out _);

        Assert.Equal(ContractStatus.Ok, status);
        Assert.Equal((5U, 0U), _connection.Kernel.LastCall);
        Assert.Equal([0UL, 1UL, 4UL, ulong.MaxValue - 1, 10UL], _connection.Kernel.ClientUtcb[..5]);
    }

    [Fact]
    public void The_header_names_protocol_version_and_operation()
    {
        ulong header = 0;
        var kernel = new FakeKernel((message, _) =>
        {
            header = message[0];
            return Header.Refuse(message, ContractStatus.Busy);
        });

        Assert.Equal(ContractStatus.Busy, new EverythingClient<FakeKernel.Transport>(kernel.Portal).Nothing());
        Assert.Equal(0x7465_7374_0003_012cUL, header);
    }

    [Theory]
    [InlineData(byte.MinValue, ushort.MinValue, uint.MinValue, ulong.MinValue, sbyte.MinValue, short.MinValue, int.MinValue, long.MinValue)]
    [InlineData(byte.MaxValue, ushort.MaxValue, uint.MaxValue, ulong.MaxValue, sbyte.MaxValue, short.MaxValue, int.MaxValue, long.MaxValue)]
    [InlineData(1, 2, 3, 4, -1, -2, -3, -4)]
    public void Numbers_of_every_size_pass(byte u8, ushort u16, uint u32, ulong u64, sbyte s8, short s16, int s32, long s64)
    {
        ContractStatus status = _connection.Client.Numbers(
            u8, u16, u32, u64, s8, s16, s32, s64,
            out byte u8Back, out ushort u16Back, out uint u32Back, out ulong u64Back,
            out sbyte s8Back, out short s16Back, out int s32Back, out long s64Back);

        Assert.Equal(ContractStatus.Ok, status);
        Assert.Equal((u8, u16, u32, u64), (u8Back, u16Back, u32Back, u64Back));
        Assert.Equal((s8, s16, s32, s64), (s8Back, s16Back, s32Back, s64Back));
    }

    [Fact]
    public void Every_choice_passes()
    {
        Access[] accesses = [Access.None, Access.Read, Access.Read | Access.Write | Access.Execute];
        foreach (Colour colour in Enum.GetValues<Colour>())
        {
            foreach (Temperature temperature in Enum.GetValues<Temperature>())
            {
                foreach (Access access in accesses)
                {
                    bool flag = colour == Colour.Red;
                    ContractStatus status = _connection.Client.Choices(
                        flag, colour, temperature, access,
                            out bool flagBack, out Colour colourBack, out Temperature temperatureBack, out Access accessBack);

                    Assert.Equal(ContractStatus.Ok, status);
                    Assert.Equal((flag, colour, temperature, access), (flagBack, colourBack, temperatureBack, accessBack));
                }
            }
        }
    }

    [Fact]
    public void Bytes_of_any_length_pass() => Prop.ForAll<byte[], byte>((bytes, room) =>
    {
        byte[] text = bytes.Take(20).ToArray();
        byte[] reversed = new byte[room % 24];
        ContractStatus status = _connection.Client.Reverse(text, reversed, out int length);
        int expected = Math.Min(text.Length, Math.Min(20, reversed.Length));
        return status == ContractStatus.Ok && length == expected
            && reversed.AsSpan(0, length).SequenceEqual(text.Reverse().Take(length).ToArray());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Words_of_any_length_pass() => Prop.ForAll<ulong[], uint, ulong[]>((some, between, others) =>
    {
        ulong[] left = some.Take(5).ToArray();
        ulong[] right = others.Take(5).ToArray();
        ulong[] expected = [.. left, between, .. right];
        ulong[] merged = new ulong[11];
        ContractStatus status = _connection.Client.Merge(left, between, right, merged, out int length, out ulong sum);
        return status == ContractStatus.Ok && merged.AsSpan(0, length).SequenceEqual(expected)
            && sum == expected.Aggregate(0UL, (total, word) => total + word);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_span_at_its_bound_passes_and_one_beyond_is_not_sent()
    {
        Assert.Equal(ContractStatus.Ok, _connection.Client.Reverse(new byte[20], new byte[20], out int length));
        Assert.Equal(20, length);
        Assert.Equal(ContractStatus.TooLong, _connection.Client.Reverse(new byte[21], new byte[20], out length));
        Assert.Equal(0, length);
        Assert.Equal(1, _connection.Session.Calls);
    }

    [Fact]
    public void Nothing_of_older_messages_travels_in_the_last_word_of_a_span()
    {
        Array.Fill(_connection.Kernel.ClientUtcb, ulong.MaxValue);
        Array.Fill(_connection.Kernel.ServerUtcb, ulong.MaxValue);
        Assert.Equal(ContractStatus.Ok, _connection.Client.Reverse("abc"u8, new byte[5], out _));

        // The request was header, length, capacity, text; the reply is status, length, text.
        Assert.Equal(4U, _connection.Kernel.LastCall.Words);
        Assert.Equal(0x636261UL, _connection.Kernel.ServerUtcb[3]);
        Assert.Equal(0x616263UL, _connection.Kernel.ClientUtcb[2]);
    }

    [Fact]
    public void A_span_stays_what_it_was_though_the_server_makes_calls_meanwhile()
    {
        _connection.Session.InTheMiddle = () => Array.Fill(_connection.Kernel.ServerUtcb, 0xdeadUL);
        byte[] reversed = new byte[3];

        Assert.Equal(ContractStatus.Ok, _connection.Client.Reverse("abc"u8, reversed, out _));
        Assert.Equal("cba"u8.ToArray(), reversed);
    }

    [Fact]
    public void Delegated_capabilities_arrive_in_the_servers_windows()
    {
        ContractStatus status = _connection.Client.Give(
            new ObjectRange(0x10, 1, 0x1f), new MemoryRange(0x200, 2, 5), new PortRange(0x3f8, 3, 1), tag: 9);

        Session session = _connection.Session;
        Assert.Equal(ContractStatus.Ok, status);
        Assert.Equal((2U, 3U), _connection.Kernel.LastCall);
        Assert.Equal((Connection.ObjectWindow, 1, 0x1fU), (session.Objects.Selector, session.Objects.Order, session.Objects.Permissions));
        Assert.Equal((Connection.MemoryWindow, 2, 5U), (session.Pages.Page, session.Pages.Order, session.Pages.Permissions));
        Assert.Equal((0x3f8UL, 3, 1U), (session.Ports.Port, session.Ports.Order, session.Ports.Permissions));
    }

    [Fact]
    public void A_translated_capability_arrives_as_the_servers_own()
    {
        _connection.Kernel.Origins[0x123] = 0x456;

        Assert.Equal(ContractStatus.Ok, _connection.Client.Show(new ObjectRange(0x123), out ulong selector));
        Assert.Equal(0x456UL, selector);
        Assert.Equal(ContractStatus.CapabilityMissing, _connection.Client.Show(new ObjectRange(0x124), out selector));
        Assert.Equal(0UL, selector);
    }

    [Fact]
    public void A_reply_delegates_into_the_windows_that_the_client_opened()
    {
        ContractStatus status = _connection.Client.Take(
            5, new Window(0x90, 0), out ObjectRange objects, new Window(0x2000, 4), out MemoryRange memory, out ulong tag);

        Assert.Equal(ContractStatus.Ok, status);
        Assert.Equal((0x90UL, 0, 3U), (objects.Selector, objects.Order, objects.Permissions));
        Assert.Equal((0x2000UL, 2, 1U), (memory.Page, memory.Order, memory.Permissions));
        Assert.Equal(5UL, tag);
    }

    [Fact]
    public void Without_a_window_nothing_arrives_and_the_client_is_told()
    {
        ContractStatus status = _connection.Client.Take(
            5, new Window(0x90, 0), out ObjectRange objects, Window.Closed, out MemoryRange memory, out ulong tag);

        Assert.Equal(ContractStatus.CapabilityMissing, status);
        Assert.Equal((0UL, 0UL, 0UL), (objects.ToBits(), memory.ToBits(), tag));
    }

    [Fact]
    public void A_servers_closed_window_is_told_to_the_client_before_the_server_runs()
    {
        _connection.Kernel.ServerWindows[(int)ItemKind.Memory] = ReceiveWindow.Closed;

        Assert.Equal(ContractStatus.CapabilityMissing,
            _connection.Client.Give(new ObjectRange(1), new MemoryRange(1), new PortRange(1), 1));
        Assert.Equal(0, _connection.Session.Calls);
    }

    [Fact]
    public void Pieces_of_session_memory_pass_if_they_lie_inside()
    {
        var connection = new Connection(new Session { Memory = [1, 2, 3, 4] });

        Assert.Equal(ContractStatus.Ok, connection.Client.Sum(new SessionRange(1, 3), out uint sum));
        Assert.Equal(9U, sum);
        Assert.Equal(ContractStatus.Ok, connection.Client.Sum(new SessionRange(4, 0), out _));
        Assert.Equal(ContractStatus.BadMessage, connection.Client.Sum(new SessionRange(1, 4), out sum));
        Assert.Equal(ContractStatus.BadMessage, connection.Client.Sum(new SessionRange(5, 0), out _));
        Assert.Equal(ContractStatus.BadMessage, connection.Client.Sum(new SessionRange(uint.MaxValue, uint.MaxValue), out _));
        Assert.Equal(0U, sum);
        Assert.Equal(2, connection.Session.Calls);
    }

    [Fact]
    public void A_servers_refusal_reaches_the_client_and_nothing_else_does()
    {
        Assert.Equal(ContractStatus.Exhausted, _connection.Client.Refuse(ContractStatus.Exhausted, out ulong never));
        Assert.Equal(0UL, never);
        Assert.Equal(1U, _connection.Kernel.LastReply.Words);
    }

    [Fact]
    public void Parameters_may_have_the_names_of_keywords()
    {
        Assert.Equal(ContractStatus.Ok, _connection.Client.Keywords(7, true, out ulong @out));
        Assert.Equal(7UL, @out);
    }

    [Theory]
    [InlineData(Status.TIMEOUT, ContractStatus.TimedOut)]
    [InlineData(Status.ABORTED, ContractStatus.Aborted)]
    [InlineData(Status.BAD_CAP, ContractStatus.NoSession)]
    [InlineData(Status.BAD_PAR, ContractStatus.Refused)]
    [InlineData(Status.MEM_CAP, ContractStatus.Refused)]
    public void What_the_kernel_says_reaches_the_client(Status kernel, ContractStatus expected)
    {
        _connection.Kernel.Fails = kernel;

        Assert.Equal(expected, _connection.Client.Nothing());
        Assert.Equal(expected, _connection.Client.Show(default, out _));
        Assert.Equal(expected, _connection.Client.QueryVersion(out _));
    }

    [Fact]
    public void Calls_allocate_nothing()
    {
        ulong[] client = new ulong[512];
        var transport = new Loop(client);
        var simple = new SimpleClient<Loop>(transport);
        Assert.Equal(ContractStatus.Ok, simple.Add(1, 2, 3, out _));

        long before = GC.GetAllocatedBytesForCurrentThread();
        ulong total = 0;
        for (ulong i = 0; i < 1000; i++)
        {
            simple.Add(i, i, i, out ulong sum);
            total += sum;
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(1_498_500UL, total);
    }

    /// <summary>Client and server on one UTCB.</summary>
    private readonly struct Loop(ulong[] utcb) : ITransport
    {
        public Span<ulong> Message => utcb;

        public CallResult Call(MessageSize message)
        {
            var server = default(Simple);
            return new CallResult(Status.SUCCESS, SimpleDispatcher.Dispatch(ref server, utcb, message));
        }

        public CallResult Call(MessageSize message, Window objects, Window memory, Window ports) => Call(message);
    }
}
