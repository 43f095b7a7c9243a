using System;
using Kilonova.Contracts;
using Kilonova.MessagePack;

namespace Kilonova.Management;

/// <summary>
/// Answers requests. The other end is not trusted: what is no request of this protocol, whole and exact, gets no answer or
/// <see cref="ContractStatus.BadMessage"/>. A request that comes again, because its answer was lost, gets the same answer and nothing is
/// done twice. No allocation after its construction; one thread at a time.
/// </summary>
public sealed class ManagementServer<TSystem>
    where TSystem : struct, IManagedSystem
{
    private readonly byte[] _reply = new byte[ManagementProtocol.MaxReply];
    private readonly byte[] _name = new byte[ManagementProtocol.MaxName];
    private readonly byte[] _text = new byte[ManagementProtocol.MaxText];
    private readonly TSystem _system;
    private uint _lastSequence;
    private uint _lastCheck;
    private int _replyLength;

    /// <summary>A server for a system.</summary>
    public ManagementServer(TSystem system) => _system = system;

    /// <summary>Answers a request.</summary>
    /// <returns>The reply, valid until the next call; empty when there is none.</returns>
    public ReadOnlySpan<byte> Answer(ReadOnlySpan<byte> request)
    {
        var reader = new MessagePackReader(request);
        if (!reader.TryReadArrayHeader(out var count) || count != ManagementProtocol.RequestFields
            || !reader.TryReadUInt32(out var sequence) || !reader.TryReadUInt32(out var operation))
            return ReadOnlySpan<byte>.Empty;

        // Another client may begin with a number that the one before ended with: it is the same request only if it says the same.
        var check = FrameFormat.Check(request);
        if (_replyLength != 0 && sequence == _lastSequence && check == _lastCheck)
            return _reply.AsSpan(0, _replyLength);

        var writer = new MessagePackWriter(_reply);
        writer.WriteArrayHeader(ManagementProtocol.ReplyFields);
        writer.WriteUInt64(sequence);
        if (!TryExecute((ManagementOperation)operation, ref reader, ref writer, out var status))
            WriteStatus(ref writer, status, 0);

        _lastSequence = sequence;
        _lastCheck = check;
        _replyLength = writer.Status == MessagePackStatus.Ok ? writer.Position : 0;
        return _reply.AsSpan(0, _replyLength);
    }

    // True when status and results are written.
    private bool TryExecute(ManagementOperation operation, ref MessagePackReader reader, ref MessagePackWriter writer, out ContractStatus status)
    {
        status = ContractStatus.BadMessage;
        if (!reader.TryReadArrayHeader(out var arguments))
            return false;

        switch (operation)
        {
            case ManagementOperation.Hello when arguments == 0 && reader.TryReadEnd():
                return Hello(ref writer, out status);
            case ManagementOperation.Describe when arguments == 1 && reader.TryReadUInt32(out var index) && reader.TryReadEnd():
                return Describe(index, ref writer, out status);
            case ManagementOperation.Start or ManagementOperation.Stop or ManagementOperation.Kill
                when arguments == 1 && TryReadName(ref reader, out var name) && reader.TryReadEnd():
                status = Control(operation, name);
                return false;
            case ManagementOperation.ReadCrash
                when arguments == 2 && TryReadName(ref reader, out var name) && reader.TryReadUInt32(out var offset) && reader.TryReadEnd():
                return ReadCrash(name, offset, ref writer, out status);
            case ManagementOperation.ReadLog
                when arguments == 2 && TryReadName(ref reader, out var name) && reader.TryReadUInt32(out var back) && reader.TryReadEnd():
                return ReadLog(name, back, ref writer, out status);
            case ManagementOperation.ReadFree when arguments == 0 && reader.TryReadEnd():
                return ReadFree(ref writer, out status);
            case ManagementOperation.DescribeView when arguments == 1 && reader.TryReadUInt32(out var index) && reader.TryReadEnd():
                return DescribeView(index, ref writer, out status);
            case ManagementOperation.ReadView
                when arguments == 2 && reader.TryReadUInt64(out var view) && reader.TryReadUInt64(out var position) && reader.TryReadEnd():
                return ReadView(view, position, ref writer, out status);
            case ManagementOperation.Type
                when arguments == 2 && reader.TryReadUInt64(out var view) && reader.TryReadBinary(out var keys) && reader.TryReadEnd():
                status = keys.Length <= ManagementProtocol.MaxKeys ? _system.Type(view, keys) : ContractStatus.InvalidArgument;
                return false;
            case ManagementOperation.ReadCounter
                when arguments == 2 && TryReadName(ref reader, out var name) && reader.TryReadUInt32(out var index) && reader.TryReadEnd():
                return ReadCounter(name, index, ref writer, out status);
            case ManagementOperation.DescribeGuest when arguments == 1 && reader.TryReadUInt32(out var index) && reader.TryReadEnd():
                return DescribeGuest(index, ref writer, out status);
            case ManagementOperation.Order
                when arguments == 2 && TryReadName(ref reader, out var name) && reader.TryReadUInt32(out var order) && reader.TryReadEnd():
                status = _system.Order(name, (GuestOrder)order);
                return false;
            case ManagementOperation.Define
                when arguments == 2 && TryReadName(ref reader, out var name) && reader.TryReadString(out var definition) && reader.TryReadEnd():
                status = definition.Length <= ManagementProtocol.MaxDefinition ? _system.Define(name, definition) : ContractStatus.InvalidArgument;
                return false;
            default:
                status = operation <= ManagementOperation.Define ? ContractStatus.BadMessage : ContractStatus.UnknownOperation;
                return false;
        }
    }

    private ContractStatus Control(ManagementOperation operation, ReadOnlySpan<byte> name) => operation switch
    {
        ManagementOperation.Start => _system.Start(name),
        ManagementOperation.Stop => _system.Stop(name),
        _ => _system.Kill(name),
    };

    private bool Hello(ref MessagePackWriter writer, out ContractStatus status)
    {
        status = ContractStatus.Ok;
        WriteStatus(ref writer, status, 3);
        writer.WriteUInt64(ManagementProtocol.Version);
        writer.WriteUInt64(_system.Frequency);
        writer.WriteUInt64(_system.Now);
        return true;
    }

    private bool Describe(uint index, ref MessagePackWriter writer, out ContractStatus status)
    {
        status = _system.Describe(index, _name, out var length, out var component);
        if (status != ContractStatus.Ok)
            return false;

        WriteStatus(ref writer, status, 12);
        writer.WriteString(_name.AsSpan(0, length));
        writer.WriteUInt64((uint)component.State);
        writer.WriteUInt64(component.Life);
        writer.WriteUInt64(component.Crashes);
        writer.WriteUInt64(component.Memory);
        writer.WriteUInt64(component.MemoryQuota);
        writer.WriteUInt64(component.KernelMemory);
        writer.WriteUInt64(component.KernelMemoryQuota);
        writer.WriteUInt64(component.Time);
        writer.WriteUInt64(component.Calls);
        writer.WriteUInt64(component.Answers);
        writer.WriteUInt64(component.Records);
        return true;
    }

    private bool ReadCrash(scoped ReadOnlySpan<byte> name, uint offset, ref MessagePackWriter writer, out ContractStatus status)
    {
        status = _system.ReadCrash(name, offset, _text, out var length);
        if (status != ContractStatus.Ok)
            return false;

        WriteStatus(ref writer, status, 1);
        writer.WriteBinary(_text.AsSpan(0, length));
        return true;
    }

    private bool ReadLog(scoped ReadOnlySpan<byte> name, uint back, ref MessagePackWriter writer, out ContractStatus status)
    {
        status = _system.ReadLog(name, back, _text, out var length, out var time, out var level);
        if (status != ContractStatus.Ok)
            return false;

        WriteStatus(ref writer, status, 3);
        writer.WriteBinary(_text.AsSpan(0, length));
        writer.WriteUInt64(time);
        writer.WriteUInt64((uint)level);
        return true;
    }

    private bool ReadFree(ref MessagePackWriter writer, out ContractStatus status)
    {
        status = _system.ReadFree(out var pages, out var kernelPages);
        if (status != ContractStatus.Ok)
            return false;

        WriteStatus(ref writer, status, 2);
        writer.WriteUInt64(pages);
        writer.WriteUInt64(kernelPages);
        return true;
    }

    private bool ReadCounter(scoped ReadOnlySpan<byte> name, uint index, ref MessagePackWriter writer, out ContractStatus status)
    {
        status = _system.ReadCounter(name, index, _text, out var length, out var value);
        if (status != ContractStatus.Ok)
            return false;

        WriteStatus(ref writer, status, 2);
        writer.WriteString(_text.AsSpan(0, length));
        writer.WriteUInt64(value);
        return true;
    }

    private bool DescribeView(uint index, ref MessagePackWriter writer, out ContractStatus status)
    {
        status = _system.DescribeView(index, _name, out var length, out var view);
        if (status != ContractStatus.Ok)
            return false;

        WriteStatus(ref writer, status, 4);
        writer.WriteString(_name.AsSpan(0, length));
        writer.WriteUInt64(view.View);
        writer.WriteUInt64(view.Written);
        writer.WriteBoolean(view.HasFocus);
        return true;
    }

    private bool DescribeGuest(uint index, ref MessagePackWriter writer, out ContractStatus status)
    {
        status = _system.DescribeGuest(index, _name, out var length, _text, out var monitor, out var guest);
        if (status != ContractStatus.Ok)
            return false;

        WriteStatus(ref writer, status, 5);
        writer.WriteString(_name.AsSpan(0, length));
        writer.WriteString(_text.AsSpan(0, monitor));
        writer.WriteUInt64((uint)guest.Condition);
        writer.WriteUInt64(guest.Cpus);
        writer.WriteUInt64(guest.Memory);
        return true;
    }

    private bool ReadView(ulong view, ulong position, ref MessagePackWriter writer, out ContractStatus status)
    {
        status = _system.ReadView(view, position, _text, out var length, out var start);
        if (status != ContractStatus.Ok)
            return false;

        WriteStatus(ref writer, status, 2);
        writer.WriteUInt64(start);
        writer.WriteBinary(_text.AsSpan(0, length));
        return true;
    }

    private static void WriteStatus(ref MessagePackWriter writer, ContractStatus status, uint results)
    {
        writer.WriteUInt64((ulong)status);
        writer.WriteArrayHeader(results);
    }

    private static bool TryReadName(ref MessagePackReader reader, out ReadOnlySpan<byte> name) =>
        reader.TryReadString(out name) && name.Length is > 0 and <= ManagementProtocol.MaxName;
}
