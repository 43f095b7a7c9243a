using System;
using System.Collections.Generic;
using System.Text;
using Kilonova.Formats.Acpi;
using Kilonova.Formats.Multiboot;
using Xunit;
using static Kilonova.Formats.Tests.MultibootSamples;

namespace Kilonova.Formats.Tests;

public class Multiboot1Tests
{
    [Fact]
    public void Command_line_modules_and_memory_are_read()
    {
        FakeMemory memory = Memory1();
        byte[] information = Information1();
        ReadOnlySpan<byte> first = Multiboot1.Module(memory.Reader, information, 0);
        ReadOnlySpan<byte> second = Multiboot1.Module(memory.Reader, information, 1);

        Assert.Equal(MultibootStatus.Ok, Multiboot1.Check(memory.Reader, information));
        Assert.Equal("kernel serial", Text(Multiboot1.CommandLine(memory.Reader, information)));
        Assert.Equal(2u, Multiboot1.ModuleCount(information));
        Assert.Equal((0x20_0000u, 0x20_1000u), (Multiboot1.ModuleStart(first), Multiboot1.ModuleEnd(first)));
        Assert.Equal("sigma0 quiet", Text(Multiboot1.ModuleString(memory.Reader, first)));
        Assert.Equal("", Text(Multiboot1.ModuleString(memory.Reader, second)));
        Assert.True(Multiboot1.Module(memory.Reader, information, 2).IsEmpty);
        Assert.Equal(["0 9fc00 Available", "f0000 10000 Reserved", "100000 1ff00000 Available"], Ranges(memory, information));
    }

    [Fact]
    public void Ranges_may_be_longer_than_their_fields()
    {
        byte[] map = Bytes.New.U32(24).U64(0x1000).U64(0x2000).U32(1).U32(0).Add(Range1(0x4000, 0x1000, 4)).Array();
        byte[] information = Information1(mapLength: (uint)map.Length);

        Assert.Equal(["1000 2000 Available", "4000 1000 AcpiNvs"], Ranges(Memory1(map: map), information));
    }

    [Fact]
    public void Without_its_flag_a_field_does_not_exist()
    {
        byte[] information = Information1(flags: 0);

        Assert.True(Multiboot1.CommandLine(Memory1().Reader, information).IsEmpty);
        Assert.True(Multiboot1.MemoryMap(Memory1().Reader, information).IsEmpty);
        Assert.Equal(0u, Multiboot1.ModuleCount(information));
    }

    [Theory]
    [InlineData(0x0cu, MultibootStatus.NoMemoryMap)]
    [InlineData(0x44u, MultibootStatus.NoModule)]
    [InlineData(0x48u, MultibootStatus.Ok)]
    public void Memory_map_and_module_are_necessary(uint flags, MultibootStatus expected)
        => Assert.Equal(expected, Multiboot1.Check(Memory1().Reader, Information1(flags)));

    public static TheoryData<string, FakeMemory, byte[], MultibootStatus> BadInformation => new()
    {
        { "cut off", Memory1(), Information1()[..51], MultibootStatus.NotReadable },
        { "empty map", Memory1(), Information1(mapLength: 0), MultibootStatus.NoMemoryMap },
        { "huge map", Memory1(), Information1(mapLength: 0x2_0000), MultibootStatus.NotReadable },
        { "map outside", Memory1(), Bytes.With(Information1(), 48, 0xff, 0xff, 0xff, 0xff), MultibootStatus.NotReadable },
        { "range of size 0", Memory1(map: Bytes.With(Map1(), 24, 0)), Information1(), MultibootStatus.EntryTooShort },
        { "range of size 19", Memory1(map: Bytes.With(Map1(), 24, 19)), Information1(), MultibootStatus.EntryTooShort },
        { "range too long", Memory1(map: Bytes.With(Map1(), 48, 21)), Information1(), MultibootStatus.EntryTooLong },
        { "range wraps", Memory1(map: Bytes.With(Map1(), 48, 0xfc, 0xff, 0xff, 0xff)), Information1(), MultibootStatus.EntryTooLong },
        { "no module", Memory1(), Information1(modules: 0), MultibootStatus.NoModule },
        { "more modules than listed", Memory1(), Information1(modules: 3), MultibootStatus.NotReadable },
        { "too many modules", Memory1(), Information1(modules: 0xffff_ffff), MultibootStatus.TooManyModules },
        { "module backwards", Memory1(modules: Module1(0x2000, 0x1fff, 0)), Information1(modules: 1), MultibootStatus.BadModule },
        {
            "modules overlap",
            Memory1(modules: [.. Module1(0x2000, 0x3000, 0), .. Module1(0x2fff, 0x4000, 0)]),
            Information1(),
            MultibootStatus.ModulesOverlap
        },
        { "endless command line", Memory1(text: new string('x', 5000)), Information1(), MultibootStatus.EndlessString },
        { "command line cut off", Memory1(text: "kernel"), Information1(), MultibootStatus.NotReadable },
    };

