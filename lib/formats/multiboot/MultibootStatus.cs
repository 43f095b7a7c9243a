using System;

namespace Kilonova.Formats.Multiboot;

/// <summary>Why what the boot loader left was refused.</summary>
public enum MultibootStatus : byte
{
    /// <summary>The information is sound.</summary>
    Ok,

    /// <summary>EAX held neither magic value.</summary>
    BadMagic,

    /// <summary>The information, or something it names, cannot be read.</summary>
    NotReadable,

    /// <summary>The total size cannot be right.</summary>
    BadSize,

    /// <summary>A tag or entry is shorter than its fields.</summary>
    EntryTooShort,

    /// <summary>A tag or entry reaches beyond the information.</summary>
    EntryTooLong,

    /// <summary>The last tag is missing.</summary>
    NotTerminated,

    /// <summary>There is no memory map.</summary>
    NoMemoryMap,

    /// <summary>There is no module.</summary>
    NoModule,

    /// <summary>A module ends before it starts.</summary>
    BadModule,

    /// <summary>Two modules overlap.</summary>
    ModulesOverlap,

    /// <summary>There are more modules than are accepted.</summary>
    TooManyModules,

    /// <summary>A string does not end.</summary>
    EndlessString,
}

/// <summary>Messages for <see cref="MultibootStatus"/>.</summary>
public static class MultibootStatusText
{
    /// <summary>What is wrong, in UTF-8, as a sentence without its full stop.</summary>
    public static ReadOnlySpan<byte> Describe(MultibootStatus status) => status switch
    {
        MultibootStatus.Ok => "the boot information is sound"u8,
        MultibootStatus.BadMagic => "not started by a multiboot loader"u8,
        MultibootStatus.NotReadable => "the boot information names memory that cannot be read"u8,
        MultibootStatus.BadSize => "the boot information has a size that cannot be right"u8,
        MultibootStatus.EntryTooShort => "the boot information has an entry that is too short"u8,
        MultibootStatus.EntryTooLong => "the boot information has an entry that reaches beyond its end"u8,
        MultibootStatus.NotTerminated => "the boot information does not end"u8,
        MultibootStatus.NoMemoryMap => "the boot loader gave no memory map"u8,
        MultibootStatus.NoModule => "the boot loader loaded no module: the root task is missing"u8,
        MultibootStatus.BadModule => "a module ends before it starts"u8,
        MultibootStatus.ModulesOverlap => "two modules overlap"u8,
        MultibootStatus.TooManyModules => "there are too many modules"u8,
        MultibootStatus.EndlessString => "a string in the boot information does not end"u8,
        _ => "the boot information is refused for an unknown reason"u8,
    };
}

/// <summary>Types of memory, common to both versions.</summary>
public enum MemoryType : uint
{
    /// <summary>Free for use.</summary>
    Available = 1,

    /// <summary>Reserved. So is every value that is not named here.</summary>
    Reserved = 2,

    /// <summary>Holds ACPI tables; free once they are read.</summary>
    AcpiReclaimable = 3,

    /// <summary>Must be preserved over hibernation.</summary>
    AcpiNvs = 4,

    /// <summary>Defective.</summary>
    Bad = 5,
}
