using System;

namespace Kilonova.Console;

/// <summary>Bytes that show, or are to show, something: memory of a display, or an array in a test.</summary>
public interface IPixels
{
    /// <summary>The bytes.</summary>
    Span<byte> Bytes { get; }
}

/// <summary>The text mode that a PC's firmware leaves: two bytes a character, its code in code page 437 and its colours.</summary>
public sealed class VgaText<TPixels> : ISurface
    where TPixels : struct, IPixels
{
    private const int BytesOfCell = 2;
    private const byte Unknown = 0xfe;

    private readonly TPixels _pixels;
    private readonly int _pitch;

    /// <summary>A text mode.</summary>
    /// <param name="pixels">Its memory.</param>
    /// <param name="columns">Characters of a row.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="pitch">Bytes of a row.</param>
    public VgaText(TPixels pixels, int columns, int rows, int pitch)
    {
        _pixels = pixels;
        _pitch = pitch;
        Columns = columns;
        Rows = rows;
    }

    public int Columns { get; }

    public int Rows { get; }

    public void Draw(int row, int column, Cell cell)
    {
        var at = _pixels.Bytes.Slice(row * _pitch + column * BytesOfCell, BytesOfCell);
        at[0] = Code(cell.Character);
        at[1] = Colours(cell.Style);
    }

    private static byte Colours(CellStyle style) => style switch
    {
        CellStyle.Dim => 0x08,
        CellStyle.Warning => 0x0e,
        CellStyle.Error => 0x0c,
        CellStyle.Bar => 0x70,
        CellStyle.Focus => 0x1f,
        CellStyle.Cursor => 0x70,
        _ => 0x07,
    };

    private static byte Code(char character) => character switch
    {
        >= ' ' and <= '~' => (byte)character,
        'ä' => 0x84,
        'ö' => 0x94,
        'ü' => 0x81,
        'Ä' => 0x8e,
        'Ö' => 0x99,
        'Ü' => 0x9a,
        'ß' => 0xe1,
        'é' => 0x82,
        'è' => 0x8a,
        'à' => 0x85,
        'ç' => 0x87,
        'ù' => 0x97,
        'µ' => 0xe6,
        '§' => 0x15,
        '°' => 0xf8,
        '²' => 0xfd,
        '£' => 0x9c,
        '¬' => 0xaa,
        _ => Unknown,
    };
}
