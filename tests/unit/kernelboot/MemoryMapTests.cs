using System;
using System.Buffers.Binary;
using System.Linq;
using Kilonova.Formats;
using Kilonova.Formats.Multiboot;
using Kilonova.Kernel;
using Xunit;

namespace Kilonova.KernelBoot.Tests;

/// <summary>Boot information of both versions lies at <see cref="Address"/> of a small memory; the rest of it reads as 0.</summary>
[Collection("memory map")]
public class MemoryMapTests
{
    private const uint Address = 0x1000;
    private const ulong Limit = 1ul << 46;

    private static readonly byte[] s_memory = new byte[0x4000];

    public static TheoryData<bool> Versions => [false, true];

    private readonly struct Memory : IPhysicalMemory
    {
        public ReadOnlySpan<byte> Map(ulong address, uint length) =>
            address + length <= (ulong)s_memory.Length ? s_memory.AsSpan((int)address, (int)length) : default;
    }

    private static BootInformation Load(bool second, params (ulong Start, ulong Length, uint Type)[] ranges)
    {
        Array.Clear(s_memory);
        if (second)
        {
            WriteTags(ranges);
        }
        else
        {
            WriteFields(ranges);
        }

        uint magic = second ? Multiboot2.Magic : Multiboot1.Magic;
        Assert.Equal(MultibootStatus.Ok, BootInformation.Read(default(Memory), magic, Address, out BootInformation boot));
        return boot;
    }

    private static void WriteFields((ulong Start, ulong Length, uint Type)[] ranges)
    {
        Span<byte> at = s_memory.AsSpan((int)Address);
        Put(at, 0, 1 << 2 | 1 << 3 | 1 << 6);
        Put(at, 16, 0x1100);
        "quiet serial=off"u8.CopyTo(s_memory.AsSpan(0x1100));
        Put(at, 20, 2);
        Put(at, 24, 0x1200);
        Put(s_memory.AsSpan(0x1200), 0, 0x30_0000);
        Put(s_memory.AsSpan(0x1200), 4, 0x30_1234);
        Put(s_memory.AsSpan(0x1200), 16, 0x40_0000);
        Put(s_memory.AsSpan(0x1200), 20, 0x40_0001);
        Put(at, 44, (uint)ranges.Length * 24);
        Put(at, 48, 0x2000);
        for (int i = 0; i < ranges.Length; i++)
        {
            Span<byte> entry = s_memory.AsSpan(0x2000 + (24 * i));
            Put(entry, 0, 20);
            PutRange(entry[4..], ranges[i]);
        }
    }

    private static void WriteTags((ulong Start, ulong Length, uint Type)[] ranges)
    {
        int at = (int)Address + 8;
        at = Tag(at, 1, 8 + 17, body => "quiet serial=off"u8.CopyTo(body));
        at = Tag(at, 3, 17, body => { Put(body, 0, 0x30_0000); Put(body, 4, 0x30_1234); });
        at = Tag(at, 3, 17, body => { Put(body, 0, 0x40_0000); Put(body, 4, 0x40_0001); });
        at = Tag(at, 6, 16 + (24 * ranges.Length), body =>
        {
            Put(body, 0, 24);
            for (int i = 0; i < ranges.Length; i++)
            {
                PutRange(body[(8 + (24 * i))..], ranges[i]);
            }
        });
        at = Tag(at, 0, 8, _ => { });
        Put(s_memory.AsSpan((int)Address), 0, (uint)at - Address);
    }

    private delegate void Fill(Span<byte> body);

    private static int Tag(int at, uint type, int size, Fill fill)
    {
        Put(s_memory.AsSpan(at), 0, type);
        Put(s_memory.AsSpan(at), 4, (uint)size);
        fill(s_memory.AsSpan(at + 8));
        return (at + size + 7) & ~7;
    }

    private static void Put(Span<byte> at, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(at[offset..], value);

    private static void PutRange(Span<byte> at, (ulong Start, ulong Length, uint Type) range)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(at, range.Start);
        BinaryPrimitives.WriteUInt64LittleEndian(at[8..], range.Length);
        Put(at, 16, range.Type);
    }

    private static string Ram() =>
        string.Join(' ', Enumerable.Range(0, MemoryMap.Ram.Count).Select(i => $"{MemoryMap.Ram.Start(i):x}-{MemoryMap.Ram.End(i):x}"));

