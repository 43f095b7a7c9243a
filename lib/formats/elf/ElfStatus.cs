using System;

namespace Kilonova.Formats.Elf;

/// <summary>Why an ELF image was refused.</summary>
public enum ElfStatus : byte
{
    /// <summary>The image is sound.</summary>
    Ok,

    /// <summary>The image ends before what its headers name.</summary>
    Truncated,

    /// <summary>The image does not begin with the ELF magic.</summary>
    NotElf,

    /// <summary>The image is not 64-bit, little-endian, version 1.</summary>
    WrongClass,

    /// <summary>The image is for another machine.</summary>
    WrongMachine,

    /// <summary>The image is not an executable at a fixed address (ET_EXEC).</summary>
    NotExecutable,

    /// <summary>Program headers have another size, or are too many.</summary>
    BadHeaders,

    /// <summary>There is nothing to load.</summary>
    NoSegment,

    /// <summary>The entry point does not lie in executable code.</summary>
    BadEntry,

    /// <summary>A segment is larger in the file than in memory.</summary>
    BadSize,

    /// <summary>A segment's addresses wrap around or lie outside of what user code may use.</summary>
    BadAddress,

    /// <summary>Two segments overlap.</summary>
    Overlap,

    /// <summary>A segment is larger in memory than in the file, which an image mapped in place cannot be.</summary>
    HasBss,

    /// <summary>A segment's place in its page differs between memory and file.</summary>
    Misaligned,

    /// <summary>A segment is writable and executable.</summary>
    WritableCode,

    /// <summary>Two segments share a page.</summary>
    SharedPage,
}

/// <summary>Messages for <see cref="ElfStatus"/>.</summary>
public static class ElfStatusText
{
    /// <summary>What is wrong, in UTF-8, as the end of a sentence that begins with the image's name.</summary>
    public static ReadOnlySpan<byte> Describe(ElfStatus status) => status switch
    {
        ElfStatus.Ok => "is sound"u8,
        ElfStatus.Truncated => "is truncated"u8,
        ElfStatus.NotElf => "is not an ELF file"u8,
        ElfStatus.WrongClass => "is not a 64-bit little-endian ELF file"u8,
        ElfStatus.WrongMachine => "is not for x86-64"u8,
        ElfStatus.NotExecutable => "is not an executable at a fixed address"u8,
        ElfStatus.BadHeaders => "has program headers that cannot be right"u8,
        ElfStatus.NoSegment => "has nothing to load"u8,
        ElfStatus.BadEntry => "has an entry point outside of its code"u8,
        ElfStatus.BadSize => "has a segment larger in the file than in memory"u8,
        ElfStatus.BadAddress => "has a segment outside of user memory"u8,
        ElfStatus.Overlap => "has segments that overlap"u8,
        ElfStatus.HasBss => "has a segment larger in memory than in the file"u8,
        ElfStatus.Misaligned => "has a segment that cannot be mapped where it lies"u8,
        ElfStatus.WritableCode => "has a segment both writable and executable"u8,
        ElfStatus.SharedPage => "has segments that share a page"u8,
        _ => "is refused for an unknown reason"u8,
    };
}
