using System;
using System.Runtime.CompilerServices;

namespace Kilonova.Formats.Multiboot;

/// <summary>What the boot loader passed on (specification, section 8.1.1): the same for both versions of Multiboot.</summary>
public struct BootInformation
{
    /// <summary>EAX and EBX at the entry point; the root context gets them.</summary>
    public uint Magic;
    public uint Address;

    /// <summary>The first module, which is the root image: physical address of its first byte, and of the byte behind its last.</summary>
    public ulong RootStart;
    public ulong RootEnd;

    /// <summary>Number of modules, at least 1.</summary>
    public uint ModuleCount;

    /// <summary>Whether the information is a list of Multiboot 2 tags.</summary>
    public readonly bool IsMultiboot2 => Magic == Multiboot2.Magic;

    /// <summary>Checks everything and reads the first module's place.</summary>
    public static MultibootStatus Read<TMemory>(TMemory memory, uint magic, uint address, out BootInformation boot)
        where TMemory : struct, IPhysicalMemory
    {
        boot.Magic = magic;
        boot.Address = address;
        boot.RootStart = 0;
        boot.RootEnd = 0;
        boot.ModuleCount = 0;
        if (magic is not (Multiboot2.Magic or Multiboot1.Magic))
            return MultibootStatus.BadMagic;

        MultibootStatus status;
        if (magic == Multiboot2.Magic)
        {
            ReadOnlySpan<byte> tags = Multiboot2.Read(memory, address, out status);
            status = status == MultibootStatus.Ok ? Multiboot2.Check(tags) : status;
        }
        else
        {
            status = Multiboot1.Check(memory, memory.Map(address, Multiboot1.InformationLength));
        }

        if (status == MultibootStatus.Ok)
        {
            uint cursor = 0;
            while (boot.NextModule(memory, ref cursor, out ulong start, out ulong end))
            {
                if (boot.ModuleCount++ == 0)
                {
                    boot.RootStart = start;
                    boot.RootEnd = end;
                }
            }
        }

        return status;
    }

    /// <summary>The kernel's command line, without its terminator.</summary>
    public readonly ReadOnlySpan<byte> CommandLine<TMemory>(TMemory memory)
        where TMemory : struct, IPhysicalMemory
        => IsMultiboot2
            ? Multiboot2.CommandLine(Multiboot2.Find(Multiboot2Tags(memory), Multiboot2Tag.CommandLine))
            : Multiboot1.CommandLine(memory, Multiboot1Fields(memory));

    /// <summary>Walks the modules. The cursor is 0 for the first and moved on by every call; false at the end.</summary>
    public readonly bool NextModule<TMemory>(TMemory memory, scoped ref uint cursor, out ulong start, out ulong end)
        where TMemory : struct, IPhysicalMemory
    {
        start = 0;
        end = 0;
        if (IsMultiboot2)
        {
            ReadOnlySpan<byte> tags = Multiboot2Tags(memory);
            ReadOnlySpan<byte> tag = Multiboot2.Next(tags, ref cursor);
            while (!tag.IsEmpty && Multiboot2.Type(tag) != Multiboot2Tag.Module)
                tag = Multiboot2.Next(tags, ref cursor);

            start = Multiboot2.ModuleStart(tag);
            end = Multiboot2.ModuleEnd(tag);
            return !tag.IsEmpty;
        }

        ReadOnlySpan<byte> module = Multiboot1.Module(memory, Multiboot1Fields(memory), cursor++);
        start = Multiboot1.ModuleStart(module);
        end = Multiboot1.ModuleEnd(module);
        return !module.IsEmpty;
    }

    /// <summary>Whether a range touches a module or what the boot loader wrote: its structures lie together, in a few pages.</summary>
    public readonly bool Touches<TMemory>(TMemory memory, ulong start, ulong end)
        where TMemory : struct, IPhysicalMemory
    {
        const ulong Around = 1ul << 20;
        bool touches = start < Address + Around && end + Around > Address;
        uint cursor = 0;
        while (NextModule(memory, ref cursor, out ulong moduleStart, out ulong moduleEnd))
            touches |= start < moduleEnd && moduleStart < end;

        return touches;
    }

    /// <summary>Multiboot 2: the tags; empty otherwise.</summary>
    public readonly ReadOnlySpan<byte> Multiboot2Tags<TMemory>(TMemory memory)
        where TMemory : struct, IPhysicalMemory
        => IsMultiboot2 ? Multiboot2.Read(memory, Address, out _) : ReadOnlySpan<byte>.Empty;

    /// <summary>The ranges of the memory map, for <see cref="NextRange"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public readonly ReadOnlySpan<byte> MemoryMap<TMemory>(TMemory memory)
        where TMemory : struct, IPhysicalMemory
        => IsMultiboot2
            ? Multiboot2.Find(Multiboot2Tags(memory), Multiboot2Tag.MemoryMap)
            : Multiboot1.MemoryMap(memory, Multiboot1Fields(memory));

    /// <summary>The next range; its fields are the same in both versions. The cursor is 0 for the first.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public readonly ReadOnlySpan<byte> NextRange(ReadOnlySpan<byte> map, scoped ref uint cursor)
        => IsMultiboot2 ? Multiboot2.Range(map, cursor++) : Multiboot1.NextRange(map, ref cursor);

    /// <summary>Multiboot 1: the fixed fields.</summary>
    public readonly ReadOnlySpan<byte> Multiboot1Fields<TMemory>(TMemory memory)
        where TMemory : struct, IPhysicalMemory
        => memory.Map(Address, Multiboot1.InformationLength);
}