    [Theory]
    [MemberData(nameof(BadInformation))]
    public void Bad_information_is_refused(string what, FakeMemory memory, byte[] information, MultibootStatus expected)
        => Assert.Equal((what, expected), (what, Multiboot1.Check(memory.Reader, information)));

    private static List<string> Ranges(FakeMemory memory, byte[] information)
    {
        List<string> ranges = [];
        ReadOnlySpan<byte> map = Multiboot1.MemoryMap(memory.Reader, information);
        uint cursor = 0;
        while (true)
        {
            ReadOnlySpan<byte> range = Multiboot1.NextRange(map, ref cursor);
            if (range.IsEmpty)
                return ranges;

            ranges.Add($"{Multiboot1.RangeStart(range):x} {Multiboot1.RangeLength(range):x} {Multiboot1.RangeType(range)}");
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}

public class Multiboot2Tests
{
    [Fact]
    public void Every_tag_is_read()
    {
        FakeMemory memory = new FakeMemory().Put(Information, Information2OfEverything());
        ReadOnlySpan<byte> information = Multiboot2.Read(memory.Reader, Information, out MultibootStatus status);
        List<string> seen = [];
        uint cursor = 0;
        ReadOnlySpan<byte> tag;
        while (!(tag = Multiboot2.Next(information, ref cursor)).IsEmpty)
            seen.Add(Show(tag));

        Assert.Equal((MultibootStatus.Ok, MultibootStatus.Ok), (status, Multiboot2.Check(information)));
        Assert.Equal(
            [
                "CommandLine kernel serial",
                "2",
                "Module 200000-201000 sigma0 quiet",
                "Module 201000-201800 ",
                "MemoryMap 0 9fc00 Available, f0000 10000 Reserved, 100000 1ff00000 Available",
                "Framebuffer e0000000 4096 1024 768 32 1",
                "Efi64SystemTable 7f000018",
                "Rsdp1 Ok",
                "Rsdp2 Ok",
                "EfiMemoryMap 48 1 96",
                "Efi64ImageHandle 7f001000",
            ],
            seen);
    }

    [Fact]
    public void A_tag_can_be_found_by_its_type()
    {
        byte[] information = Information2OfEverything();

        Assert.Equal(0x7f00_0018ul, Multiboot2.Pointer(Multiboot2.Find(information, Multiboot2Tag.Efi64SystemTable)));
        Assert.True(Multiboot2.Find(information, Multiboot2Tag.EfiBootServices).IsEmpty);
    }

    [Theory]
    [InlineData(0u, MultibootStatus.BadSize)]
    [InlineData(15u, MultibootStatus.BadSize)]
    [InlineData(0x10_0001u, MultibootStatus.BadSize)]
    [InlineData(0x8000u, MultibootStatus.NotReadable)]
    public void A_lying_total_size_is_refused(uint size, MultibootStatus expected)
    {
        FakeMemory memory = new FakeMemory().Put(Information, Bytes.With(Information2OfEverything(), 0, Bytes.Le(size, 4)));

        Assert.True(Multiboot2.Read(memory.Reader, Information, out MultibootStatus status).IsEmpty);
        Assert.Equal(expected, status);
    }

    [Fact]
    public void Information_outside_of_memory_is_refused()
    {
        Assert.True(Multiboot2.Read(new FakeMemory().Reader, Information, out MultibootStatus status).IsEmpty);
        Assert.Equal(MultibootStatus.NotReadable, status);
    }

    public static TheoryData<string, byte[], MultibootStatus> BadInformation => new()
    {
        { "no end", Information2(Map2(), Module2(1, 2, "")), MultibootStatus.NotTerminated },
        { "half a tag at the end", Information2(Map2(), [9, 0, 0, 0]), MultibootStatus.NotTerminated },
        { "tag of size 0", Information2(Bytes.With(Map2(), 4, 0), End2()), MultibootStatus.EntryTooShort },
        { "tag of size 7", Information2(Bytes.With(Map2(), 4, 7), End2()), MultibootStatus.EntryTooShort },
        { "tag too long", Information2(Map2(), Bytes.With(End2(), 0, 9, 0, 0, 0, 9)), MultibootStatus.EntryTooLong },
        { "tag wraps", Information2(Map2(), Bytes.With(End2(), 0, 9, 0, 0, 0, 0xff, 0xff, 0xff, 0xff)), MultibootStatus.EntryTooLong },
        { "module too short", Information2(Tag(3, Bytes.New.U32(0).U32(0)), End2()), MultibootStatus.EntryTooShort },
        { "system table too short", Information2(Tag(12, Bytes.New.U32(0)), End2()), MultibootStatus.EntryTooShort },
        { "endless command line", Information2(Tag(1, Bytes.New.Text("endless!")), End2()), MultibootStatus.EndlessString },
        { "endless module name", Information2(Tag(3, Bytes.New.U64(0).Text("endless!")), End2()), MultibootStatus.EndlessString },
        { "no map", Information2(Module2(1, 2, ""), End2()), MultibootStatus.NoMemoryMap },
        { "no module", Information2(Map2(), End2()), MultibootStatus.NoModule },
        { "module backwards", Information2(Map2(), Module2(2, 1, ""), End2()), MultibootStatus.BadModule },
        { "overlap", Information2(Map2(), Module2(1, 5, ""), Module2(4, 6, ""), End2()), MultibootStatus.ModulesOverlap },
        { "too many modules", Information2([Map2(), .. Many(), End2()]), MultibootStatus.TooManyModules },
    };

    [Theory]
    [MemberData(nameof(BadInformation))]
    public void Bad_information_is_refused(string what, byte[] information, MultibootStatus expected)
        => Assert.Equal((what, expected), (what, Multiboot2.Check(information)));

    [Fact]
    public void An_efi_map_stands_for_the_memory_map()
        => Assert.Equal(MultibootStatus.Ok, Multiboot2.Check(Information2(Tag(17, Bytes.New.U32(48).U32(1)), Module2(1, 2, ""), End2())));

    [Theory]
    [InlineData(0u)]
    [InlineData(23u)]
    [InlineData(0xffff_ffffu)]
    public void A_lying_range_size_yields_no_range(uint size)
    {
        byte[] tag = Bytes.With(Map2(), 8, Bytes.Le(size, 4));

        Assert.Equal(0u, Multiboot2.RangeCount(tag));
        Assert.True(Multiboot2.Range(tag, 0).IsEmpty);
    }

    [Fact]
    public void Efi_descriptors_are_read_by_the_size_that_the_map_gives()
    {
        Bytes fields = Bytes.New.U32(48).U32(1);
        foreach (uint i in (uint[])[0, 1])
            fields.U32(5 + i).U32(0).U64(0x7e00_0000 + i).U64(0).U64(16 + i).U64(1ul << 63).U64(0xdead_beef);

        byte[] tag = Tag(17, fields);
        ReadOnlySpan<byte> second = Multiboot2.EfiDescriptor(tag, 1);

        Assert.Equal(2u, Multiboot2.EfiDescriptorCount(tag));
        Assert.Equal((6u, 0x7e00_0001ul, 17ul), (Multiboot2.EfiType(second), Multiboot2.EfiStart(second), Multiboot2.EfiPages(second)));
        Assert.True(Multiboot2.EfiDescriptor(tag, 2).IsEmpty);
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(39u, 0u)]
    [InlineData(40u, 2u)]
    [InlineData(97u, 0u)]
    [InlineData(0xffff_ffffu, 0u)]
    public void A_lying_size_of_efi_descriptors_reads_nothing_beyond_the_map(uint size, uint expected)
        => Assert.Equal(expected, Multiboot2.EfiDescriptorCount(Tag(17, Bytes.New.U32(size).U32(1).Zero(96))));

    private static byte[][] Many()
    {
        byte[][] modules = new byte[Multiboot2.MaxModules + 1][];
        for (uint i = 0; i < modules.Length; i++)
            modules[i] = Module2(i, i + 1, "");

        return modules;
    }

    private static string Show(ReadOnlySpan<byte> tag) => $"{Multiboot2.Type(tag)}" + Multiboot2.Type(tag) switch
    {
        Multiboot2Tag.CommandLine => " " + Text(Multiboot2.CommandLine(tag)),
        Multiboot2Tag.Module => $" {Multiboot2.ModuleStart(tag):x}-{Multiboot2.ModuleEnd(tag):x} {Text(Multiboot2.ModuleString(tag))}",
        Multiboot2Tag.MemoryMap => " " + ShowRanges(tag),
        Multiboot2Tag.Framebuffer => $" {Multiboot2.FramebufferAddress(tag):x} {Multiboot2.FramebufferPitch(tag)}"
            + $" {Multiboot2.FramebufferWidth(tag)} {Multiboot2.FramebufferHeight(tag)}"
            + $" {Multiboot2.FramebufferBits(tag)} {Multiboot2.FramebufferType(tag)}",
        Multiboot2Tag.Efi64SystemTable or Multiboot2Tag.Efi64ImageHandle => $" {Multiboot2.Pointer(tag):x}",
        Multiboot2Tag.Rsdp1 or Multiboot2Tag.Rsdp2 => $" {Rsdp.Check(Multiboot2.RsdpCopy(tag))}",
        Multiboot2Tag.EfiMemoryMap => $" {Multiboot2.EfiDescriptorSize(tag)} {Multiboot2.EfiDescriptorVersion(tag)}"
            + $" {(uint)tag.Length - Multiboot2.EfiMapOffset}",
        _ => "",
    };

    private static string ShowRanges(ReadOnlySpan<byte> tag)
    {
        List<string> ranges = [];
        for (uint i = 0; i < Multiboot2.RangeCount(tag); i++)
        {
            ReadOnlySpan<byte> range = Multiboot2.Range(tag, i);
            ranges.Add($"{Multiboot2.RangeStart(range):x} {Multiboot2.RangeLength(range):x} {Multiboot2.RangeType(range)}");
        }

        return string.Join(", ", ranges);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
