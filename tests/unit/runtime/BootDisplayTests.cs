using System;
using System.Buffers.Binary;
using Kilonova.Abi;
using Xunit;

namespace Kilonova.Runtime.Tests;

public class BootDisplayTests
{
    private const byte DirectColour = 1;
    private const byte TextMode = 2;

    [Fact]
    public void A_framebuffer_of_32_bits_is_taken_as_it_is_described()
    {
        BootDisplay display = BootDisplay.Read(Tag(0xc000_0000, 5120, 1280, 800, 32, DirectColour));

        Assert.Equal(new BootDisplay(DisplayKind.Pixels, 0xc000_0000, 5120, 1280, 800, 0x00_08_10), display);
        Assert.Equal(5120ul * 800, display.Length);
    }

    [Fact]
    public void A_text_mode_is_taken_too() =>
        Assert.Equal(new BootDisplay(DisplayKind.Text, 0xb8000, 160, 80, 25, 0), BootDisplay.Read(Tag(0xb8000, 160, 80, 25, 16, TextMode)));

    [Theory]
    [InlineData(0xc000_0000, 5120, 1280, 800, 24, DirectColour)] // another size of pixels
    [InlineData(0xc000_0000, 5120, 1280, 800, 32, 0)] // a palette
    [InlineData(0xc000_0000, 5116, 1280, 800, 32, DirectColour)] // lines overlap
    [InlineData(0xc000_0001, 5120, 1280, 800, 32, DirectColour)] // pixels lie across words
    [InlineData(0xc000_0000, 5122, 1280, 800, 32, DirectColour)]
    [InlineData(0xc000_0000, 5120, 0, 800, 32, DirectColour)]
    [InlineData(0xc000_0000, 5120, 1280, 0, 32, DirectColour)]
    [InlineData(0xc000_0000, 5120, 1280, uint.MaxValue, 32, DirectColour)]
    [InlineData(0xc000_0000, uint.MaxValue - 3, 1280, 800, 32, DirectColour)]
    public void What_makes_no_sense_is_no_display(ulong address, uint pitch, uint width, uint height, byte bits, byte type) =>
        Assert.Equal(DisplayKind.None, BootDisplay.Read(Tag(address, pitch, width, height, bits, type)).Kind);

    [Fact]
    public void A_tag_that_is_not_there_or_too_short_is_no_display()
    {
        Assert.Equal(DisplayKind.None, BootDisplay.Read([]).Kind);
        Assert.Equal(DisplayKind.None, BootDisplay.Read(Tag(0xc000_0000, 5120, 1280, 800, 32, DirectColour)[..31]).Kind);
    }

    [Fact]
    public void Firmware_that_has_set_a_text_mode_says_so_in_its_data_area()
    {
        byte[] area = new byte[BootDisplay.DataAreaLength];
        Assert.Equal(DisplayKind.None, BootDisplay.ReadDataArea(area).Kind);
        area[0x49] = 3;
        area[0x4a] = 80;
        area[0x84] = 24;
        Assert.Equal(new BootDisplay(DisplayKind.Text, 0xb8000, 160, 80, 25, 0), BootDisplay.ReadDataArea(area));
        area[0x49] = 0x13;
        Assert.Equal(DisplayKind.None, BootDisplay.ReadDataArea(area).Kind);
        Assert.Equal(DisplayKind.None, BootDisplay.ReadDataArea([]).Kind);
    }

    private static byte[] Tag(ulong address, uint pitch, uint width, uint height, byte bits, byte type)
    {
        byte[] tag = new byte[38];
        BinaryPrimitives.WriteUInt32LittleEndian(tag, 8);
        BinaryPrimitives.WriteInt32LittleEndian(tag.AsSpan(4), tag.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(tag.AsSpan(8), address);
        BinaryPrimitives.WriteUInt32LittleEndian(tag.AsSpan(16), pitch);
        BinaryPrimitives.WriteUInt32LittleEndian(tag.AsSpan(20), width);
        BinaryPrimitives.WriteUInt32LittleEndian(tag.AsSpan(24), height);
        tag[28] = bits;
        tag[29] = type;
        tag[32] = 16;
        tag[34] = 8;
        tag[36] = 0;
        return tag;
    }
}
