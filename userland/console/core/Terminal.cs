using System;

namespace Kilonova.Console;

/// <summary>Where a terminal's bytes go.</summary>
public interface ITerminalOutput
{
    /// <summary>Shows a byte.</summary>
    void Write(byte value);
}

/// <summary>
/// One terminal shared by views: the log, and one per session. One has the focus: it is what is shown, and keys are typed for it. Ctrl-T
/// and a digit give the focus to a view by its number, 0 is the log; Ctrl-T twice gives it to the next. One thread at a time.
/// </summary>
public sealed class Terminal<TOutput>
    where TOutput : ITerminalOutput
{
    /// <summary>Most views, the log included.</summary>
    public const int MaxViews = 8;

    /// <summary>The log's view.</summary>
    public const int LogView = 0;

    /// <summary>The key that commands begin with: Ctrl-T.</summary>
    public const byte Prefix = 0x14;

    private const byte Backspace = 8;
    private const byte Delete = 0x7f;
    private const byte Return = (byte)'\r';
    private const byte LineFeed = (byte)'\n';
    private const int ShownOnFocus = 2048;

    private readonly TOutput _output;
    private readonly View[] _views = new View[MaxViews];
    private bool _prefixed;
    private bool _chosen;

    /// <summary>A terminal that shows an empty log.</summary>
    public Terminal(TOutput output)
    {
        _output = output;
        for (var i = 0; i < _views.Length; i++)
            _views[i] = new View();

        _views[LogView].Begin(ulong.MaxValue, "log"u8);
    }

    /// <summary>The view that has the focus.</summary>
    public int Focus { get; private set; }

    /// <summary>A view.</summary>
    public View this[int view] => _views[view];

    /// <summary>The view of a session; -1 when it has none.</summary>
    public int Find(ulong session)
    {
        for (var i = 1; i < _views.Length; i++)
        {
            if (session != 0 && _views[i].Session == session)
                return i;
        }

        return -1;
    }

    /// <summary>Gives a session a view; the first gets the focus unless somebody chose another view. -1 when all are taken.</summary>
    public int Open(ulong session, ReadOnlySpan<byte> name)
    {
        for (var i = 1; i < _views.Length; i++)
        {
            if (_views[i].Session != 0)
                continue;

            _views[i].Begin(session, name);
            if (!_chosen && Focus == LogView)
                SetFocus(i);

            return i;
        }

        return -1;
    }

    /// <summary>Makes a view raw, and shows it unless somebody chose another.</summary>
    public void MakeRaw(int view)
    {
        if (_views[view].IsRaw)
            return;

        _views[view].IsRaw = true;
        if (!_chosen && Focus != view)
            SetFocus(view);
    }

    /// <summary>Takes a session's view back; if it had the focus, another of the same name gets it, or the log.</summary>
    public void Close(ulong session)
    {
        var view = Find(session);
        if (view < 0)
            return;

        _views[view].End();
        if (Focus != view)
            return;

        // A client that starts again may have its new view before the old one is gone.
        _chosen = false;
        var next = MaxViews - 1;
        while (next > LogView && (_views[next].Session == 0 || !_views[next].Name.SequenceEqual(_views[view].Name)))
            next--;

        SetFocus(next);
    }

    /// <summary>Adds text to a view and shows it if the view has the focus; the line that is being typed stays behind it.</summary>
    public void Write(int view, ReadOnlySpan<byte> text)
    {
        if (_views[view].IsRaw)
        {
            WriteRaw(view, text);
            return;
        }

        var shown = view == Focus;
        var input = shown ? _views[view].Input : default;
        for (var i = 0; i < input.Length; i++)
            EraseShown();

        foreach (var value in text)
        {
            var clean = value is LineFeed or >= 0x20 and not Delete ? value : (byte)'?';
            _views[view].Append(clean);
            if (shown)
                Show(clean);
        }

        foreach (var value in input)
            _output.Write(value);
    }

    /// <summary>The view that is the index-th of those in use; -1 behind the last.</summary>
    public int At(uint index)
    {
        for (var i = 0; i < _views.Length; i++)
        {
            if (_views[i].Session != 0 && index-- == 0)
                return i;
        }

        return -1;
    }

    private void WriteRaw(int view, ReadOnlySpan<byte> text)
    {
        foreach (var value in text)
        {
            _views[view].Append(value);
            if (view == Focus)
                _output.Write(value);
        }
    }

    /// <summary>Takes a key.</summary>
    /// <returns>The view that has a line, or a key, now; -1 for none.</returns>
    public int Type(byte key)
    {
        if (_prefixed)
        {
            _prefixed = false;
            Command(key);
            return -1;
        }

        _prefixed = key == Prefix;
        return _prefixed ? -1 : TypeInto(Focus, key);
    }

    /// <summary>Takes a key for a view, whatever has the focus.</summary>
    /// <returns>The view if it has a line, or a key, now; -1 otherwise.</returns>
    public int TypeInto(int view, byte key)
    {
        if (view == LogView)
            return -1;

        var target = _views[view];
        switch (key)
        {
            case var _ when target.IsRaw:
                return target.TryType(key) ? view : -1;
            case Return or LineFeed:
                return Enter(view);
            case Backspace or Delete:
                if (target.TryErase() && view == Focus)
                    EraseShown();

                return -1;
            default:
                if (key >= 0x20 && target.TryType(key) && view == Focus)
                    _output.Write(key);

                return -1;
        }
    }

    private int Enter(int view)
    {
        if (!_views[view].TryEnter(out var line))
            return -1;

        foreach (var value in line)
            _views[view].Append(value);

        _views[view].Append(LineFeed);
        if (view == Focus)
            Show(LineFeed);

        return view;
    }

    private void Command(byte key)
    {
        var view = key - '0';
        if (key == Prefix)
        {
            view = Focus;
            do
                view = (view + 1) % MaxViews;
            while (_views[view].Session == 0);
        }

        if ((uint)view >= MaxViews || _views[view].Session == 0)
            return;

        _chosen = true;
        SetFocus(view);
    }

    private void SetFocus(int view)
    {
        Focus = view;
        Show("\n--- "u8);
        Show(_views[view].Name);
        Show(" ---\n"u8);
        var kept = _views[view].Kept;
        for (var i = Math.Max(0, kept - ShownOnFocus); i < kept; i++)
        {
            if (_views[view].IsRaw)
                _output.Write(_views[view][i]);
            else
                Show(_views[view][i]);
        }

        Show(_views[view].Input);
    }

    private void Show(ReadOnlySpan<byte> text)
    {
        foreach (var value in text)
            Show(value);
    }

    private void Show(byte value)
    {
        if (value == LineFeed)
            _output.Write(Return);

        _output.Write(value);
    }

    private void EraseShown()
    {
        _output.Write(Backspace);
        _output.Write((byte)' ');
        _output.Write(Backspace);
    }
}
