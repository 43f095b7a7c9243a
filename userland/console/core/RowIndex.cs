using System;

namespace Kilonova.Console;

/// <summary>Where the rows of a view's text begin when it is broken to a width. No allocation after its construction.</summary>
internal sealed class RowIndex
{
    private const byte LineFeed = (byte)'\n';

    // Of each row: offset of its first byte in kept text and input together, and of the line that it belongs to.
    private readonly ushort[] _starts = new ushort[View.Scrollback + View.MaxLine + 1];
    private readonly ushort[] _lines = new ushort[View.Scrollback + View.MaxLine + 1];

    /// <summary>Number of rows, at least one.</summary>
    internal int Count { get; private set; }

    /// <summary>First byte of a row.</summary>
    internal int Start(int row) => _starts[row];

    /// <summary>First byte of the line that a row belongs to.</summary>
    internal int Line(int row) => _lines[row];

    /// <summary>Breaks kept text and input.</summary>
    internal void Update(View view, int columns)
    {
        Count = 0;
        Begin(0, 0);
        var line = 0;
        var column = 0;
        var length = view.Kept + view.Input.Length;
        for (var i = 0; i < length; i++)
        {
            var value = ByteAt(view, i);
            if (value == LineFeed)
            {
                column = 0;
                line = i + 1;
                Begin(line, line);
            }
            else if (!View.IsContinuation(value))
            {
                if (column == columns)
                {
                    column = 0;
                    Begin(i, line);
                }

                column++;
            }
        }
    }

    /// <summary>A byte of kept text and input together.</summary>
    internal static byte ByteAt(View view, int index) => index < view.Kept ? view[index] : view.Input[index - view.Kept];

    private void Begin(int start, int line)
    {
        _starts[Count] = (ushort)start;
        _lines[Count++] = (ushort)line;
    }
}
