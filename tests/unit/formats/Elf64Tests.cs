using System;
using Kilonova.Formats.Elf;
using Xunit;
using static Kilonova.Formats.Tests.ElfSamples;

namespace Kilonova.Formats.Tests;

public class Elf64Tests
{
    private const ulong LoadAddress = 0x40_0000;
    private const ulong End = 0x7fff_ffff_e000;

    [Fact]
    public void The_specifications_example_of_a_root_image_is_sound()
    {
        byte[] image = Root();

        Assert.Equal(ElfStatus.Ok, Elf64.CheckInPlace(image, LoadAddress, End));
        Assert.Equal(Base + 0x120, Elf64.Entry(image));
        Assert.Equal(2u, Elf64.ProgramHeaderCount(image));
    }

    [Fact]
    public void Fields_of_a_segment_are_read()
    {
        byte[] image = Root();
        ReadOnlySpan<byte> segment = Elf64.ProgramHeader(image, 1);

        Assert.True(Segment.IsLoad(segment));
        Assert.Equal(SegmentFlags.Read | SegmentFlags.Write, Segment.Flags(segment));
        Assert.Equal(0x1000ul, Segment.FileOffset(segment));
        Assert.Equal(Base + 0x1000, Segment.VirtualAddress(segment));
        Assert.Equal(Base + 0x1000, Segment.PhysicalAddress(segment));
        Assert.Equal((0xf04ul, 0xf04ul), (Segment.FileSize(segment), Segment.MemorySize(segment)));
        Assert.True(Elf64.ProgramHeader(image, 2).IsEmpty);
    }

    [Fact]
    public void Segments_that_are_not_loaded_do_not_matter()
        => Assert.Equal(ElfStatus.Ok, Elf64.CheckInPlace(
            new ElfSamples().Other(0x6474_e551).Load(ReadExecute, 0, Base, 0x800).Other(4).Build(0x1000), LoadAddress, End));

