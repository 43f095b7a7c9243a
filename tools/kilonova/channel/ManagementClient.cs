using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Management;
using Kilonova.MessagePack;

namespace Kilonova.Tool;

/// <summary>
/// The tool's end of the management protocol (docs/management.md). The system is not trusted either: what is no reply to the request is
/// dropped, and every wait has an end. Used by one thread.
/// </summary>
internal sealed class ManagementClient : IDisposable
{
    private const int Attempts = 4;
    private const int MaxComponents = 4096;
    private const int MaxReport = 1 << 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly Stream _line;
    private readonly BlockingCollection<byte[]> _replies = [];
    private readonly byte[] _request = new byte[ManagementProtocol.MaxRequest];
    private readonly byte[] _frame = new byte[FrameFormat.MaxLength(ManagementProtocol.MaxRequest)];
    private uint _sequence = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));

    /// <summary>Takes a line, which it closes in the end, and makes sure that somebody is there who speaks this protocol.</summary>
    /// <exception cref="CommandException">Nobody is.</exception>
    internal ManagementClient(Stream line)
    {
        _line = line;
        new Thread(Read) { IsBackground = true }.Start();
        var hello = Ask(ManagementOperation.Hello, 0, NoArguments);
        var reader = hello.Results;
        if (!reader.TryReadUInt32(out var version) || version != ManagementProtocol.Version)
            throw new CommandException($"the system speaks version {version} of the protocol, this tool {ManagementProtocol.Version}", ExitCode.NoSystem);

        Frequency = reader.TryReadUInt64(out var frequency) && frequency != 0 ? frequency : throw BadReply();
    }

    private delegate void ArgumentWriter(ref MessagePackWriter writer);

    /// <summary>Ticks per second of all times.</summary>
    internal ulong Frequency { get; }

    /// <summary>The system's time, in ticks.</summary>
    internal ulong ReadTime()
    {
        var reader = Ask(ManagementOperation.Hello, 0, NoArguments).Results;
        return reader.TryReadUInt32(out _) && reader.TryReadUInt64(out _) && reader.TryReadUInt64(out var now) ? now : throw BadReply();
    }

    /// <summary>All components.</summary>
    internal IReadOnlyList<(string Name, ComponentDescription Description)> ListComponents()
    {
        List<(string, ComponentDescription)> components = [];
        for (var i = 0u; i < MaxComponents; i++)
        {
            var index = i;
            var reply = Ask(ManagementOperation.Describe, 1, (ref MessagePackWriter writer) => writer.WriteUInt64(index));
            if (reply.Status != ContractStatus.Ok)
                break;

            var reader = reply.Results;
            if (!reader.TryReadString(out var name) || !reader.TryReadUInt32(out var state) || !reader.TryReadUInt64(out var life)
                || !reader.TryReadUInt64(out var crashes) || !reader.TryReadUInt32(out var memory) || !reader.TryReadUInt32(out var quota)
                || !reader.TryReadUInt32(out var kernel) || !reader.TryReadUInt32(out var kernelQuota) || !reader.TryReadUInt64(out var time)
                || !reader.TryReadUInt64(out var calls) || !reader.TryReadUInt64(out var answers) || !reader.TryReadUInt64(out var records))
                throw BadReply();

            components.Add(
                (Clean(name), new ComponentDescription(
                    (ComponentState)state, life, crashes, memory, quota, kernel, kernelQuota, time, calls, answers, records)));
        }

        return components;
    }

    /// <summary>Starts, stops or kills a component. Asked once only: if the answer is lost, nobody knows whether it was done.</summary>
    internal ContractStatus Control(ManagementOperation operation, string component) =>
        Ask(operation, 1, (ref MessagePackWriter writer) => writer.WriteString(Encoding.UTF8.GetBytes(component)), attempts: 1).Status;

    /// <summary>The report of a component's last crash; null when there is none.</summary>
    internal string? ReadCrash(string component)
    {
        StringBuilder report = new();
        for (var offset = 0u; offset < MaxReport;)
        {
            var from = offset;
            var reply = Ask(ManagementOperation.ReadCrash, 2, (ref MessagePackWriter writer) =>
            {
                writer.WriteString(Encoding.UTF8.GetBytes(component));
                writer.WriteUInt64(from);
            });
            if (reply.Status != ContractStatus.Ok)
                return null;

            var reader = reply.Results;
            if (!reader.TryReadBinary(out var text))
                throw BadReply();

            if (text.IsEmpty)
                break;

            report.Append(Clean(text));
            offset += (uint)text.Length;
        }

        return report.ToString();
    }

    /// <summary>The lines of a component's log that are kept, oldest first.</summary>
    internal IReadOnlyList<(ulong Time, LogLevel Level, string Text)> ReadLog(string component)
    {
        List<(ulong, LogLevel, string)> lines = [];
        while (lines.Count < MaxComponents)
        {
            var back = (uint)lines.Count;
            var reply = Ask(ManagementOperation.ReadLog, 2, (ref MessagePackWriter writer) =>
            {
                writer.WriteString(Encoding.UTF8.GetBytes(component));
                writer.WriteUInt64(back);
            });
            if (reply.Status != ContractStatus.Ok)
                break;

            var reader = reply.Results;
            if (!reader.TryReadBinary(out var text) || !reader.TryReadUInt64(out var time) || !reader.TryReadUInt32(out var level))
                throw BadReply();

            lines.Add((time, (LogLevel)level, Clean(text)));
        }

        lines.Reverse();
        return lines;
    }

    /// <summary>Pages of memory that nobody has, and pages of kernel memory.</summary>
    internal (ulong Pages, ulong KernelPages) ReadFree()
    {
        var reader = Ask(ManagementOperation.ReadFree, 0, NoArguments).Results;
        return reader.TryReadUInt64(out var pages) && reader.TryReadUInt64(out var kernelPages) ? (pages, kernelPages) : throw BadReply();
    }

    /// <summary>All counters of a component.</summary>
    internal IReadOnlyList<(string Name, ulong Value)> ListCounters(string component)
    {
        List<(string, ulong)> counters = [];
        for (var i = 0u; i < CounterLayout.MaxCounters; i++)
        {
            var index = i;
            var reply = Ask(ManagementOperation.ReadCounter, 2, (ref MessagePackWriter writer) =>
            {
                writer.WriteString(Encoding.UTF8.GetBytes(component));
                writer.WriteUInt64(index);
            });
            if (reply.Status != ContractStatus.Ok)
                break;

            var reader = reply.Results;
            counters.Add(reader.TryReadString(out var name) && reader.TryReadUInt64(out var value) ? (Clean(name), value) : throw BadReply());
        }

        return counters;
    }

    /// <summary>All views of the console; none when the system has no console, or lets nobody see it.</summary>
    internal IReadOnlyList<(string Name, ViewDescription Description)> ListViews()
    {
        List<(string, ViewDescription)> views = [];
        for (var i = 0u; i < MaxComponents; i++)
        {
            var index = i;
            var reply = Ask(ManagementOperation.DescribeView, 1, (ref MessagePackWriter writer) => writer.WriteUInt64(index));
            if (reply.Status != ContractStatus.Ok)
                break;

            var reader = reply.Results;
            if (!reader.TryReadString(out var name) || !reader.TryReadUInt64(out var view) || !reader.TryReadUInt64(out var written)
                || !reader.TryReadBoolean(out var hasFocus))
                throw BadReply();

            views.Add((Clean(name), new ViewDescription(view, written, hasFocus)));
        }

        return views;
    }

    /// <summary>All guests.</summary>
    internal IReadOnlyList<(string Name, string Monitor, GuestDescription Description)> ListGuests()
    {
        List<(string, string, GuestDescription)> guests = [];
        for (var i = 0u; i < MaxComponents; i++)
        {
            var index = i;
            var reply = Ask(ManagementOperation.DescribeGuest, 1, (ref MessagePackWriter writer) => writer.WriteUInt64(index));
            if (reply.Status != ContractStatus.Ok)
                break;

            var reader = reply.Results;
            if (!reader.TryReadString(out var name) || !reader.TryReadString(out var monitor) || !reader.TryReadUInt32(out var condition)
                || !reader.TryReadUInt32(out var cpus) || !reader.TryReadUInt32(out var memory))
                throw BadReply();

            guests.Add((Clean(name), Clean(monitor), new GuestDescription((GuestCondition)condition, cpus, memory)));
        }

        return guests;
    }

    /// <summary>Has something done with a guest. Asked once only, as <see cref="Control"/>.</summary>
    internal ContractStatus Order(string guest, GuestOrder order) => Ask(ManagementOperation.Order, 2, (ref MessagePackWriter writer) =>
    {
        writer.WriteString(Encoding.UTF8.GetBytes(guest));
        writer.WriteUInt64((uint)order);
    }, attempts: 1).Status;

    /// <summary>
    /// Says what a guest is from its next start on; <paramref name="definition"/> is at most <see cref="ManagementProtocol.MaxDefinition"/> bytes.
    /// </summary>
    internal ContractStatus Define(string guest, string definition) => Ask(ManagementOperation.Define, 2, (ref MessagePackWriter writer) =>
    {
        writer.WriteString(Encoding.UTF8.GetBytes(guest));
        writer.WriteString(Encoding.UTF8.GetBytes(definition));
    }).Status;

    /// <summary>Text of a view from a position on, which is moved behind it; null when the view is gone.</summary>
    internal byte[]? ReadView(ulong view, ref ulong position)
    {
        var from = position;
        var reply = Ask(ManagementOperation.ReadView, 2, (ref MessagePackWriter writer) =>
        {
            writer.WriteUInt64(view);
            writer.WriteUInt64(from);
        });
        if (reply.Status != ContractStatus.Ok)
            return null;

        var reader = reply.Results;
        if (!reader.TryReadUInt64(out var start) || !reader.TryReadBinary(out var text))
            throw BadReply();

        position = start + (ulong)text.Length;
        return text.ToArray();
    }

    /// <summary>Types into a view. Asked once only, as <see cref="Control"/>.</summary>
    internal ContractStatus Type(ulong view, ReadOnlySpan<byte> keys)
    {
        while (!keys.IsEmpty)
        {
            var part = keys[..Math.Min(keys.Length, ManagementProtocol.MaxKeys)].ToArray();
            keys = keys[part.Length..];
            var status = Ask(ManagementOperation.Type, 2, (ref MessagePackWriter writer) =>
            {
                writer.WriteUInt64(view);
                writer.WriteBinary(part);
            }, attempts: 1).Status;
            if (status != ContractStatus.Ok)
                return status;
        }

        return ContractStatus.Ok;
    }

    public void Dispose()
    {
        _line.Dispose();
        _replies.Dispose();
    }

    private static void NoArguments(ref MessagePackWriter writer)
    {
    }

    private static CommandException BadReply() => new("the system's reply is not what the request asks for", ExitCode.NoSystem);

    // What comes from outside does not steer the terminal.
    private static string Clean(ReadOnlySpan<byte> text)
    {
        StringBuilder clean = new();
        foreach (var letter in Encoding.UTF8.GetString(text))
            clean.Append(letter != '\n' && char.IsControl(letter) ? '?' : letter);

        return clean.ToString();
    }

    private Reply Ask(ManagementOperation operation, uint count, ArgumentWriter arguments, int attempts = Attempts)
    {
        var sequence = ++_sequence;
        MessagePackWriter writer = new(_request);
        writer.WriteArrayHeader(ManagementProtocol.RequestFields);
        writer.WriteUInt64(sequence);
        writer.WriteUInt64((uint)operation);
        writer.WriteArrayHeader(count);
        arguments(ref writer);
        if (writer.Status != MessagePackStatus.Ok)
            throw new CommandException("the request is too long", ExitCode.Usage);

        var length = FrameFormat.Write(writer.Written, _frame);
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            Send(length);
            var deadline = DateTime.UtcNow + s_patience;
            while (deadline - DateTime.UtcNow is var left && left > TimeSpan.Zero && _replies.TryTake(out var message, left))
            {
                if (Reply.TryRead(message, sequence, out var reply))
                    return reply;
            }
        }

        throw new CommandException("the system does not answer; does its scenario have the component 'management'?", ExitCode.NoSystem);
    }

    private void Send(int length)
    {
        try
        {
            _line.Write(_frame, 0, length);
            _line.Flush();
        }
        catch (IOException failure)
        {
            throw new CommandException($"the line to the system broke: {failure.Message}", ExitCode.NoSystem);
        }
    }

    private void Read()
    {
        FrameReader frames = new(ManagementProtocol.MaxReply);
        var buffer = new byte[ManagementProtocol.MaxReply];
        try
        {
            for (var count = _line.Read(buffer); count > 0; count = _line.Read(buffer))
            {
                for (var i = 0; i < count; i++)
                {
                    if (frames.TryTake(buffer[i]))
                        _replies.Add(frames.Message.ToArray());
                }
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The line is closed: whoever waits finds that nothing comes.
        }
    }

    /// <summary>A reply's status and what follows.</summary>
    private readonly record struct Reply(ContractStatus Status, byte[] Message, int At)
    {
        internal MessagePackReader Results => new(Message.AsSpan(At));

        internal static bool TryRead(byte[] message, uint sequence, out Reply reply)
        {
            MessagePackReader reader = new(message);
            var isReply = reader.TryReadArrayHeader(out var count) && count == ManagementProtocol.ReplyFields
                && reader.TryReadUInt32(out var answered) && answered == sequence;
            isReply &= reader.TryReadUInt32(out var status);
            isReply &= reader.TryReadArrayHeader(out _);
            reply = new Reply((ContractStatus)status, message, reader.Position);
            return isReply;
        }
    }
}
