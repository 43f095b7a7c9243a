using System;

namespace Kilonova.Console;

/// <summary>How a character is shown.</summary>
public enum CellStyle : byte
{
    /// <summary>Text.</summary>
    Normal,

    /// <summary>Text of little weight.</summary>
    Dim,

    /// <summary>A warning.</summary>
    Warning,

    /// <summary>An error.</summary>
    Error,

    /// <summary>The bar of views.</summary>
    Bar,

    /// <summary>In that bar, the view that has the focus.</summary>
    Focus,

    /// <summary>Where the next key goes.</summary>
    Cursor,
}

/// <summary>A place of a screen.</summary>
/// <param name="Character">What stands there.</param>
/// <param name="Style">How it is shown.</param>
public readonly record struct Cell(char Character, CellStyle Style)
{
    /// <summary>Whether nothing changes when this one is drawn over the other. Unlike the compiler's equality it allocates nothing.</summary>
    public bool IsSameAs(Cell other) => Character == other.Character && Style == other.Style;
}

/// <summary>Something that shows characters in rows and columns.</summary>
public interface ISurface
{
    /// <summary>Characters of a row.</summary>
    int Columns { get; }

    /// <summary>Rows.</summary>
    int Rows { get; }

    /// <summary>Shows a character.</summary>
    void Draw(int row, int column, Cell cell);
}
