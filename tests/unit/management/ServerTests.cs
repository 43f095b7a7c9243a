using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Contracts;
using Kilonova.MessagePack;
using Xunit;

namespace Kilonova.Management.Tests;

public class ServerTests
{
    private readonly List<string> _done = [];
    private readonly ManagementServer<FakeSystem> _server;

    public ServerTests() => _server = new ManagementServer<FakeSystem>(new FakeSystem(_done));

    private delegate void Writer(ref MessagePackWriter writer);

    [Fact]
    public void A_request_that_comes_again_is_answered_again_and_done_once()
    {
        byte[] request = Request(5, ManagementOperation.Kill, 1, (ref MessagePackWriter writer) => writer.WriteString("first"u8));

        byte[] first = _server.Answer(request).ToArray();
        byte[] again = _server.Answer(request).ToArray();

        Assert.Equal(first, again);
        Assert.Equal(["kill first"], _done);
    }

    [Fact]
    public void Another_request_with_the_same_number_is_another_request()
    {
        _server.Answer(Request(5, ManagementOperation.Kill, 1, (ref MessagePackWriter writer) => writer.WriteString("first"u8)));
        _server.Answer(Request(5, ManagementOperation.Start, 1, (ref MessagePackWriter writer) => writer.WriteString("first"u8)));

        Assert.Equal(["kill first", "start first"], _done);
    }

    [Fact]
    public void The_status_of_the_system_is_the_status_of_the_reply() => Assert.Equal(
        ContractStatus.NotFound,
        StatusOf(Request(1, ManagementOperation.Stop, 1, (ref MessagePackWriter writer) => writer.WriteString("nobody"u8))));

    [Fact]
    public void An_operation_of_a_later_version_is_unknown() =>
        Assert.Equal(ContractStatus.UnknownOperation, StatusOf(Request(1, (ManagementOperation)99, 0, Nothing)));

    public static TheoryData<ManagementOperation> Operations => [.. Enum.GetValues<ManagementOperation>()];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Arguments_too_many_too_few_or_of_another_type_are_a_bad_message(ManagementOperation operation)
    {
        Assert.Equal(ContractStatus.BadMessage, StatusOf(Request(1, operation, 3, (ref MessagePackWriter writer) =>
        {
            writer.WriteUInt64(1);
            writer.WriteUInt64(1);
            writer.WriteUInt64(1);
        })));
        Assert.Equal(ContractStatus.BadMessage, StatusOf(Request(2, operation, 1, (ref MessagePackWriter writer) => writer.WriteNil())));
        Assert.Equal(ContractStatus.BadMessage, StatusOf(Request(3, operation, 1, Nothing)));
        if (operation is not (ManagementOperation.Hello or ManagementOperation.ReadFree))
            Assert.Equal(ContractStatus.BadMessage, StatusOf(Request(4, operation, 0, Nothing)));

        Assert.Empty(_done);
    }

    [Fact]
    public void A_name_that_is_too_long_or_empty_is_a_bad_message()
    {
        foreach (int length in (int[])[0, ManagementProtocol.MaxName + 1])
        {
            byte[] name = Enumerable.Repeat((byte)'a', length).ToArray();
            Assert.Equal(
                ContractStatus.BadMessage,
                StatusOf(Request((uint)length, ManagementOperation.Kill, 1, (ref MessagePackWriter writer) => writer.WriteString(name))));
        }

        Assert.Empty(_done);
    }

    [Fact]
    public void Bytes_that_are_no_request_get_no_answer_and_do_nothing()
    {
        Prop.ForAll<byte[]>(bytes =>
        {
            _server.Answer(bytes);
            return _done.Count == 0;
        }).QuickCheckThrowOnFailure();
        Assert.Empty(_server.Answer([]).ToArray());
    }

    [Fact]
    public void A_request_that_was_damaged_anywhere_is_never_trusted()
    {
        byte[] request = Request(7, ManagementOperation.ReadLog, 2, (ref MessagePackWriter writer) =>
        {
            writer.WriteString("first"u8);
            writer.WriteUInt64(1);
        });
        for (int i = 0; i < request.Length; i++)
        {
            for (int value = 0; value <= byte.MaxValue; value++)
            {
                byte[] damaged = [.. request];
                damaged[i] = (byte)value;
                Assert.InRange(_server.Answer(damaged).Length, 0, ManagementProtocol.MaxReply);
            }
        }
    }

    private static void Nothing(ref MessagePackWriter writer)
    {
    }

    private static byte[] Request(uint sequence, ManagementOperation operation, uint count, Writer arguments)
    {
        byte[] bytes = new byte[ManagementProtocol.MaxRequest];
        MessagePackWriter writer = new(bytes);
        writer.WriteArrayHeader(ManagementProtocol.RequestFields);
        writer.WriteUInt64(sequence);
        writer.WriteUInt64((uint)operation);
        writer.WriteArrayHeader(count);
        arguments(ref writer);
        Assert.Equal(MessagePackStatus.Ok, writer.Status);
        return bytes[..writer.Position];
    }

    private ContractStatus StatusOf(byte[] request)
    {
        MessagePackReader reader = new(_server.Answer(request));
        Assert.True(reader.TryReadArrayHeader(out int count) && count == ManagementProtocol.ReplyFields);
        Assert.True(reader.TryReadUInt32(out _));
        Assert.True(reader.TryReadUInt32(out uint status));
        Assert.True(reader.TryReadArrayHeader(out _));
        return (ContractStatus)status;
    }
}
