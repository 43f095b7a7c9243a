using System;
using Kilonova.Abi;
using Kilonova.Runtime;

namespace Kilonova.Console;

/// <summary>The memory of the display that the component's line grants.</summary>
internal readonly struct DisplayMemory : IPixels
{
    public Span<byte> Bytes => Component.Display;
}

/// <summary>The display, if there is one.</summary>
internal static class Display
{
    // CRT controller of a VGA: its cursor is not needed, the console draws its own.
    private const uint CrtIndex = 0x3d4;
    private const uint CrtData = 0x3d5;
    private const uint CursorStart = 0x0a;
    private const uint CursorOff = 0x20;

    /// <summary>The surface that the display is; null when there is none.</summary>
    internal static ISurface? Open()
    {
        ref readonly var start = ref Component.Information;
        var width = (int)start.DisplayWidth;
        var height = (int)start.DisplayHeight;
        var pitch = (int)start.DisplayPitch;
        switch (start.DisplayKind)
        {
            case DisplayKind.Text:
                Ports.Out8(CrtIndex, CursorStart);
                Ports.Out8(CrtData, CursorOff);
                return new VgaText<DisplayMemory>(default, width, height, pitch);
            case DisplayKind.Pixels:
                var colours = start.DisplayColours;
                PixelFormat format = new((byte)colours, (byte)(colours >> 8), (byte)(colours >> 16));
                return new Framebuffer<DisplayMemory>(default, width, height, pitch, format);
            default:
                return null;
        }
    }
}
