using System;

namespace Kilonova.Console;

/// <summary>
/// One place where somebody sits: it shows the view that has its focus, and its keys are typed into that view. Ctrl-T and a digit give the
/// focus to a view by its number, 0 is the log; Ctrl-T twice gives it to the next.
/// </summary>
public abstract class Head
{
    /// <summary>The key that commands begin with: Ctrl-T.</summary>
    public const byte Prefix = 0x14;

    private bool _prefixed;
    private bool _chosen;

    /// <summary>A head that shows the log.</summary>
    protected Head(Multiplexer views) => Views = views;

    /// <summary>The view that has the focus.</summary>
    public int Focus { get; private set; }

    /// <summary>What it shows one of.</summary>
    protected Multiplexer Views { get; }

    /// <summary>Takes a key.</summary>
    /// <returns>The view that has a line now; -1 for none.</returns>
    public int Type(byte key)
    {
        if (_prefixed)
        {
            _prefixed = false;
            if (key == Prefix)
                ChooseNext();
            else
                Choose(key - '0');

            return -1;
        }

        _prefixed = key == Prefix;
        return _prefixed ? -1 : Views.Type(Focus, key);
    }

    /// <summary>Somebody wants to see a view; nothing happens if it does not exist.</summary>
    public void Choose(int view)
    {
        if ((uint)view >= Multiplexer.MaxViews || Views[view].Session == 0)
            return;

        _chosen = true;
        SetFocus(view);
    }

    /// <summary>Somebody wants to see the next view.</summary>
    public void ChooseNext()
    {
        var view = Focus;
        do
            view = (view + 1) % Multiplexer.MaxViews;
        while (Views[view].Session == 0);

        Choose(view);
    }

    /// <summary>The first view to be opened gets the focus, unless somebody chose another.</summary>
    internal void OnOpened(int view)
    {
        if (!_chosen && Focus == Multiplexer.LogView)
            SetFocus(view);
        else
            OnViewsChanged();
    }

    /// <summary>A view became raw: it gets the focus unless somebody chose another.</summary>
    internal void OnRaw(int view)
    {
        if (!_chosen && Focus != view)
            SetFocus(view);
    }

    /// <summary>If the view had the focus, another of the same name gets it, or the log.</summary>
    internal void OnClosed(int view)
    {
        if (Focus != view)
        {
            OnViewsChanged();
            return;
        }

        // A client that starts again may have its new view before the old one is gone.
        _chosen = false;
        var next = Multiplexer.MaxViews - 1;
        while (next > Multiplexer.LogView && (Views[next].Session == 0 || !Views[next].Name.SequenceEqual(Views[view].Name)))
            next--;

        SetFocus(next);
    }

    /// <summary>Text is about to come; the line that is being typed stays behind it.</summary>
    internal abstract void OnWriting(int view);

    /// <summary>The text has come.</summary>
    internal abstract void OnWritten(int view);

    /// <summary>A byte of text was added.</summary>
    internal abstract void OnText(int view, byte value);

    /// <summary>A byte was added to the line that is being typed.</summary>
    internal abstract void OnTyped(int view, byte value);

    /// <summary>The last character of that line was taken back.</summary>
    internal abstract void OnErased(int view);

    /// <summary>There are other views than before.</summary>
    private protected abstract void OnViewsChanged();

    /// <summary>Another view has the focus.</summary>
    private protected abstract void OnFocus();

    private void SetFocus(int view)
    {
        Focus = view;
        OnFocus();
    }
}
