namespace Kilonova.Formats.Tests;

/// <summary>What boot loaders leave in memory.</summary>
public static class MultibootSamples
{
    public const uint Information = 0x9000;
    public const uint Map = 0xa000;
    public const uint Modules = 0xb000;
    public const uint Strings = 0xc000;

    public static byte[] Information1(uint flags = 0x4c, uint modules = 2, uint mapLength = 72) => Bytes.New
        .U32(flags).U32(639).U32(0x1f_fc00).U32(0).U32(Strings).U32(modules).U32(Modules).Zero(16).U32(mapLength).U32(Map).Array();

    public static byte[] Range1(ulong start, ulong length, uint type) => Bytes.New.U32(20).U64(start).U64(length).U32(type).Array();

    public static byte[] Map1() => Bytes.New
        .Add(Range1(0, 0x9_fc00, 1)).Add(Range1(0xf_0000, 0x1_0000, 2)).Add(Range1(0x10_0000, 0x1ff0_0000, 1)).Array();

    public static byte[] Module1(uint start, uint end, uint text) => Bytes.New.U32(start).U32(end).U32(text).U32(0).Array();

    public static FakeMemory Memory1(byte[]? information = null, byte[]? map = null, byte[]? modules = null, string? text = null)
        => new FakeMemory()
            .Put(Information, information ?? Information1())
            .Put(Map, map ?? Map1())
            .Put(Modules, modules ?? [.. Module1(0x20_0000, 0x20_1000, Strings + 16), .. Module1(0x20_1000, 0x20_1800, 0)])
            .Put(Strings, Bytes.New.Text(text ?? "kernel serial\0\0\0sigma0 quiet\0").Array());

    public static byte[] Tag(uint type, Bytes content)
    {
        Bytes tag = Bytes.New.U32(type).U32((uint)(8 + content.Count)).Add(content.Array());
        return tag.To(tag.Count + 7 & ~7).Array();
    }

    public static byte[] Module2(uint start, uint end, string text) => Tag(3, Bytes.New.U32(start).U32(end).Text(text + "\0"));

    public static byte[] Map2() => Tag(6, Bytes.New.U32(24).U32(0)
        .U64(0).U64(0x9_fc00).U32(1).U32(0)
        .U64(0xf_0000).U64(0x1_0000).U32(2).U32(0)
        .U64(0x10_0000).U64(0x1ff0_0000).U32(1).U32(0));

    public static byte[] End2() => Tag(0, Bytes.New);

    public static byte[] Information2(params byte[][] tags)
    {
        Bytes all = Bytes.New;
        foreach (byte[] tag in tags)
            all.Add(tag);

        return Bytes.New.U32((uint)(8 + all.Count)).U32(0).Add(all.Array()).Array();
    }

    public static byte[] Information2OfEverything() => Information2(
        Tag(1, Bytes.New.Text("kernel serial\0")),
        Tag(2, Bytes.New.Text("a boot loader\0")),
        Module2(0x20_0000, 0x20_1000, "sigma0 quiet"),
        Module2(0x20_1000, 0x20_1800, ""),
        Map2(),
        Tag(8, Bytes.New.U64(0xe000_0000).U32(4096).U32(1024).U32(768).U8(32, 1).U16(0)),
        Tag(12, Bytes.New.U64(0x7f00_0018)),
        Tag(14, Bytes.New.Add(AcpiSamples.Rsdp1())),
        Tag(15, Bytes.New.Add(AcpiSamples.Rsdp2())),
        Tag(17, Bytes.New.U32(48).U32(1).Zero(96)),
        Tag(20, Bytes.New.U64(0x7f00_1000)),
        End2());
}
