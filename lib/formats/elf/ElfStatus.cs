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
    public static ReadOnlySpan<byte> Describe(ElfStatus status) => Little.Line(Texts, (uint)status);

    /// <summary>One line for each status, and one for what is none.</summary>
    private static ReadOnlySpan<byte> Texts => """
        is sound
        is truncated
        is not an ELF file
        is not a 64-bit little-endian ELF file
        is not for x86-64
        is not an executable at a fixed address
        has program headers that cannot be right
        has nothing to load
        has an entry point outside of its code
        has a segment larger in the file than in memory
        has a segment outside of user memory
        has segments that overlap
        has a segment larger in memory than in the file
        has a segment that cannot be mapped where it lies
        has a segment both writable and executable
        has segments that share a page
        is refused for an unknown reason
        """u8;
}
