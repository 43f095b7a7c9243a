using System;

namespace Kilonova.Console;

/// <summary>
/// Views shared by everybody who sits at the machine: the log's, and one per session. Heads (<see cref="Head"/>) show them, each the one that
/// it has its focus on, and type into them. No allocation after its construction; one thread at a time.
/// </summary>
public sealed class Multiplexer
{
    /// <summary>Most views, the log included.</summary>
    public const int MaxViews = 8;

    /// <summary>The log's view.</summary>
    public const int LogView = 0;

    private const byte Backspace = 8;
    private const byte Delete = 0x7f;
    private const byte Return = (byte)'\r';
    private const byte LineFeed = (byte)'\n';
    private const byte FirstPrintable = 0x20;

    private readonly View[] _views = new View[MaxViews];
    private Head[] _heads = [];

    /// <summary>An empty log, and nobody who sees it.</summary>
    public Multiplexer()
    {
        for (var i = 0; i < _views.Length; i++)
            _views[i] = new View();

        _views[LogView].Begin(ulong.MaxValue, "log"u8);
    }

    /// <summary>A view.</summary>
    public View this[int view] => _views[view];

    /// <summary>Adds a head, before any session is open.</summary>
    public void Attach(Head head)
    {
        var heads = new Head[_heads.Length + 1];
        for (var i = 0; i < _heads.Length; i++)
            heads[i] = _heads[i];

        heads[^1] = head;
        _heads = heads;
    }

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

    /// <summary>Gives a session a view. -1 when all are taken.</summary>
    public int Open(ulong session, ReadOnlySpan<byte> name)
    {
        for (var i = 1; i < _views.Length; i++)
        {
            if (_views[i].Session != 0)
                continue;

            _views[i].Begin(session, name);
            foreach (var head in _heads)
                head.OnOpened(i);

            return i;
        }

        return -1;
    }

    /// <summary>Takes a session's view back.</summary>
    public void Close(ulong session)
    {
        var view = Find(session);
        if (view < 0)
            return;

        _views[view].End();
        foreach (var head in _heads)
            head.OnClosed(view);
    }

    /// <summary>Makes a view raw, and shows it wherever nobody chose another.</summary>
    public void MakeRaw(int view)
    {
        if (_views[view].IsRaw)
            return;

        _views[view].IsRaw = true;
        foreach (var head in _heads)
            head.OnRaw(view);
    }

    /// <summary>Adds text to a view. Unless the view is raw, control characters but line feeds become '?': clients do not steer anybody's terminal.</summary>
    public void Write(int view, ReadOnlySpan<byte> text)
    {
        foreach (var head in _heads)
            head.OnWriting(view);

        foreach (var value in text)
            Append(view, _views[view].IsRaw || value is LineFeed or >= FirstPrintable and not Delete ? value : (byte)'?');

        foreach (var head in _heads)
            head.OnWritten(view);
    }

    /// <summary>Takes a key for a view: UTF-8, one byte at a time. Nothing is typed into the log.</summary>
    /// <returns>The view if it has a line, or a key, now; -1 otherwise.</returns>
    public int Type(int view, byte key)
    {
        if (view == LogView)
            return -1;

        if (_views[view].IsRaw)
            return _views[view].TryType(key) ? view : -1;

        switch (key)
        {
            case Return or LineFeed:
                return Enter(view);
            case Backspace or Delete:
                var width = _views[view].Erase();
                for (var i = 0; i < _heads.Length && width != 0; i++)
                    _heads[i].OnErased(view);

                return -1;
            default:
                if (key < FirstPrintable || !_views[view].TryType(key))
                    return -1;

                foreach (var head in _heads)
                    head.OnTyped(view, key);

                return -1;
        }
    }

    private int Enter(int view)
    {
        if (!_views[view].TryEnter(out var line))
            return -1;

        // It stands there already, as what was being typed.
        foreach (var value in line)
            _views[view].Append(value);

        Append(view, LineFeed);
        return view;
    }

    private void Append(int view, byte value)
    {
        _views[view].Append(value);
        foreach (var head in _heads)
            head.OnText(view, value);
    }
}