    [Theory]
    [MemberData(nameof(Versions))]
    public void Only_whole_pages_of_available_memory_are_ram(bool second)
    {
        BootInformation boot = Load(second, (0, 0x9_fc00, 1), (0x9_fc00, 0x400, 2), (0x10_0000, 0x1000_0001, 1), (0x2000_0800, 0x2000, 1));
        Assert.True(MemoryMap.Read(default(Memory), ref boot, Limit));
        Assert.Equal("0-9f000 100000-10100000 20001000-20002000", Ram());
        Assert.Equal(0x9_f000ul + 0x1000_0000 + 0x1000, MemoryMap.Size);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Where_entries_contradict_each_other_memory_is_not_ram(bool second)
    {
        BootInformation boot = Load(
            second, (0x20_0800, 0x10, 2), (0x10_0000, 0x30_0000, 1), (0x30_0000, 0x1000, 3), (0x10_0000, 0x1000, 77));
        Assert.True(MemoryMap.Read(default(Memory), ref boot, Limit));
        Assert.Equal("101000-200000 201000-300000 301000-400000", Ram());
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Ranges_that_wrap_or_lie_beyond_the_limit_are_cut(bool second)
    {
        BootInformation boot = Load(
            second, (0x10_0000, 0x1000, 1), (Limit - 0x1000, 0x2000, 1), (Limit, 0x1000, 1), (ulong.MaxValue - 0xfff, 0x5000, 1),
            (ulong.MaxValue, 9, 2));
        Assert.True(MemoryMap.Read(default(Memory), ref boot, Limit));
        Assert.Equal("100000-101000 3ffffffff000-400000000000", Ram());
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void The_highest_page_below_a_limit_is_found(bool second)
    {
        BootInformation boot = Load(second, (0, 0x8_0000, 1), (0x9_0000, 0x9000, 1), (0x10_0000, 0x10_0000, 1));
        Assert.True(MemoryMap.Read(default(Memory), ref boot, Limit));
        Assert.Equal(0x9_8000ul, MemoryMap.HighestPageBelow(0xa_0000));
        Assert.Equal(0x7_f000ul, MemoryMap.HighestPageBelow(0x9_0000));
        Assert.Equal(0ul, MemoryMap.HighestPageBelow(0x1000));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void More_ranges_than_fit_are_reported(bool second)
    {
        var ranges = new (ulong, ulong, uint)[RangeList.Capacity + 1];
        for (int i = 0; i < ranges.Length; i++)
        {
            ranges[i] = ((ulong)i * 0x2000, 0x1000, 1);
        }

        BootInformation boot = Load(second, ranges);
        Assert.False(MemoryMap.Read(default(Memory), ref boot, Limit));
        Assert.Equal(RangeList.Capacity, MemoryMap.Ram.Count);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void The_first_module_is_the_root_image(bool second)
    {
        BootInformation boot = Load(second, (0, 0x1000_0000, 1));
        Assert.Equal(2u, boot.ModuleCount);
        Assert.Equal((0x30_0000ul, 0x30_1234ul), (boot.RootStart, boot.RootEnd));
        Assert.Equal("quiet serial=off"u8, boot.CommandLine(default(Memory)));
        uint cursor = 0;
        Assert.True(boot.NextModule(default(Memory), ref cursor, out _, out _));
        Assert.True(boot.NextModule(default(Memory), ref cursor, out ulong start, out ulong end));
        Assert.Equal((0x40_0000ul, 0x40_0001ul), (start, end));
        Assert.False(boot.NextModule(default(Memory), ref cursor, out _, out _));
    }

    [Fact]
    public void Another_magic_number_is_refused() =>
        Assert.Equal(MultibootStatus.BadMagic, BootInformation.Read(default(Memory), 0x1234, Address, out _));

    [Theory]
    [MemberData(nameof(Versions))]
    public void The_kernel_takes_memory_from_the_end_of_ram_and_out_of_the_map(bool second)
    {
        BootInformation boot = Load(second, (0, 0x9_f000, 1), (0x10_0000, 0x1000_0000, 1), (0xfffc_0000, 0x4_0000, 2));
        Assert.True(MemoryMap.Read(default(Memory), ref boot, Limit));
        Assert.Equal(0x1010_0000ul - 0x20_0000, MemoryMap.TakeEnd(default(Memory), ref boot, 0x20_0000));
        Assert.False(MemoryMap.Ram.Contains(0x1010_0000 - 0x1000, 0x1010_0000));
        Assert.True(MemoryMap.Read(default(Memory), ref boot, Limit));
        Assert.Equal(0x1000_0000ul + 0x9_f000 - 0x20_0000, MemoryMap.Size);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void The_kernel_takes_no_memory_where_a_module_lies(bool second)
    {
        BootInformation boot = Load(second, (0x10_0000, 0x30_2000, 1), (0x1_0000_0000, 0x40_0000, 1));
        Assert.True(MemoryMap.Read(default(Memory), ref boot, Limit));
        Assert.Equal(0x1_0020_0000ul, MemoryMap.TakeEnd(default(Memory), ref boot, 0x20_0000));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void The_kernel_takes_at_most_half_of_a_range_and_nothing_reserved(bool second)
    {
        BootInformation boot = Load(second, (0x100_0000, 0x3f_f000, 1), (0x1000_0000, 0x1000_0000, 1), (0x1fff_0000, 0x1_0000, 2));
        Assert.True(MemoryMap.Read(default(Memory), ref boot, Limit));
        ulong size = MemoryMap.Size;
        Assert.Equal(0ul, MemoryMap.TakeEnd(default(Memory), ref boot, 0x20_0000));
        Assert.Equal(size, MemoryMap.Size);
    }
}
