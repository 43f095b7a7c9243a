namespace Kilonova.Console;

/// <summary>What a key means.</summary>
public enum KeyKind : byte
{
    /// <summary>Nothing: it was let go, or changes only what others mean.</summary>
    None,

    /// <summary>A character, control characters included.</summary>
    Character,

    /// <summary>Look a page back.</summary>
    PageUp,

    /// <summary>Look a page forth.</summary>
    PageDown,

    /// <summary>Look a line back.</summary>
    LineUp,

    /// <summary>Look a line forth.</summary>
    LineDown,

    /// <summary>Show a view; its number stands in place of the character.</summary>
    View,

    /// <summary>Show the next view.</summary>
    NextView,
}

/// <summary>What a key meant when it was pressed.</summary>
/// <param name="Kind">What it means.</param>
/// <param name="Character">The character, or the number of a view.</param>
public readonly record struct KeyStroke(KeyKind Kind, char Character = '\0');