    [Theory]
    [InlineData(0, ElfStatus.NotElf)]
    [InlineData(3, ElfStatus.NotElf)]
    [InlineData(4, ElfStatus.WrongClass)]
    [InlineData(5, ElfStatus.WrongClass)]
    [InlineData(6, ElfStatus.WrongClass)]
    [InlineData(16, ElfStatus.NotExecutable)]
    [InlineData(18, ElfStatus.WrongMachine)]
    [InlineData(54, ElfStatus.BadHeaders)]
    public void A_wrong_byte_in_the_header_is_refused(int offset, ElfStatus expected)
        => Assert.Equal(expected, Elf64.Check(Bytes.With(Root(), offset, 0x33)));

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(175)]
    [InlineData(0x1f03)]
    public void A_truncated_image_is_refused(int length)
        => Assert.Equal(ElfStatus.Truncated, Elf64.Check(Root().AsSpan(0, length)));

    [Theory]
    [InlineData(0x2000ul)]
    [InlineData(0x1_0000_0040ul)]
    [InlineData(ulong.MaxValue)]
    public void Program_headers_outside_of_the_image_are_refused(ulong offset)
    {
        byte[] image = Bytes.With(Root(), 32, Bytes.Le(offset, 8));

        Assert.Equal(ElfStatus.Truncated, Elf64.Check(image));
        Assert.True(Elf64.ProgramHeader(image, 0).IsEmpty);
    }

    [Fact]
    public void Thousands_of_program_headers_are_refused()
        => Assert.Equal(ElfStatus.BadHeaders, Elf64.Check(Bytes.With(Root(), 56, 0xff, 0xff)));

    public static TheoryData<string, byte[], ElfStatus> BadImages => new()
    {
        { "nothing to load", new ElfSamples().Other(4).Build(0x1000), ElfStatus.NoSegment },
        { "no program header", new ElfSamples().Build(0x1000), ElfStatus.NoSegment },
        { "entry outside", Code().Entry(Base - 1).Build(0x1000), ElfStatus.BadEntry },
        { "entry behind", Code().Entry(Base + 0x800).Build(0x1000), ElfStatus.BadEntry },
        { "entry in data", new ElfSamples().Load(ReadWrite, 0, Base, 0x800).Build(0x1000), ElfStatus.BadEntry },
        { "offset outside", Code().Load(ReadWrite, 0x1001, Base + 0x1000, 1).Build(0x1000), ElfStatus.Truncated },
        { "size outside", Code().Load(ReadWrite, 0x800, Base + 0x1800, 0x801).Build(0x1000), ElfStatus.Truncated },
        { "offset and size wrap", Code().Load(ReadWrite, ulong.MaxValue, Base + 0x1fff, 2).Build(0x1000), ElfStatus.Truncated },
        { "size wraps", Code().Load(ReadWrite, 1, Base + 0x1001, ulong.MaxValue).Build(0x1000), ElfStatus.Truncated },
        { "larger in file", Code().Load(ReadWrite, 0, Base + 0x1000, 0x10, 0xf).Build(0x1000), ElfStatus.BadSize },
        { "address wraps", Code().Load(ReadWrite, 0, ulong.MaxValue - 0xf, 0x10, 0x20).Build(0x1000), ElfStatus.BadAddress },
        { "overlap", Code().Load(ReadWrite, 0, Base + 0x7ff, 1).Build(0x1000), ElfStatus.Overlap },
    };

    [Theory]
    [MemberData(nameof(BadImages))]
    public void A_bad_image_is_refused(string what, byte[] image, ElfStatus expected)
    {
        Assert.Equal((what, expected), (what, Elf64.Check(image)));
        Assert.Equal((what, expected), (what, Elf64.CheckInPlace(image, LoadAddress, End)));
    }

    public static TheoryData<string, byte[], ElfStatus> BadInPlace => new()
    {
        { "bss", Code().Load(ReadWrite, 0, Base + 0x1000, 0x10, 0x20).Build(0x1000), ElfStatus.HasBss },
        { "misaligned", Code().Load(ReadWrite, 0x10, Base + 0x1000, 0x10).Build(0x1000), ElfStatus.Misaligned },
        { "writable code", Code().Load(7, 0, Base + 0x1000, 0x10).Build(0x1000), ElfStatus.WritableCode },
        { "shared page", Code().Load(ReadWrite, 0x800, Base + 0x800, 0x10).Build(0x1000), ElfStatus.SharedPage },
        { "page 0", Code().Load(ReadWrite, 0, 0, 0x10).Build(0x1000), ElfStatus.BadAddress },
        { "at the end", Code().Load(ReadWrite, 0, End, 0x10).Build(0x1000), ElfStatus.BadAddress },
        { "over the end", Code().Load(ReadWrite, 0xff8, End - 8, 9).Build(0x1001), ElfStatus.BadAddress },
        { "kernel", Code().Load(ReadWrite, 0, 0xffff_ffff_8000_0000, 0x10).Build(0x1000), ElfStatus.BadAddress },
    };

    [Theory]
    [MemberData(nameof(BadInPlace))]
    public void An_image_that_cannot_be_mapped_in_place_is_refused(string what, byte[] image, ElfStatus expected)
    {
        Assert.Equal((what, ElfStatus.Ok), (what, Elf64.Check(image)));
        Assert.Equal((what, expected), (what, Elf64.CheckInPlace(image, LoadAddress, End)));
    }

    [Fact]
    public void An_image_loaded_off_a_page_must_be_linked_so()
    {
        Assert.Equal(ElfStatus.Misaligned, Elf64.CheckInPlace(Root(), LoadAddress + 0x10, End));

        byte[] shifted = new ElfSamples().Load(ReadExecute, 0, Base + 0x10, 0x800).Build(0x1000);
        Assert.Equal(ElfStatus.Ok, Elf64.CheckInPlace(shifted, LoadAddress + 0x10, End));
    }

    [Fact]
    public void An_empty_segment_overlaps_nothing()
        => Assert.Equal(ElfStatus.Ok, Elf64.CheckInPlace(Code().Load(ReadWrite, 0, Base + 8, 0).Build(0x1000), LoadAddress, End));

    private static ElfSamples Code() => new ElfSamples().Load(ReadExecute, 0, Base, 0x800);
}
