using System;
using System.Collections.Generic;
using System.Text;
using Kilonova.Abi;

namespace Kilonova.Kernel;

// What the IOMMUs need of the rooms boot and diagnostics, of firmware and of interrupts.

/// <summary>The firmware tables that tests set.</summary>
public static class Platform
{
    public static byte[] DmarBytes { get; set; } = [];

    public static ReadOnlySpan<byte> Dmar => DmarBytes;
}

public static class KernelOptions
{
    public static bool NoIommu { get; set; }
}

/// <summary>Memory from the allocator, cleared.</summary>
public static unsafe class EarlyMemory
{
    public static ulong Allocate(uint pages)
    {
        uint order = 0;
        while (1u << (int)order < pages)
        {
            order++;
        }

        void* block = PhysicalMemory.Allocate(order);
        Memory.Zero(block, PhysicalMemory.PageSize << (int)order);
        return DirectMap.ToPhysical(block);
    }
}

/// <summary>Device registers lie at their physical addresses.</summary>
public static class KernelSpace
{
    public static nint MapMmio(ulong physical, uint size) => (nint)physical + (nint)(size - size);
}

public static class Mmio
{
    public static uint Read32(nint register) => FakeVtd.At((ulong)register).Read((int)((ulong)register & 0xfff));

    public static void Write32(nint register, uint value) => FakeVtd.At((ulong)register).Write((int)((ulong)register & 0xfff), value);
}

/// <summary>Configuration space, of which tests say what bridges have behind them.</summary>
public static class PciConfiguration
{
    public const uint Buses = 0x18;

    public static Dictionary<uint, uint> Bridges { get; } = [];

    public static uint Read(uint requester, uint register) =>
        register == Buses && Bridges.TryGetValue(requester, out uint buses) ? buses : uint.MaxValue;
}

/// <summary>A cache that loses what was not flushed: each flushed byte range, in order.</summary>
public static unsafe class Cache
{
    public static HashSet<ulong> Lines { get; } = [];

    public static void Flush(void* start, uint bytes)
    {
        for (ulong line = (ulong)start & ~63ul; line < (ulong)start + bytes; line += 64)
        {
            _ = Lines.Add(line);
        }
    }
}

public static class LocalApic
{
    public static bool IsX2Apic { get; set; }
}

public enum LogLevel
{
    Error,
    Warning,
    Info,
}

/// <summary>What was logged.</summary>
public static class Log
{
    public static StringBuilder Text { get; } = new();

    public static void Warning(ReadOnlySpan<byte> text) => Text.AppendLine(Encoding.UTF8.GetString(text));

    public static void Line(LogLevel level, ReadOnlySpan<byte> format, ulong a, ulong b = 0) =>
        Text.AppendLine(Encoding.UTF8.GetString(format) + $" {level} {a:x} {b:x}");

    public static void Begin(LogLevel level) => Text.Append(level).Append(' ');

    public static void Write(ReadOnlySpan<byte> text) => Text.Append(Encoding.UTF8.GetString(text));

    public static void Write(ReadOnlySpan<byte> format, ulong a, ulong b, ulong c) =>
        Text.Append(Encoding.UTF8.GetString(format)).Append($" {a:x} {b:x} {c:x}");

    public static void End() => Text.AppendLine();
}

/// <summary>The machine is stopped: its thread is thrown out.</summary>
public static class Panic
{
    public static void Require(bool condition, ReadOnlySpan<byte> otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException(Encoding.UTF8.GetString(otherwise));
        }
    }

    public static void RequireMemory(bool condition) => Require(condition, "no memory"u8);
}

/// <summary>The NOVA host space of the test.</summary>
public static unsafe class NovaSpaces
{
    public static nint Host { get; set; }

    public static Status MapForRoot(HostSpace* space, ulong physicalPage, ulong page, ulong count, uint permissions)
    {
        Delegation delegation;
        Status status = Delegation.Begin(&delegation, (KernelObject*)Host, (KernelObject*)space, physicalPage, page, 0, permissions, 0);
        delegation.Count = count;
        while (status == Status.SUCCESS && Delegation.Step(&delegation))
        {
        }

        return status == Status.SUCCESS ? delegation.Status : status;
    }
}

/// <summary>A semaphore that counts.</summary>
public unsafe struct Semaphore
{
    public KernelObject Head;

    public ulong Counter;

    public static Status Up(Semaphore* sm)
    {
        sm->Counter++;
        return Status.SUCCESS;
    }
}

/// <summary>Sources whose interrupts were ended.</summary>
public static class Interrupts
{
    public static List<ulong> Detached { get; } = [];

    public static void Detach(ulong source) => Detached.Add(source);
}
