using System;
using Kilonova.Formats.Pci;
using Xunit;

namespace Kilonova.Formats.Tests;

/// <summary>Configuration space of functions: header, registers and lists of capabilities, however damaged.</summary>
public class PciTests
{
    [Fact]
    public void A_header_tells_who_the_function_is()
    {
        byte[] config = Function();

        Assert.True(PciFunction.IsPresent(config));
        Assert.Equal(0x8086, PciFunction.Vendor(config));
        Assert.Equal(0x10c9, PciFunction.Device(config));
        Assert.Equal(0x020000u, PciFunction.Class(config));
        Assert.True(PciFunction.IsMultifunction(config));
        Assert.False(PciFunction.IsBridge(config));
        Assert.Equal(6, PciFunction.BarCount(config));
        Assert.Equal(11, PciFunction.InterruptLine(config));
        Assert.Equal(1, PciFunction.InterruptPin(config));
    }

    [Theory]
    [InlineData(0xffff, false)]
    [InlineData(0x0000, false)]
    [InlineData(0x1af4, true)]
    public void Nobody_answers_where_the_vendor_is_none(int vendor, bool present)
        => Assert.Equal(present, PciFunction.IsPresent(Bytes.New.U16(vendor).Zero(62).Array()));

    [Theory]
    [InlineData(0xfebc_0000u, 0xfffe_0000u, 0xfebc_0000ul, 0x2_0000ul, false)]
    [InlineData(0xfebc_0008u, 0xffff_f008u, 0xfebc_0000ul, 0x1000ul, false)]
    [InlineData(0x0000_c001u, 0x0000_ffe1u, 0xc000ul, 0x20ul, true)]
    [InlineData(0x0000_c001u, 0xffff_ffe1u, 0xc000ul, 0x20ul, true)]
    [InlineData(0x0000_0000u, 0x0000_0000u, 0ul, 0ul, false)]
    [InlineData(0x0001_fff1u, 0xffff_fff1u, 0ul, 0ul, true)]
    [InlineData(0xfebc_1000u, 0xfffe_0000u, 0ul, 0ul, false)]
    [InlineData(0xfebc_0000u, 0xfff5_0000u, 0ul, 0ul, false)]
    public void A_register_has_address_and_size_or_none(uint raw, uint mask, ulong address, ulong size, bool isIo)
    {
        PciBar bar = PciBar.Decode(raw, mask);

        Assert.Equal((address, size, isIo), (bar.Address, bar.Size, bar.IsIo));
        Assert.Equal(size != 0, bar.IsUsable);
    }

    [Fact]
    public void A_register_of_64_bits_takes_the_next_one()
    {
        PciBar bar = PciBar.Decode(0x0000_000c, 0x0000_000c, 0x38, 0xffff_fffe);

        Assert.True(bar.Is64 && bar.IsPrefetchable && bar.IsUsable);
        Assert.Equal(0x38_0000_0000ul, bar.Address);
        Assert.Equal(0x2_0000_0000ul, bar.Size);
    }

    [Fact]
    public void Capabilities_are_found_in_both_lists()
    {
        byte[] config = Function();

        Assert.Equal(0x50u, PciCapability.Find(config, PciCapabilityId.Msi));
        Assert.Equal(0x70u, PciCapability.Find(config, PciCapabilityId.MsiX));
        Assert.Equal(0xa0u, PciCapability.Find(config, PciCapabilityId.Express));
        Assert.Equal(0u, PciCapability.Find(config, PciCapabilityId.AdvancedFeatures));
        Assert.Equal(0x160u, PciCapability.FindExtended(config, PciCapabilityId.SrIov));
        Assert.Equal(0u, PciCapability.FindExtended(config, PciCapabilityId.AccessControl));
        Assert.Equal(0u, PciCapability.FindExtended(config.AsSpan(0, PciFunction.Conventional), PciCapabilityId.SrIov));
        Assert.True(PciExpress.HasFunctionReset(config, 0xa0));
        Assert.False(PciExpress.HasFunctionReset(config, 0));
    }

