using System;
using System.Linq;
using System.Text;
using Xunit;

namespace Kilonova.Console.Tests;

public class ScreenTests
{
    private readonly Surface _surface = new(20, 5);
    private readonly Multiplexer _views = new();
    private readonly Screen _screen;
    private readonly int _first;
    private readonly int _second;

    public ScreenTests()
    {
        _screen = new Screen(_views, _surface);
        _first = _views.Open(11, "first"u8);
        _second = _views.Open(22, "second"u8);
    }

    [Fact]
    public void The_bar_names_the_views_and_shows_which_has_the_focus()
    {
        Paint();

        Assert.Equal(" 0 log  1 first  2 s", _surface.Row(0));
        Assert.Equal(CellStyle.Bar, _surface[0, 1].Style);
        Assert.Equal(CellStyle.Focus, _surface[0, 8].Style);
    }

    [Fact]
    public void The_end_of_the_text_is_shown_with_what_is_typed_and_a_cursor()
    {
        _views.Write(_first, "1\n2\n3\n4\n> "u8);
        Press("hä");
        Paint();

        Assert.Equal(["2", "3", "4", "> hä"], Text());
        Assert.Equal(CellStyle.Cursor, _surface[4, 4].Style);
    }

    [Fact]
    public void Long_lines_go_on_in_the_next_row()
    {
        _views.Write(_first, Encoding.UTF8.GetBytes(new string('ä', 25)));
        Paint();

        Assert.Equal([new string('ä', 20), new string('ä', 5), "", ""], Text());
    }

    [Fact]
    public void A_line_that_fills_its_row_leaves_no_empty_one()
    {
        _views.Write(_first, Encoding.ASCII.GetBytes(new string('x', 20) + "\ny\n"));
        Paint();

        Assert.Equal([new string('x', 20), "y", "", ""], Text());
    }

    [Fact]
    public void Only_what_changed_is_drawn()
    {
        _views.Write(_first, "one\n"u8);
        Paint();
        _surface.Drawn = 0;
        _views.Write(_first, "x"u8);
        Paint();

        // The letter, and the cursor behind it.
        Assert.Equal(2, _surface.Drawn);
        _views.Write(_second, "hidden"u8);
        Assert.False(_screen.Compose());
    }

    [Fact]
    public void Whoever_looks_back_stays_there_while_more_is_written_and_returns_by_typing()
    {
        _views.Write(_first, Lines(1, 20));
        _screen.Press(new KeyStroke(KeyKind.PageUp));
        Paint();
        Assert.Equal(["15", "16", "17", "18"], Text());

        _views.Write(_first, Lines(21, 30));
        Paint();
        Assert.Equal(["15", "16", "17", "18"], Text());
        Assert.Contains("looking back", _surface.Row(0));

        _screen.Press(new KeyStroke(KeyKind.LineUp));
        Paint();
        Assert.Equal(["14", "15", "16", "17"], Text());

        Press("a");
        Paint();
        Assert.Equal(["28", "29", "30", "a"], Text());
        Assert.DoesNotContain("looking back", _surface.Row(0));
    }

    [Fact]
    public void Nobody_looks_further_back_than_what_is_kept_nor_further_forth_than_the_end()
    {
        _views.Write(_first, Lines(1, 6));
        for (int i = 0; i < 10; i++)
            _screen.Press(new KeyStroke(KeyKind.PageUp));

        Paint();
        Assert.Equal(["1", "2", "3", "4"], Text());
        for (int i = 0; i < 10; i++)
            _screen.Press(new KeyStroke(KeyKind.PageDown));

        Paint();
        Assert.Equal(["4", "5", "6", ""], Text());
    }

    [Fact]
    public void What_is_looked_at_may_be_overwritten()
    {
        _views.Write(_first, Lines(1, 20));
        _screen.Press(new KeyStroke(KeyKind.PageUp));
        _views.Write(_first, Lines(1000, 4000));
        Paint();

        Assert.All(Text(), line => Assert.True(line.Length > 0));
    }

    [Fact]
    public void Keys_choose_the_view()
    {
        _screen.Press(new KeyStroke(KeyKind.View, (char)2));
        Assert.Equal(_second, _screen.Focus);
        _screen.Press(new KeyStroke(KeyKind.NextView));
        Assert.Equal(Multiplexer.LogView, _screen.Focus);
        _screen.Press(new KeyStroke(KeyKind.View, (char)7));
        Assert.Equal(Multiplexer.LogView, _screen.Focus);
    }

    [Fact]
    public void Lines_of_the_log_are_coloured_by_their_level()
    {
        LogLine.Write(_views, 1, 0, "a"u8, "b"u8);
        LogLine.Write(_views, 12_345, 2, "a"u8, "it went wrong"u8);
        _screen.Choose(Multiplexer.LogView);
        Paint();

        Assert.Equal(["[    0.001] I a| b", "[   12.345] E a| it", "went wrong", ""], Text());
        Assert.Equal([CellStyle.Normal, CellStyle.Error, CellStyle.Error], Enumerable.Range(1, 3).Select(row => _surface[row, 0].Style));
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_shown_as_such()
    {
        _views.Write(_first, [0xff, (byte)'a', 0xc3, (byte)'b', 0x80, 0xe2, 0x82, 0xac]);
        Paint();

        Assert.Equal("\ufffda\ufffdb\ufffd€", Text()[0].Replace("\ufffd\ufffd", "\ufffd", StringComparison.Ordinal));
    }

    [Fact]
    public void Anything_at_all_can_be_painted()
    {
        Random random = new(3);
        byte[] noise = new byte[1000];
        for (int i = 0; i < 50; i++)
        {
            random.NextBytes(noise);
            _views.Write(_first, noise);
            _screen.Press(new KeyStroke((KeyKind)random.Next(1, 6), (char)random.Next(1, 256)));
            Paint();
        }
    }

    private static byte[] Lines(int first, int last) =>
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(first, last - first + 1).Select(number => $"{number}\n")));

    private void Press(string text)
    {
        foreach (char letter in text)
            _screen.Press(new KeyStroke(KeyKind.Character, letter));
    }

    private void Paint()
    {
        if (_screen.Compose())
            _screen.Paint();
    }

    private string[] Text() => [.. Enumerable.Range(1, _surface.Rows - 1).Select(row => _surface.Row(row).TrimEnd())];

    private sealed class Surface(int columns, int rows) : ISurface
    {
        private readonly Cell[] _cells = new Cell[columns * rows];

        public int Columns => columns;

        public int Rows => rows;

        public int Drawn { get; set; }

        public Cell this[int row, int column] => _cells[row * columns + column];

        public string Row(int row) => new([.. _cells.Skip(row * columns).Take(columns).Select(cell => cell.Character)]);

        public void Draw(int row, int column, Cell cell)
        {
            _cells[row * columns + column] = cell;
            Drawn++;
        }
    }
}
