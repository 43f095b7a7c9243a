using System;
using System.Linq;
using System.Runtime.InteropServices;
using Xunit;

namespace Kilonova.Console.Tests;

public class SurfaceTests
{
    private const int Width = 1280;
    private const int Height = 800;
    private const int Pitch = Width * sizeof(uint) + 64;

    private static readonly byte[] s_bytes = new byte[Pitch * Height];

    [Theory]
    [InlineData(640, 480, 1, 106, 48)]
    [InlineData(1024, 768, 2, 85, 38)]
    [InlineData(1280, 800, 2, 106, 40)]
    [InlineData(1920, 1080, 3, 106, 36)]
    [InlineData(3840, 2160, 7, 91, 30)]
    public void Letters_are_as_large_as_the_screen_is_wide(int width, int height, int scale, int columns, int rows)
    {
        Framebuffer<Large> screen = new(default, width, height, width * sizeof(uint), new PixelFormat(16, 8, 0));

        Assert.Equal((scale, columns, rows), (screen.Scale, screen.Columns, screen.Rows));
    }

    [Fact]
    public void A_letter_is_drawn_in_its_place_and_nowhere_else()
    {
        Framebuffer<Pixels> screen = new(default, Width, Height, Pitch, new PixelFormat(16, 8, 0));
        uint paper = Pixel(0, 0);
        screen.Draw(2, 3, new Cell('I', CellStyle.Normal));

        // 12 by 20 pixels a letter; the stem of an I is its third dot.
        Assert.Equal(0xd0d4d8u, Pixel(3 * 12 + 4, 2 * 20 + 8));
        Assert.Equal(paper, Pixel(3 * 12, 2 * 20 + 8));
        (int X, int Y)[] lit = [.. Enumerable.Range(0, Width * Height).Select(at => (at % Width, at / Width)).Where(at => Pixel(at.Item1, at.Item2) != paper)];
        Assert.All(lit, at => Assert.True(at.X is >= 36 and < 48 && at.Y is >= 40 and < 60));
        Assert.NotEmpty(lit);
    }

    [Fact]
    public void Colours_stand_where_the_format_says()
    {
        Assert.Equal(0x00_12_34_56u, new PixelFormat(16, 8, 0).Pixel(0x12_34_56));
        Assert.Equal(0x56_34_12_00u, new PixelFormat(8, 16, 24).Pixel(0x12_34_56));
    }

    [Fact]
    public void Text_mode_takes_a_code_and_colours()
    {
        VgaText<Pixels> screen = new(default, 80, 25, 160);
        screen.Draw(1, 2, new Cell('ä', CellStyle.Error));
        screen.Draw(1, 3, new Cell('\u2603', CellStyle.Normal));

        Assert.Equal([0x84, 0x0c, 0xfe, 0x07], s_bytes[164..168]);
    }

    private static uint Pixel(int x, int y) => MemoryMarshal.Cast<byte, uint>(s_bytes)[y * Pitch / sizeof(uint) + x];

    private struct Pixels : IPixels
    {
        public readonly Span<byte> Bytes => s_bytes;
    }

    private struct Large : IPixels
    {
        private static readonly byte[] s_large = new byte[3840 * 2160 * sizeof(uint)];

        public readonly Span<byte> Bytes => s_large;
    }
}
