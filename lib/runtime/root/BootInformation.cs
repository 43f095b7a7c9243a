using System;
using Kilonova.Formats;
using Kilonova.Formats.Multiboot;

namespace Kilonova.Runtime;

/// <summary>
/// What the boot loader left, of either Multiboot version, as a root task reads it. The kernel has checked it before it started the root task.
/// The first module is the root task itself.
/// </summary>
public readonly struct BootInformation
{
    private const ulong PageSize = 4096;
    private const int PageShift = 12;

    private readonly ulong _magic;
    private readonly ulong _address;

    /// <summary>Takes the registers of section 8.1.2.</summary>
    /// <param name="magic">EAX at boot time.</param>
    /// <param name="address">EBX at boot time.</param>
    public BootInformation(ulong magic, ulong address)
    {
        _magic = (uint)magic;
        _address = (uint)address;
    }

    /// <summary>Whether this is Multiboot 2 rather than 1.</summary>
    public bool IsVersion2 => _magic == Multiboot2.Magic;

    /// <summary>Number of modules.</summary>
    public uint ModuleCount
    {
        get
        {
            var information = Read();
            if (!IsVersion2)
                return Multiboot1.ModuleCount(information);

            var count = 0u;
            var cursor = 0u;
            for (var tag = Multiboot2.Next(information, ref cursor); !tag.IsEmpty; tag = Multiboot2.Next(information, ref cursor))
            {
                if (Multiboot2.Type(tag) == Multiboot2Tag.Module)
                    count++;
            }

            return count;
        }
    }

    /// <summary>The kernel's command line.</summary>
    public ReadOnlySpan<byte> KernelCommandLine =>
        IsVersion2
            ? Multiboot2.CommandLine(Multiboot2.Find(Read(), Multiboot2Tag.CommandLine))
            : Multiboot1.CommandLine(default(PhysicalMemory), Read());

    /// <summary>What was left to show something on.</summary>
    public BootDisplay Display =>
        IsVersion2
            ? BootDisplay.Read(Multiboot2.Find(Read(), Multiboot2Tag.Framebuffer))
            : BootDisplay.ReadDataArea(default(PhysicalMemory).Map(BootDisplay.DataArea, BootDisplay.DataAreaLength));

    /// <summary>A module's command line; empty when it does not exist.</summary>
    public ReadOnlySpan<byte> ModuleCommandLine(uint index) =>
        IsVersion2 ? Multiboot2.ModuleString(Module(index)) : Multiboot1.ModuleString(default(PhysicalMemory), Module(index));

    /// <summary>A module's contents; empty when it does not exist.</summary>
    public ReadOnlySpan<byte> ModuleContents(uint index)
    {
        var module = Module(index);
        var start = ModuleStart(module);
        var length = ModuleEnd(module) - start;
        return length == 0 ? ReadOnlySpan<byte>.Empty : default(PhysicalMemory).Map(start, length);
    }

    /// <summary>Adds all available memory between two addresses, whole pages only.</summary>
    public void AddAvailable(ref RangeList free, ulong low, ulong high)
    {
        var information = Read();
        if (IsVersion2)
        {
            var map = Multiboot2.Find(information, Multiboot2Tag.MemoryMap);
            for (var i = 0u; i < Multiboot2.RangeCount(map); i++)
            {
                var range = Multiboot2.Range(map, i);
                if (Multiboot2.RangeType(range) == MemoryType.Available)
                    Add(ref free, Multiboot2.RangeStart(range), Multiboot2.RangeLength(range), low, high);
            }
        }
        else
        {
            var map = Multiboot1.MemoryMap(default(PhysicalMemory), information);
            var cursor = 0u;
            for (var range = Multiboot1.NextRange(map, ref cursor); !range.IsEmpty; range = Multiboot1.NextRange(map, ref cursor))
            {
                if (Multiboot1.RangeType(range) == MemoryType.Available)
                    Add(ref free, Multiboot1.RangeStart(range), Multiboot1.RangeLength(range), low, high);
            }
        }
    }

    /// <summary>Takes modules and the boot information itself out of free memory.</summary>
    public void ReserveModules(ref RangeList free)
    {
        Remove(ref free, _address, (ulong)Read().Length);
        for (var i = 0u; i < ModuleCount; i++)
        {
            var module = Module(i);
            Remove(ref free, ModuleStart(module), ModuleEnd(module) - ModuleStart(module));
            var text = ModuleCommandLine(i);
            if (!IsVersion2 && !text.IsEmpty)
                Remove(ref free, AddressOf(text), (ulong)text.Length + 1);
        }
    }

    private static unsafe ulong AddressOf(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
            return (ulong)first - PhysicalMemory.Window;
    }

    private static void Add(ref RangeList free, ulong start, ulong length, ulong low, ulong high)
    {
        var end = Math.Min(start + length, high);
        start = Math.Max(start, low);
        _ = free.Add((start + PageSize - 1) >> PageShift, end >> PageShift);
    }

    private static void Remove(ref RangeList free, ulong start, ulong length) =>
        _ = free.Remove(start >> PageShift, (start + length + PageSize - 1) >> PageShift);

    private uint ModuleStart(ReadOnlySpan<byte> module) => IsVersion2 ? Multiboot2.ModuleStart(module) : Multiboot1.ModuleStart(module);

    private uint ModuleEnd(ReadOnlySpan<byte> module) => IsVersion2 ? Multiboot2.ModuleEnd(module) : Multiboot1.ModuleEnd(module);

    private ReadOnlySpan<byte> Read() =>
        IsVersion2
            ? Multiboot2.Read(default(PhysicalMemory), _address, out _)
            : default(PhysicalMemory).Map(_address, Multiboot1.InformationLength);

    private ReadOnlySpan<byte> Module(uint index)
    {
        var information = Read();
        if (!IsVersion2)
            return Multiboot1.Module(default(PhysicalMemory), information, index);

        var cursor = 0u;
        var tag = Multiboot2.Next(information, ref cursor);
        while (!tag.IsEmpty && (Multiboot2.Type(tag) != Multiboot2Tag.Module || index-- != 0))
            tag = Multiboot2.Next(information, ref cursor);

        return tag;
    }
}
