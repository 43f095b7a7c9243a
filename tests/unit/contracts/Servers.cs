// The servers behind the protocols.
using System;

namespace Kilonova.Contracts.Tests;

/// <summary>What a session of the server has seen.</summary>
internal sealed class Session
{
    public byte[] Memory { get; init; } = [];

    public ulong[] Scratch { get; } = new ulong[EverythingDispatcher.ScratchWords];

    public int Calls { get; set; }

    public ObjectRange Objects { get; set; }

    public MemoryRange Pages { get; set; }

    public PortRange Ports { get; set; }

    /// <summary>What <see cref="IEverything.Reverse"/> claims to have filled, if it lies.</summary>
    public int? ClaimedLength { get; set; }

    /// <summary>Runs in the middle of a call, as a server's own calls would.</summary>
    public Action? InTheMiddle { get; set; }
}

internal struct Everything(Session session) : IEverything, ISessionMemory, IScratch
{
    public readonly Span<ulong> Scratch => session.Scratch;

    public readonly uint SessionLength => (uint)session.Memory.Length;

    public readonly ContractStatus Numbers(
        byte u8, ushort u16, uint u32, ulong u64, sbyte s8, short s16, int s32, long s64,
        out byte u8Back, out ushort u16Back, out uint u32Back, out ulong u64Back,
        out sbyte s8Back, out short s16Back, out int s32Back, out long s64Back)
    {
        session.Calls++;
        (u8Back, u16Back, u32Back, u64Back) = (u8, u16, u32, u64);
        (s8Back, s16Back, s32Back, s64Back) = (s8, s16, s32, s64);
        return ContractStatus.Ok;
    }

    public readonly ContractStatus Choices(
        bool flag, Colour colour, Temperature temperature, Access access,
        out bool flagBack, out Colour colourBack, out Temperature temperatureBack, out Access accessBack)
    {
        session.Calls++;
        Require(Enum.IsDefined(colour) && Enum.IsDefined(temperature) && ((int)access & ~0xb) == 0);
        (flagBack, colourBack, temperatureBack, accessBack) = (flag, colour, temperature, access);
        return ContractStatus.Ok;
    }

    public readonly ContractStatus Reverse(ReadOnlySpan<byte> text, Span<byte> reversed, out int length)
    {
        session.Calls++;
        session.InTheMiddle?.Invoke();
        Require(text.Length <= 20 && reversed.Length <= 20 && !reversed.ContainsAnyExcept((byte)0));
        length = Math.Min(text.Length, reversed.Length);
        for (int i = 0; i < length; i++)
            reversed[i] = text[text.Length - 1 - i];
        length = session.ClaimedLength ?? length;
        return ContractStatus.Ok;
    }

    public readonly ContractStatus Merge(
        ReadOnlySpan<ulong> left, uint between, ReadOnlySpan<ulong> right, Span<ulong> merged, out int length, out ulong sum)
    {
        session.Calls++;
        Require(left.Length <= 5 && right.Length <= 5 && merged.Length <= 11);
        ulong[] all = [.. left, between, .. right];
        length = Math.Min(all.Length, merged.Length);
        all.AsSpan(0, length).CopyTo(merged);
        sum = 0;
        foreach (ulong word in all)
            sum += word;
        return ContractStatus.Ok;
    }

    public readonly ContractStatus Give(ObjectRange objects, MemoryRange memory, PortRange ports, ulong tag)
    {
        session.Calls++;
        (session.Objects, session.Pages, session.Ports) = (objects, memory, ports);
        return tag == 0 ? ContractStatus.Denied : ContractStatus.Ok;
    }

    public readonly ContractStatus Show(ObjectRange known, out ulong selector)
    {
        session.Calls++;
        selector = known.Selector;
        return ContractStatus.Ok;
    }

    public readonly ContractStatus Take(ulong tag, out ObjectRange objects, out MemoryRange memory, out ulong tagBack)
    {
        session.Calls++;
        objects = new ObjectRange(0x77, 0, 3);
        memory = new MemoryRange(0x1000, 2, 1);
        tagBack = tag;
        return ContractStatus.Ok;
    }

    public readonly ContractStatus Sum(SessionRange range, out uint sum)
    {
        session.Calls++;
        Require((ulong)range.Offset + range.Length <= SessionLength);
        sum = 0;
        foreach (byte value in session.Memory.AsSpan((int)range.Offset, (int)range.Length))
            sum += value;
        return ContractStatus.Ok;
    }

    public readonly ContractStatus Refuse(ContractStatus status, out ulong never)
    {
        session.Calls++;
        never = 1;
        return status;
    }

    public readonly ContractStatus Nothing()
    {
        session.Calls++;
        return ContractStatus.Ok;
    }

    public readonly ContractStatus Keywords(ulong @class, bool @event, out ulong @out)
    {
        session.Calls++;
        @out = @event ? @class : 0;
        return ContractStatus.Ok;
    }

    private static void Require(bool condition)
    {
        if (!condition)
            throw new InvalidOperationException("the dispatcher let through what it must not");
    }
}

internal readonly struct Simple : ISimple
{
    public ContractStatus Add(ulong a, ulong b, ulong c, out ulong sum)
    {
        sum = a + b + c;
        return ContractStatus.Ok;
    }
}
