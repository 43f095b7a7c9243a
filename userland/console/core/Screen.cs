using System;

namespace Kilonova.Console;

/// <summary>
/// A head that fills a surface of rows and columns: a bar of views on top, and below it the end of the view that has the focus, or what was
/// written before. It writes nothing down while things happen, and looks at the view when it is painted: a component that floods its view
/// costs no more than one that writes now and then.
/// </summary>
public sealed class Screen : Head
{
    private const int BarRows = 1;

    private readonly ISurface _surface;
    private readonly Cell[] _wanted;
    private readonly Cell[] _shown;
    private readonly RowIndex _rows = new();
    private bool _isChanged = true;

    // While somebody looks back: position, in bytes ever written to the view, of the first byte shown.
    private bool _looksBack;
    private long _top;

    /// <summary>A screen that shows the log.</summary>
    public Screen(Multiplexer views, ISurface surface)
        : base(views)
    {
        _surface = surface;
        _wanted = new Cell[surface.Rows * surface.Columns];
        _shown = new Cell[surface.Rows * surface.Columns];
        views.Attach(this);
    }

    private int TextRows => _surface.Rows - BarRows;

    /// <summary>Takes a key of a keyboard.</summary>
    /// <returns>The view that has a line now; -1 for none.</returns>
    public int Press(KeyStroke key)
    {
        switch (key.Kind)
        {
            case KeyKind.Character:
                return TypeCharacter(key.Character);
            case KeyKind.PageUp:
                Scroll(-(TextRows - 1));
                return -1;
            case KeyKind.PageDown:
                Scroll(TextRows - 1);
                return -1;
            case KeyKind.LineUp:
                Scroll(-1);
                return -1;
            case KeyKind.LineDown:
                Scroll(1);
                return -1;
            case KeyKind.View:
                Choose(key.Character);
                return -1;
            case KeyKind.NextView:
                ChooseNext();
                return -1;
            default:
                return -1;
        }
    }

    /// <summary>Works out what is to be shown, as the views are now. The rest of the painting needs them no more.</summary>
    /// <returns>Whether there is anything to paint.</returns>
    public bool Compose()
    {
        if (!_isChanged)
            return false;

        _isChanged = false;
        _wanted.AsSpan().Fill(new Cell(' ', CellStyle.Normal));
        ComposeBar();
        ComposeText();
        return true;
    }

    /// <summary>Paints what differs from what is shown.</summary>
    public void Paint()
    {
        var columns = _surface.Columns;
        for (var i = 0; i < _wanted.Length; i++)
        {
            if (_wanted[i].IsSameAs(_shown[i]))
                continue;

            _shown[i] = _wanted[i];
            _surface.Draw(i / columns, i % columns, _wanted[i]);
        }
    }

    internal override void OnWriting(int view)
    {
    }

    internal override void OnWritten(int view) => Note(view);

    internal override void OnText(int view, byte value) => Note(view);

    internal override void OnTyped(int view, byte value) => Note(view);

    internal override void OnErased(int view) => Note(view);

    private protected override void OnViewsChanged() => _isChanged = true;

    private protected override void OnFocus()
    {
        _looksBack = false;
        _isChanged = true;
    }

    private void Note(int view) => _isChanged |= view == Focus;

    private int TypeCharacter(char character)
    {
        Span<byte> bytes = stackalloc byte[Utf8Character.MaxLength];
        var ready = -1;
        foreach (var value in bytes.Slice(0, Utf8Character.Write(character, bytes)))
        {
            var view = Type(value);
            ready = view >= 0 ? view : ready;
        }

        // Whoever types wants to see it.
        _isChanged |= _looksBack;
        _looksBack = false;
        return ready;
    }

    private void Scroll(int rows)
    {
        var view = Views[Focus];
        _rows.Update(view, _surface.Columns);
        var last = Math.Max(0, _rows.Count - TextRows);
        var top = Math.Clamp(TopRow(view) + rows, 0, last);
        _looksBack = top != last;
        _top = view.Written - view.Kept + _rows.Start(top);
        _isChanged = true;
    }

    private int TopRow(View view)
    {
        var last = Math.Max(0, _rows.Count - TextRows);
        if (!_looksBack)
            return last;

        var top = 0;
        while (top < last && view.Written - view.Kept + _rows.Start(top) < _top)
            top++;

        return top;
    }

    private void ComposeBar()
    {
        Row(0).Fill(new Cell(' ', CellStyle.Bar));
        var column = 0;
        for (var view = 0; view < Multiplexer.MaxViews; view++)
        {
            if (Views[view].Session == 0)
                continue;

            var style = view == Focus ? CellStyle.Focus : CellStyle.Bar;
            Put(0, ref column, ' ', style);
            Put(0, ref column, (char)('0' + view), style);
            Put(0, ref column, ' ', style);
            foreach (var letter in Views[view].Name)
                Put(0, ref column, (char)letter, style);

            Put(0, ref column, ' ', style);
        }

        if (!_looksBack)
            return;

        var mark = " looking back "u8;
        column = Math.Max(0, _surface.Columns - mark.Length);
        foreach (var letter in mark)
            Put(0, ref column, (char)letter, CellStyle.Warning);
    }

    private void ComposeText()
    {
        var view = Views[Focus];
        _rows.Update(view, _surface.Columns);
        var top = TopRow(view);
        var end = view.Kept + view.Input.Length;
        for (var row = top; row < Math.Min(_rows.Count, top + TextRows); row++)
        {
            var target = BarRows + row - top;
            var column = 0;
            var next = row + 1 < _rows.Count ? _rows.Start(row + 1) : end;
            var style = Focus == Multiplexer.LogView ? LogLine.Style(view, _rows.Line(row)) : CellStyle.Normal;
            for (var at = _rows.Start(row); at < next;)
            {
                var character = Utf8Character.Read(view, ref at, next);
                if (character >= ' ')
                    Put(target, ref column, character, style);
            }

            if (row == _rows.Count - 1 && Focus != Multiplexer.LogView)
                Put(target, ref column, ' ', CellStyle.Cursor);
        }
    }

    private void Put(int row, ref int column, char character, CellStyle style)
    {
        if (column < _surface.Columns)
            Row(row)[column++] = new Cell(character, style);
    }

    private Span<Cell> Row(int row) => _wanted.AsSpan(row * _surface.Columns, _surface.Columns);
}
