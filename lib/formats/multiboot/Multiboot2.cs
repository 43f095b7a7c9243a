using System.Runtime.CompilerServices;
using System;

namespace Kilonova.Formats.Multiboot;

/// <summary>Types of the tags that are read here. Multiboot2 Specification 2.0, section 3.6.</summary>
public enum Multiboot2Tag : uint
{
    /// <summary>The last tag.</summary>
    End = 0,

    /// <summary>The kernel's command line.</summary>
    CommandLine = 1,

    /// <summary>A module.</summary>
    Module = 3,

    /// <summary>The memory map.</summary>
    MemoryMap = 6,

    /// <summary>The framebuffer.</summary>
    Framebuffer = 8,

    /// <summary>Pointer to the 64-bit EFI system table.</summary>
    Efi64SystemTable = 12,

    /// <summary>A copy of the ACPI 1.0 root system description pointer.</summary>
    Rsdp1 = 14,

    /// <summary>A copy of the ACPI 2.0 root system description pointer.</summary>
    Rsdp2 = 15,

    /// <summary>The EFI memory map.</summary>
    EfiMemoryMap = 17,

    /// <summary>EFI boot services are still running.</summary>
    EfiBootServices = 18,

    /// <summary>Pointer to the 64-bit EFI image handle.</summary>
    Efi64ImageHandle = 20,
}

/// <summary>
/// The information structure of Multiboot 2: a list of tags. Multiboot2 Specification 2.0, section 3.6. Functions named after a tag take
/// the bytes that <see cref="Next"/> or <see cref="Find"/> returned for one of that type; all addresses are physical.
/// </summary>
public static class Multiboot2
{
    /// <summary>EAX at the entry point.</summary>
    public const uint Magic = 0x36d76289;

    /// <summary>Most modules that are accepted.</summary>
    public const uint MaxModules = 256;

    /// <summary>EFI memory map: offset of the first descriptor in the tag; the map ends with the tag.</summary>
    public const uint EfiMapOffset = 16;

    private const uint EfiDescriptorLength = 40;
    private const uint FirstTag = 8;
    private const uint TagHeaderLength = 8;
    private const uint MaxLength = 1 << 20;

    /// <summary>Reads the whole structure.</summary>
    /// <returns>As many bytes as its header says; empty unless the status is <see cref="MultibootStatus.Ok"/>.</returns>
    public static ReadOnlySpan<byte> Read<TMemory>(TMemory memory, ulong address, out MultibootStatus status)
        where TMemory : struct, IPhysicalMemory
    {
        status = MultibootStatus.Ok;
        ReadOnlySpan<byte> header = memory.Map(address, FirstTag);
        if (header.IsEmpty)
        {
            status = MultibootStatus.NotReadable;
            return header;
        }

        uint length = Little.U32(header, 0);
        if (length < FirstTag + TagHeaderLength || length > MaxLength)
        {
            status = MultibootStatus.BadSize;
            return ReadOnlySpan<byte>.Empty;
        }

        ReadOnlySpan<byte> information = memory.Map(address, length);
        if (information.IsEmpty)
            status = MultibootStatus.NotReadable;

        return information;
    }

    /// <summary>Checks that all tags are whole and make sense; a memory map and the first module are necessary.</summary>
    public static MultibootStatus Check(ReadOnlySpan<byte> information)
    {
        MultibootStatus status = CheckTags(information);
        if (status != MultibootStatus.Ok)
            return status;

        if (Find(information, Multiboot2Tag.MemoryMap).IsEmpty && Find(information, Multiboot2Tag.EfiMemoryMap).IsEmpty)
            return MultibootStatus.NoMemoryMap;

        return CheckModules(information);
    }

    /// <summary>Walks the tags.</summary>
    /// <param name="information">The structure.</param>
    /// <param name="cursor">0 for the first tag; moved on by every call.</param>
    /// <returns>The tag, without padding; empty at the last tag, and at one that is malformed.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ReadOnlySpan<byte> Next(ReadOnlySpan<byte> information, scoped ref uint cursor)
    {
        uint offset = cursor == 0 ? FirstTag : cursor;
        uint size = Little.U32(information, offset + 4);
        ReadOnlySpan<byte> tag = Little.Slice(information, offset, size);
        if (tag.IsEmpty || Type(tag) == Multiboot2Tag.End || size < MinLength(Type(tag)))
            return ReadOnlySpan<byte>.Empty;

        cursor = offset + Align(size);
        return tag;
    }

    /// <summary>The first tag of a type; empty if there is none.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> information, Multiboot2Tag type)
    {
        uint cursor = 0;
        while (true)
        {
            ReadOnlySpan<byte> tag = Next(information, ref cursor);
            if (tag.IsEmpty || Type(tag) == type)
                return tag;
        }
    }

