using System;
using System.Runtime.InteropServices;

namespace Kilonova.Console;

/// <summary>How a framebuffer's pixels of 32 bits are made of colours. Multiboot2 Specification 2.0, section 3.6.12.</summary>
/// <param name="Red">Lowest bit of red; each colour has 8.</param>
/// <param name="Green">Lowest bit of green.</param>
/// <param name="Blue">Lowest bit of blue.</param>
public readonly record struct PixelFormat(byte Red, byte Green, byte Blue)
{
    /// <summary>The pixel of a colour of the form 0xrrggbb.</summary>
    public uint Pixel(uint colour) => ((colour >> 16 & 0xff) << Red) | ((colour >> 8 & 0xff) << Green) | ((colour & 0xff) << Blue);
}

/// <summary>
/// Characters on a framebuffer, as the firmware of a UEFI machine leaves it. A dot of the font takes <see cref="Scale"/> pixels each way;
/// where dots meet only at a corner, the corner is filled, as video generators of old did it.
/// </summary>
public sealed class Framebuffer<TPixels> : ISurface
    where TPixels : struct, IPixels
{
    private const int BytesOfPixel = sizeof(uint);
    private const int MinColumns = 84;
    private const uint Paper = 0x10_14_18;
    private const int MaxScale = 8 * sizeof(ulong) / Font.CellWidth;

    private readonly TPixels _pixels;
    private readonly int _pitch;
    private readonly PixelFormat _format;

    // Of each glyph its lines of pixels, the leftmost in the lowest bit.
    private readonly ulong[] _lines;

    /// <summary>A framebuffer.</summary>
    /// <param name="pixels">Its memory.</param>
    /// <param name="width">Pixels of a line.</param>
    /// <param name="height">Lines.</param>
    /// <param name="pitch">Bytes of a line.</param>
    /// <param name="format">Its colours.</param>
    public Framebuffer(TPixels pixels, int width, int height, int pitch, PixelFormat format)
    {
        _pixels = pixels;
        _pitch = pitch;
        _format = format;
        Scale = Math.Clamp(width / (MinColumns * Font.CellWidth), 1, MaxScale);
        Columns = width / PixelsOfCell;
        Rows = height / LinesOfCell;
        _lines = new ulong[Font.Count * LinesOfCell];
        for (var i = 0; i < _lines.Length; i++)
        {
            for (var x = 0; x < PixelsOfCell; x++)
                _lines[i] |= IsLit(i / LinesOfCell, x, i % LinesOfCell) ? 1ul << x : 0;
        }

        // The margins stay as they are now.
        var paper = format.Pixel(Paper);
        for (var y = 0; y < height; y++)
            MemoryMarshal.Cast<byte, uint>(pixels.Bytes.Slice(y * pitch, width * BytesOfPixel)).Fill(paper);
    }

    /// <summary>Pixels of a dot, each way.</summary>
    public int Scale { get; }

    public int Columns { get; }

    public int Rows { get; }

    private int PixelsOfCell => Font.CellWidth * Scale;

    private int LinesOfCell => Font.CellHeight * Scale;

    public void Draw(int row, int column, Cell cell)
    {
        var (ink, paper) = Colours(cell.Style);
        var lit = _format.Pixel(ink);
        var dark = _format.Pixel(paper);
        var width = PixelsOfCell;
        var height = LinesOfCell;
        var first = row * height * _pitch + column * width * BytesOfPixel;
        var glyph = Font.Glyph(cell.Character) * height;
        for (var y = 0; y < height; y++)
        {
            var pixels = MemoryMarshal.Cast<byte, uint>(_pixels.Bytes.Slice(first + y * _pitch, width * BytesOfPixel));
            var line = _lines[glyph + y];
            for (var x = 0; x < pixels.Length; x++, line >>= 1)
                pixels[x] = (line & 1) != 0 ? lit : dark;
        }
    }

    private static (uint Ink, uint Paper) Colours(CellStyle style) => style switch
    {
        CellStyle.Dim => (0x80_80_80, Paper),
        CellStyle.Warning => (0xf0_c8_50, Paper),
        CellStyle.Error => (0xf8_70_60, Paper),
        CellStyle.Bar => (0xb8_c0_c8, 0x28_30_3a),
        CellStyle.Focus => (0xff_ff_ff, 0x2c_60_a8),
        CellStyle.Cursor => (Paper, 0xd0_d4_d8),
        _ => (0xd0_d4_d8, Paper),
    };

    private bool IsLit(int glyph, int x, int y)
    {
        var column = x / Scale;
        var row = y / Scale;
        if (Font.IsLit(glyph, column, row))
            return true;

        // Which corner of its dot the pixel is nearest to, and how far from it, in pixels along both edges together.
        var inX = x - column * Scale;
        var inY = y - row * Scale;
        var sideX = 2 * inX < Scale ? -1 : 1;
        var sideY = 2 * inY < Scale ? -1 : 1;
        var distance = (sideX < 0 ? inX : Scale - 1 - inX) + (sideY < 0 ? inY : Scale - 1 - inY);
        return distance < Scale / 2 && Font.IsLit(glyph, column + sideX, row) && Font.IsLit(glyph, column, row + sideY)
            && !Font.IsLit(glyph, column + sideX, row + sideY);
    }
}
