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
    public static ReadOnlySpan<byte> Describe(MultibootStatus status) => Little.Line(Texts, (uint)status);

    /// <summary>One line for each status, and one for what is none.</summary>
    private static ReadOnlySpan<byte> Texts => """
        the boot information is sound
        not started by a multiboot loader
        the boot information names memory that cannot be read
        the boot information has a size that cannot be right
        the boot information has an entry that is too short
        the boot information has an entry that reaches beyond its end
        the boot information does not end
        the boot loader gave no memory map
        the boot loader loaded no module: the root task is missing
        a module ends before it starts
        two modules overlap
        there are too many modules
        a string in the boot information does not end
        the boot information is refused for an unknown reason
        """u8;
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
