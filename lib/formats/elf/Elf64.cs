using System.Runtime.CompilerServices;
using System;

namespace Kilonova.Formats.Elf;

/// <summary>
/// An ELF executable for x86-64, read in place. System V ABI, ELF header and program headers; the rules for the root image are the NOVA
/// interface specification's of 24 January 2024, section 6.2.1.
/// </summary>
public static class Elf64
{
    /// <summary>Length of the ELF header in bytes.</summary>
    public const uint HeaderLength = 64;

    /// <summary>Length of a program header in bytes.</summary>
    public const uint ProgramHeaderLength = 56;

    /// <summary>Most program headers that are accepted.</summary>
    public const uint MaxProgramHeaders = 64;

    private const ulong PageMask = 0xfff;
    private const uint Magic = 0x464c457f; // 7f "ELF"
    private const ushort Executable = 2;
    private const ushort MachineX8664 = 62;

    /// <summary>Checks header and segments of any executable for this machine.</summary>
    /// <param name="image">The file's bytes.</param>
    public static ElfStatus Check(ReadOnlySpan<byte> image)
    {
        ElfStatus status = CheckHeader(image);
        if (status != ElfStatus.Ok)
            return status;

        bool entry = false;
        bool any = false;
        for (uint i = 0; i < ProgramHeaderCount(image); i++)
        {
            ReadOnlySpan<byte> segment = ProgramHeader(image, i);
            if (!Segment.IsLoad(segment))
                continue;

            status = CheckSegment(image, segment, i);
            if (status != ElfStatus.Ok)
                return status;

            any = true;
            bool executable = (Segment.Flags(segment) & SegmentFlags.Execute) != 0;
            entry |= executable && Entry(image) - Segment.VirtualAddress(segment) < Segment.MemorySize(segment);
        }

        return !any ? ElfStatus.NoSegment : !entry ? ElfStatus.BadEntry : ElfStatus.Ok;
    }

    /// <summary>Checks an image that is mapped where it lies: the root task and other boot modules.</summary>
    /// <param name="image">The file's bytes.</param>
    /// <param name="loadAddress">Physical address of the image.</param>
    /// <param name="end">First virtual address that user code may not use; page aligned.</param>
    public static ElfStatus CheckInPlace(ReadOnlySpan<byte> image, ulong loadAddress, ulong end)
    {
        ElfStatus status = Check(image);
        for (uint i = 0; status == ElfStatus.Ok && i < ProgramHeaderCount(image); i++)
        {
            ReadOnlySpan<byte> segment = ProgramHeader(image, i);
            if (Segment.IsLoad(segment) && Segment.MemorySize(segment) != 0)
                status = CheckSegmentInPlace(image, segment, i, loadAddress, end);
        }

        return status;
    }

    /// <summary>Virtual address of the first instruction.</summary>
    public static ulong Entry(ReadOnlySpan<byte> image) => Little.U64(image, 24);

    /// <summary>Number of program headers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static uint ProgramHeaderCount(ReadOnlySpan<byte> image) => Little.U16(image, 56);