    [Fact]
    public void A_list_that_loops_ends()
    {
        byte[] loop = Bytes.With(Function(), 0xa1, 0x50);
        byte[] extended = Bytes.With(Function(), 0x162, 0x01, 0x16);

        Assert.Equal(0u, PciCapability.Find(loop, 0x77));
        Assert.Equal(0u, PciCapability.FindExtended(extended, 0x77));
    }

    [Fact]
    public void Messages_have_their_fields_where_the_control_word_says()
    {
        const ushort Small = 0x0006;
        const ushort Large = 0x018a;

        Assert.Equal((8u, 8u, 0u), (Msi.Messages(Small), Msi.Data(Small), Msi.Mask(Small)));
        Assert.Equal((32u, 12u, 16u), (Msi.Messages(Large), Msi.Data(Large), Msi.Mask(Large)));
        Assert.Equal(32u, Msi.Messages(0x000e));
        Assert.Equal(0x0187, Msi.WithOne(0x01f6, true));
        Assert.Equal(10u, MsiX.Entries(9));
        Assert.Equal((3, 0x2000u), (MsiX.Bar(0x2003), MsiX.Offset(0x2003)));
    }

    [Fact]
    public void Virtual_functions_follow_at_offset_and_stride()
    {
        byte[] config = Function();

        Assert.Equal(8, SrIov.Total(config, 0x160));
        Assert.Equal(0x10ca, SrIov.Device(config, 0x160));
        Assert.True(SrIov.HasSmallPages(config, 0x160));
        Assert.Equal(0x0180, SrIov.Requester(config, 0x160, 0x0100, 0));
        Assert.Equal(0x0184, SrIov.Requester(config, 0x160, 0x0100, 2));
        Assert.Equal(-1, SrIov.Requester(config, 0x160, 0xff90, 1));
        Assert.Equal(-1, SrIov.Requester(new byte[4096], 0x160, 0, 0));
    }

    [Fact]
    public void Damaged_configuration_space_is_survived()
    {
        byte[] sample = Function();
        for (int seed = 0; seed < 2000; seed++)
        {
            Random random = new(seed);
            byte[] config = (byte[])sample.Clone();
            for (int i = 0; i < 40; i++)
                config[random.Next(2) == 0 ? random.Next(256) : random.Next(config.Length)] = (byte)random.Next(256);

            ReadOnlySpan<byte> read = config.AsSpan(0, random.Next(3) switch { 0 => random.Next(257), 1 => 256, _ => 4096 });
            for (int id = 0; id < 256; id++)
            {
                Assert.InRange(PciCapability.Find(read, (byte)id), 0u, 252u);
                Assert.InRange(PciCapability.FindExtended(read, (ushort)id), 0u, 4092u);
            }

            for (int i = -1; i <= PciFunction.MaxBars; i++)
            {
                PciBar bar = PciBar.Decode(PciFunction.Bar(read, i), (uint)random.Next(), (uint)random.Next(), (uint)random.Next());
                Assert.True(bar.Size == 0 || bar.Address % bar.Size == 0);
                Assert.True(!bar.IsIo || bar.Address + bar.Size <= 0x1_0000);
            }

            Assert.InRange(SrIov.Requester(read, (uint)random.Next(5000), (ushort)random.Next(), (uint)random.Next()), -1, 0xffff);
        }
    }

    private static byte[] Function()
        => Bytes.New
            .U16(0x8086).U16(0x10c9).U16(0x0007).U16(0x0010).U32(0x0200_0001).U8(0, 0, 0x80, 0)
            .U32(0xfebc_0000).U32(0xfeba_0000).U32(0xc001).U32(0xfeb8_0000).Zero(0x34 - 0x20).U8(0x50).To(0x3c).U8(11, 1, 0, 0)
            .To(0x50).U8(0x05, 0x70).U16(0x018a).Zero(20)
            .To(0x70).U8(0x11, 0xa0).U16(9).U32(3).U32(0x2003)
            .To(0xa0).U8(0x10, 0x00).U16(2).U32(1u << 28)
            .To(0x100).U32(0x1501_0001)
            .To(0x150).U32(0x1601_000e)
            .To(0x160).U32(0x0001_0010).U32(0).U16(0).U16(0).U16(8).U16(8).U16(0).U16(0).U16(0x80).U16(2).U16(0).U16(0x10ca).U32(0x553).U32(1)
            .To(4096).Array();
}
