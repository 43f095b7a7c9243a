// Protocols for the tests: one with every kind of parameter, one as simple as can be.
using System;

namespace Kilonova.Contracts.Tests;

public enum Colour : byte
{
    Red = 1,
    Green = 2,
    Blue = 4,
}

public enum Temperature
{
    Freezing = -2,
    Cold = -1,
    Mild = 0,
    Hot = 100,
}

[Flags]
public enum Access : ushort
{
    None = 0,
    Read = 1,
    Write = 2,
    Execute = 8,
}

[Protocol(0x7465_7374, 3, OldestVersion = 2)]
public interface IEverything
{
    [Operation(1)]
    ContractStatus Numbers(
        byte u8, ushort u16, uint u32, ulong u64, sbyte s8, short s16, int s32, long s64,
        out byte u8Back, out ushort u16Back, out uint u32Back, out ulong u64Back,
        out sbyte s8Back, out short s16Back, out int s32Back, out long s64Back);

    [Operation(2)]
    ContractStatus Choices(
        bool flag, Colour colour, Temperature temperature, Access access,
        out bool flagBack, out Colour colourBack, out Temperature temperatureBack, out Access accessBack);

    [Operation(3)]
    ContractStatus Reverse([MaxLength(20)] ReadOnlySpan<byte> text, [MaxLength(20)] Span<byte> reversed, out int length);

    [Operation(4)]
    ContractStatus Merge(
        [MaxLength(5)] ReadOnlySpan<ulong> left, uint between, [MaxLength(5)] ReadOnlySpan<ulong> right,
        [MaxLength(11)] Span<ulong> merged, out int length, out ulong sum);

    [Operation(5)]
    ContractStatus Give([Delegated] ObjectRange objects, [Delegated] MemoryRange memory, [Delegated] PortRange ports, ulong tag);

    [Operation(6)]
    ContractStatus Show([Translated] ObjectRange known, out ulong selector);

    [Operation(7)]
    ContractStatus Take(ulong tag, [Delegated] out ObjectRange objects, [Delegated] out MemoryRange memory, out ulong tagBack);

    [Operation(8)]
    ContractStatus Sum(SessionRange range, out uint sum);

    [Operation(9)]
    ContractStatus Refuse(ContractStatus status, out ulong never);

    [Operation(300)]
    ContractStatus Nothing();

    [Operation(301)]
    ContractStatus Keywords(ulong @class, bool @event, out ulong @out);
}

[Protocol(0x7369_6d70, 1)]
internal interface ISimple
{
    [Operation(1)]
    ContractStatus Add(ulong a, ulong b, ulong c, out ulong sum);
}