    /// <summary>A program header, to be read by <see cref="Segment"/>; empty when it does not exist.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ReadOnlySpan<byte> ProgramHeader(ReadOnlySpan<byte> image, uint index)
    {
        ulong start = Little.U64(image, 32);
        if (index >= ProgramHeaderCount(image) || start > (uint)image.Length)
            return ReadOnlySpan<byte>.Empty;

        return Little.Slice(image, (uint)start + index * ProgramHeaderLength, ProgramHeaderLength);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ElfStatus CheckHeader(ReadOnlySpan<byte> image)
    {
        if ((uint)image.Length < HeaderLength)
            return ElfStatus.Truncated;

        if (Little.U32(image, 0) != Magic)
            return ElfStatus.NotElf;

        // 64 bits, little-endian, version 1.
        if ((Little.U32(image, 4) & 0xff_ffff) != 0x01_0102)
            return ElfStatus.WrongClass;

        if (Little.U16(image, 18) != MachineX8664)
            return ElfStatus.WrongMachine;

        if (Little.U16(image, 16) != Executable)
            return ElfStatus.NotExecutable;

        uint count = ProgramHeaderCount(image);
        if (Little.U16(image, 54) != ProgramHeaderLength || count > MaxProgramHeaders)
            return ElfStatus.BadHeaders;

        ulong start = Little.U64(image, 32);
        return start > (uint)image.Length || count * ProgramHeaderLength > (uint)image.Length - start ? ElfStatus.Truncated : ElfStatus.Ok;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ElfStatus CheckSegment(ReadOnlySpan<byte> image, ReadOnlySpan<byte> segment, uint index)
    {
        ulong offset = Segment.FileOffset(segment);
        ulong fileSize = Segment.FileSize(segment);
        ulong size = Segment.MemorySize(segment);
        ulong address = Segment.VirtualAddress(segment);
        if (offset > (uint)image.Length || fileSize > (uint)image.Length - offset)
            return ElfStatus.Truncated;

        if (fileSize > size)
            return ElfStatus.BadSize;

        if (address > ulong.MaxValue - size || Segment.PhysicalAddress(segment) > ulong.MaxValue - size)
            return ElfStatus.BadAddress;

        return OverlapsEarlier(image, segment, index, 0) ? ElfStatus.Overlap : ElfStatus.Ok;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ElfStatus CheckSegmentInPlace(
        ReadOnlySpan<byte> image, ReadOnlySpan<byte> segment, uint index, ulong loadAddress, ulong end)
    {
        ulong address = Segment.VirtualAddress(segment);
        ulong size = Segment.MemorySize(segment);
        const uint WriteExecute = SegmentFlags.Write | SegmentFlags.Execute;
        if (Segment.FileSize(segment) != size)
            return ElfStatus.HasBss;

        if (((loadAddress + Segment.FileOffset(segment) - address) & PageMask) != 0)
            return ElfStatus.Misaligned;

        if (address <= PageMask || address >= end || size > end - address)
            return ElfStatus.BadAddress;

        if ((Segment.Flags(segment) & WriteExecute) == WriteExecute)
            return ElfStatus.WritableCode;

        return OverlapsEarlier(image, segment, index, PageMask) ? ElfStatus.SharedPage : ElfStatus.Ok;
    }

    private static bool OverlapsEarlier(ReadOnlySpan<byte> image, ReadOnlySpan<byte> segment, uint index, ulong mask)
    {
        ulong first = Segment.VirtualAddress(segment) & ~mask;
        ulong last = LastByte(segment) | mask;
        for (uint i = 0; i < index; i++)
        {
            ReadOnlySpan<byte> other = ProgramHeader(image, i);
            if (!Segment.IsLoad(other) || Segment.MemorySize(other) == 0 || Segment.MemorySize(segment) == 0)
                continue;

            if (first <= (LastByte(other) | mask) && (Segment.VirtualAddress(other) & ~mask) <= last)
                return true;
        }

        return false;
    }

    private static ulong LastByte(ReadOnlySpan<byte> segment) => Segment.VirtualAddress(segment) + Segment.MemorySize(segment) - 1;
}

/// <summary>Fields of a program header.</summary>
public static class Segment
{
    private const uint Load = 1;

    /// <summary>Whether the segment is to be loaded (PT_LOAD).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool IsLoad(ReadOnlySpan<byte> header) => Little.U32(header, 0) == Load;

    /// <summary>Permissions, see <see cref="SegmentFlags"/>.</summary>
    public static uint Flags(ReadOnlySpan<byte> header) => Little.U32(header, 4);

    /// <summary>Offset of the segment's bytes in the file.</summary>
    public static ulong FileOffset(ReadOnlySpan<byte> header) => Little.U64(header, 8);

    /// <summary>Virtual address.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong VirtualAddress(ReadOnlySpan<byte> header) => Little.U64(header, 16);

    /// <summary>Physical address.</summary>
    public static ulong PhysicalAddress(ReadOnlySpan<byte> header) => Little.U64(header, 24);

    /// <summary>Bytes in the file.</summary>
    public static ulong FileSize(ReadOnlySpan<byte> header) => Little.U64(header, 32);

    /// <summary>Bytes in memory; those beyond the file's are 0.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong MemorySize(ReadOnlySpan<byte> header) => Little.U64(header, 40);
}

/// <summary>Permissions of a segment (p_flags).</summary>
public static class SegmentFlags
{
    /// <summary>PF_X: executable.</summary>
    public const uint Execute = 1;

    /// <summary>PF_W: writable.</summary>
    public const uint Write = 2;

    /// <summary>PF_R: readable.</summary>
    public const uint Read = 4;
}