    /// <summary>The tag's type; others than those named may occur.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Multiboot2Tag Type(ReadOnlySpan<byte> tag) => (Multiboot2Tag)Little.U32(tag, 0);

    /// <summary>Command line tag: the text without its terminator.</summary>
    public static ReadOnlySpan<byte> CommandLine(ReadOnlySpan<byte> tag) => String(tag, TagHeaderLength);

    /// <summary>Module: physical address of its first byte.</summary>
    public static uint ModuleStart(ReadOnlySpan<byte> tag) => Little.U32(tag, 8);

    /// <summary>Module: physical address of the byte behind its last.</summary>
    public static uint ModuleEnd(ReadOnlySpan<byte> tag) => Little.U32(tag, 12);

    /// <summary>Module: its command line without terminator.</summary>
    public static ReadOnlySpan<byte> ModuleString(ReadOnlySpan<byte> tag) => String(tag, 16);

    /// <summary>Memory map: number of ranges.</summary>
    public static uint RangeCount(ReadOnlySpan<byte> tag)
    {
        uint size = Little.U32(tag, 8);
        return size < 24 || tag.Length < 16 ? 0 : ((uint)tag.Length - 16) / size;
    }

    /// <summary>Memory map: a range, for the functions named after it; empty when it does not exist.</summary>
    public static ReadOnlySpan<byte> Range(ReadOnlySpan<byte> tag, uint index)
        => index < RangeCount(tag) ? Little.Slice(tag, 16 + index * Little.U32(tag, 8), 24) : ReadOnlySpan<byte>.Empty;

    /// <summary>Range: physical address of its first byte.</summary>
    public static ulong RangeStart(ReadOnlySpan<byte> range) => Little.U64(range, 0);

    /// <summary>Range: length in bytes.</summary>
    public static ulong RangeLength(ReadOnlySpan<byte> range) => Little.U64(range, 8);

    /// <summary>Range: its type.</summary>
    public static MemoryType RangeType(ReadOnlySpan<byte> range) => (MemoryType)Little.U32(range, 16);

    /// <summary>System table and image handle tags: the pointer.</summary>
    public static ulong Pointer(ReadOnlySpan<byte> tag) => Little.U64(tag, 8);

    /// <summary>RSDP tags: the copy of the root system description pointer.</summary>
    public static ReadOnlySpan<byte> RsdpCopy(ReadOnlySpan<byte> tag)
        => tag.Length > 8 ? tag.Slice((int)TagHeaderLength) : ReadOnlySpan<byte>.Empty;

    /// <summary>EFI memory map: size of a descriptor in bytes.</summary>
    public static uint EfiDescriptorSize(ReadOnlySpan<byte> tag) => Little.U32(tag, 8);

    /// <summary>EFI memory map: version of the descriptors.</summary>
    public static uint EfiDescriptorVersion(ReadOnlySpan<byte> tag) => Little.U32(tag, 12);

    /// <summary>EFI memory map: number of descriptors.</summary>
    public static uint EfiDescriptorCount(ReadOnlySpan<byte> tag)
    {
        uint size = EfiDescriptorSize(tag);
        return size < EfiDescriptorLength || (uint)tag.Length < EfiMapOffset ? 0 : ((uint)tag.Length - EfiMapOffset) / size;
    }

    /// <summary>EFI memory map: a descriptor, for the functions named after it; empty when it does not exist.</summary>
    public static ReadOnlySpan<byte> EfiDescriptor(ReadOnlySpan<byte> tag, uint index)
        => index < EfiDescriptorCount(tag)
            ? Little.Slice(tag, EfiMapOffset + index * EfiDescriptorSize(tag), EfiDescriptorLength)
            : ReadOnlySpan<byte>.Empty;

    /// <summary>EFI descriptor: its type (UEFI 2.10, table 7.9).</summary>
    public static uint EfiType(ReadOnlySpan<byte> descriptor) => Little.U32(descriptor, 0);

    /// <summary>EFI descriptor: physical address of its first byte.</summary>
    public static ulong EfiStart(ReadOnlySpan<byte> descriptor) => Little.U64(descriptor, 8);

    /// <summary>EFI descriptor: number of 4 KiB pages.</summary>
    public static ulong EfiPages(ReadOnlySpan<byte> descriptor) => Little.U64(descriptor, 24);

    /// <summary>Framebuffer: physical address.</summary>
    public static ulong FramebufferAddress(ReadOnlySpan<byte> tag) => Little.U64(tag, 8);

    /// <summary>Framebuffer: bytes per line.</summary>
    public static uint FramebufferPitch(ReadOnlySpan<byte> tag) => Little.U32(tag, 16);

    /// <summary>Framebuffer: width, in pixels or (text) characters.</summary>
    public static uint FramebufferWidth(ReadOnlySpan<byte> tag) => Little.U32(tag, 20);

