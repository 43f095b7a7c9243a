using System;
using System.Buffers.Binary;
using Kilonova.Abi;
using Kilonova.Formats.Multiboot;

namespace Kilonova.Runtime;

/// <summary>
/// What firmware and boot loader left to show something on. Multiboot 2 describes it; where nobody does, a PC's firmware says in its data area
/// whether it has set a text mode. Multiboot2 Specification 2.0, section 3.6.12; IBM PS/2 and PC BIOS Interface Technical Reference, section 3.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Address">Its physical address.</param>
/// <param name="Pitch">Bytes from one line to the next.</param>
/// <param name="Width">Pixels or characters of a line.</param>
/// <param name="Height">Lines.</param>
/// <param name="Colours">As <see cref="StartPage.DisplayColours"/>.</param>
public readonly record struct BootDisplay(DisplayKind Kind, ulong Address, uint Pitch, uint Width, uint Height, uint Colours)
{
    /// <summary>Of a text mode: the ports of the CRT controller, which has the cursor.</summary>
    public const ulong CursorPorts = 0x3d4;

    /// <summary>How many they are.</summary>
    public const ulong CursorPortCount = 2;

    /// <summary>Physical address of the firmware's data area.</summary>
    public const uint DataArea = 0x400;

    /// <summary>Bytes of it.</summary>
    public const uint DataAreaLength = 0x100;

    // In there: the number of the mode, columns (16 bits) and the last row.
    private const int Mode = 0x49;
    private const int Columns = 0x4a;
    private const int LastRow = 0x84;
    private const byte ColourText = 3;
    private const ulong TextMemory = 0xb8000;
    private const uint BytesOfCharacter = 2;

    private const byte DirectColour = 1;
    private const byte Text = 2;
    private const uint BitsOfPixel = 32;
    private const uint BytesOfPixel = BitsOfPixel / 8;
    private const uint DirectColourLength = 37;

    // What is larger is no screen.
    private const uint MaxLines = 1 << 14;
    private const uint MaxPitch = 1 << 17;

    /// <summary>Bytes of its memory.</summary>
    public ulong Length => (ulong)Pitch * Height;

    /// <summary>Reads the tag of Multiboot 2; of no kind when it describes nothing that is known here.</summary>
    public static BootDisplay Read(ReadOnlySpan<byte> tag)
    {
        if (tag.IsEmpty)
            return default;

        var kind = Multiboot2.FramebufferType(tag) switch
        {
            DirectColour when Multiboot2.FramebufferBits(tag) == BitsOfPixel && tag.Length >= DirectColourLength => DisplayKind.Pixels,
            Text => DisplayKind.Text,
            _ => DisplayKind.None,
        };
        BootDisplay display = new(
            kind, Multiboot2.FramebufferAddress(tag), Multiboot2.FramebufferPitch(tag), Multiboot2.FramebufferWidth(tag),
            Multiboot2.FramebufferHeight(tag), kind == DisplayKind.Pixels ? Multiboot2.FramebufferColours(tag) : 0);
        var bytes = kind == DisplayKind.Pixels ? BytesOfPixel : BytesOfCharacter;
        var makesSense = display.Width != 0 && display.Height is > 0 and <= MaxLines && display.Pitch <= MaxPitch
            && (ulong)display.Width * bytes <= display.Pitch && (display.Address & (bytes - 1)) == 0 && (display.Pitch & (bytes - 1)) == 0;
        return makesSense ? display : default;
    }

    /// <summary>Reads the firmware's data area.</summary>
    /// <param name="area">The bytes of the area.</param>
    public static BootDisplay ReadDataArea(ReadOnlySpan<byte> area)
    {
        if (area.Length < (int)DataAreaLength)
            return default;

        uint columns = BinaryPrimitives.ReadUInt16LittleEndian(area.Slice(Columns));
        var rows = area[LastRow] + 1u;
        return area[Mode] == ColourText && columns is >= 40 and <= 132 && rows is >= 25 and <= 60
            ? new BootDisplay(DisplayKind.Text, TextMemory, columns * BytesOfCharacter, columns, rows, 0)
            : default;
    }
}
