using System;
using System.Collections.Generic;

namespace Kilonova.Kernel;

/// <summary>The firmware tables that tests set.</summary>
public static class Platform
{
    public static byte[] MadtBytes { get; set; } = [];

    public static byte[] FadtBytes { get; set; } = [];

    public static ReadOnlySpan<byte> Madt => MadtBytes;

    public static ReadOnlySpan<byte> Fadt => FadtBytes;
}

/// <summary>Device registers lie at their physical addresses.</summary>
public static class KernelSpace
{
    public static nint MapMmio(ulong physical, uint size) => (nint)physical + (nint)(size - size);
}

/// <summary>Registers in memory: I/O APICs where tests put them, elsewhere bytes that are noted.</summary>
public static class Mmio
{
    private const nint Window = 0x10;

    public static Dictionary<long, FakeIoApic> IoApics { get; } = [];

    public static List<(long Register, byte Value)> Written { get; } = [];

    public static uint Read32(nint register) => IoApics.TryGetValue(register - Window, out FakeIoApic? unit) ? unit.Selected : uint.MaxValue;

    public static void Write32(nint register, uint value)
    {
        if (IoApics.TryGetValue(register, out FakeIoApic? unit))
        {
            unit.Index = value;
        }
        else if (IoApics.TryGetValue(register - Window, out unit))
        {
            unit.Selected = value;
        }
    }

    public static void Write8(nint register, byte value) => Written.Add((register, value));
}

/// <summary>An I/O APIC: registers behind an index (Intel 82093AA datasheet, section 3.1).</summary>
public sealed class FakeIoApic(uint pins)
{
    private readonly uint[] _entries = new uint[2 * pins];

    public uint Index { get; set; }

    public uint Selected
    {
        get => Index == 1 ? ((pins - 1) << 16) | 0x11 : _entries[Index - 0x10];
        set => _entries[Index - 0x10] = value;
    }

    /// <summary>The redirection entry of a pin, 64 bits.</summary>
    public ulong this[uint pin] => _entries[2 * pin] | ((ulong)_entries[(2 * pin) + 1] << 32);
}

/// <summary>Interrupt remapping, where a test wants it.</summary>
public static class Iommu
{
    public static bool RemapsInterrupts { get; set; }

    public static List<(uint Index, ulong Source, uint Vector, uint ApicId, bool Level)> Remapped { get; } = [];

    public static void Remap(uint index, ulong source, uint vector, uint apicId, bool level) =>
        Remapped.Add((index, source, vector, apicId, level));
}

public static class DeviceScopes
{
    public static ulong SourceOfIoApic(uint id) => 0xf0f8 + id;
}

/// <summary>I/O ports that remember what was written and read as 0.</summary>
public static class Port
{
    public static List<(ushort Port, uint Value)> Written { get; } = [];

    public static ushort Read16(ushort port) => (ushort)(port - port);

    public static void Write8(ushort port, byte value) => Written.Add((port, value));

    public static void Write16(ushort port, ushort value) => Written.Add((port, value));

    public static void Write32(ushort port, uint value) => Written.Add((port, value));
}

/// <summary>The last resort of a reset.</summary>
public static class Processor
{
    public static void TripleFault() => throw new HaltedException("triple fault");
}