    /// <summary>Framebuffer: height, in pixels or (text) characters.</summary>
    public static uint FramebufferHeight(ReadOnlySpan<byte> tag) => Little.U32(tag, 24);

    /// <summary>Framebuffer: bits per pixel.</summary>
    public static byte FramebufferBits(ReadOnlySpan<byte> tag) => Little.U8(tag, 28);

    /// <summary>Framebuffer: 0 palette, 1 direct colour, 2 text.</summary>
    public static byte FramebufferType(ReadOnlySpan<byte> tag) => Little.U8(tag, 29);

    /// <summary>Framebuffer of direct colour: lowest bits of red (bits 7-0), green (15-8) and blue (23-16) in a pixel.</summary>
    public static uint FramebufferColours(ReadOnlySpan<byte> tag) =>
        Little.U8(tag, 32) | ((uint)Little.U8(tag, 34) << 8) | ((uint)Little.U8(tag, 36) << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static MultibootStatus CheckTags(ReadOnlySpan<byte> information)
    {
        uint offset = FirstTag;
        while (offset < (uint)information.Length)
        {
            uint left = (uint)information.Length - offset;
            uint size = Little.U32(information, offset + 4);
            if (left < TagHeaderLength)
                return MultibootStatus.NotTerminated;

            if (size < TagHeaderLength)
                return MultibootStatus.EntryTooShort;

            if (size > left)
                return MultibootStatus.EntryTooLong;

            ReadOnlySpan<byte> tag = Little.Slice(information, offset, size);
            if (Type(tag) == Multiboot2Tag.End)
                return MultibootStatus.Ok;

            if (size < MinLength(Type(tag)))
                return MultibootStatus.EntryTooShort;

            if (HasEndlessString(tag))
                return MultibootStatus.EndlessString;

            offset += Align(size);
        }

        return MultibootStatus.NotTerminated;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static MultibootStatus CheckModules(ReadOnlySpan<byte> information)
    {
        uint count = 0;
        uint cursor = 0;
        while (true)
        {
            ReadOnlySpan<byte> tag = Next(information, ref cursor);
            if (tag.IsEmpty)
                return count == 0 ? MultibootStatus.NoModule : MultibootStatus.Ok;

            if (Type(tag) != Multiboot2Tag.Module)
                continue;

            if (++count > MaxModules)
                return MultibootStatus.TooManyModules;

            if (ModuleEnd(tag) < ModuleStart(tag))
                return MultibootStatus.BadModule;

            if (OverlapsEarlier(information, tag, count))
                return MultibootStatus.ModulesOverlap;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool OverlapsEarlier(ReadOnlySpan<byte> information, ReadOnlySpan<byte> module, uint count)
    {
        uint cursor = 0;
        for (uint seen = 1; seen < count;)
        {
            ReadOnlySpan<byte> other = Next(information, ref cursor);
            if (other.IsEmpty)
                return false;

            if (Type(other) != Multiboot2Tag.Module)
                continue;

            if (ModuleStart(module) < ModuleEnd(other) && ModuleStart(other) < ModuleEnd(module))
                return true;

            seen++;
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HasEndlessString(ReadOnlySpan<byte> tag) => Type(tag) switch
    {
        Multiboot2Tag.CommandLine => IndexOfNul(tag, TagHeaderLength) == (uint)tag.Length,
        Multiboot2Tag.Module => IndexOfNul(tag, 16) == (uint)tag.Length,
        _ => false,
    };

    private static ReadOnlySpan<byte> String(ReadOnlySpan<byte> tag, uint offset)
    {
        uint end = IndexOfNul(tag, offset);
        return end > offset ? Little.Slice(tag, offset, end - offset) : ReadOnlySpan<byte>.Empty;
    }

    private static uint IndexOfNul(ReadOnlySpan<byte> tag, uint offset)
    {
        while (offset < (uint)tag.Length && tag[(int)offset] != 0)
            offset++;

        return offset < (uint)tag.Length ? offset : (uint)tag.Length;
    }

    private static uint Align(uint size) => (size + 7) & ~7u;

    private static uint MinLength(Multiboot2Tag type) => type switch
    {
        Multiboot2Tag.CommandLine => 9,
        Multiboot2Tag.Module => 17,
        Multiboot2Tag.MemoryMap => 16,
        Multiboot2Tag.Framebuffer => 31,
        Multiboot2Tag.Efi64SystemTable => 16,
        Multiboot2Tag.Rsdp1 => 28,
        Multiboot2Tag.Rsdp2 => 44,
        Multiboot2Tag.EfiMemoryMap => 16,
        Multiboot2Tag.Efi64ImageHandle => 16,
        _ => TagHeaderLength,
    };
}
