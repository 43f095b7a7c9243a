using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Kilonova.Boot;
using Kilonova.Console;

namespace Kilonova.Userland.Tests;

/// <summary>Reads the text of a picture of the framebuffer console, by drawing every letter and looking which one it is.</summary>
internal static class ScreenReader
{
    /// <summary>The rows of text, without the spaces at their ends.</summary>
    public static string[] Read(Picture picture)
    {
        Canvas.Bytes = new byte[picture.Width * picture.Height * sizeof(uint)];
        Framebuffer<Canvas> screen = new(default, picture.Width, picture.Height, picture.Width * sizeof(uint), new PixelFormat(16, 8, 0));
        int width = picture.Width / screen.Columns;
        int height = picture.Height / screen.Rows;
        Dictionary<string, char> letters = [];
        for (char letter = ' '; letter <= '~'; letter++)
        {
            screen.Draw(0, 0, new Cell(letter, CellStyle.Normal));
            letters.TryAdd(Shape(width, height, (x, y) => BitConverter.ToUInt32(Canvas.Bytes, (y * picture.Width + x) * sizeof(uint))), letter);
        }

        return [.. Enumerable.Range(0, screen.Rows).Select(row => new string(
            [.. Enumerable.Range(0, screen.Columns).Select(column => letters.GetValueOrDefault(
                Shape(width, height, (x, y) => picture[column * width + x, row * height + y]), '?'))]).TrimEnd())];
    }

    // What is lit, whatever the colours: the first pixel of a letter's place never is.
    private static string Shape(int width, int height, Func<int, int, uint> pixel)
    {
        StringBuilder shape = new();
        uint paper = pixel(0, 0);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                shape.Append(pixel(x, y) == paper ? ' ' : '#');
        }

        return shape.ToString();
    }

    private readonly struct Canvas : IPixels
    {
        internal static byte[] Bytes { get; set; } = [];

        Span<byte> IPixels.Bytes => Bytes;
    }
}
