using System;

namespace Kilonova.Console;

/// <summary>Where a terminal's bytes go.</summary>
public interface ITerminalOutput
{
    /// <summary>Shows a byte.</summary>
    void Write(byte value);
}

/// <summary>A terminal at the other end of a byte line: a head that writes what happens as it happens.</summary>
public sealed class Terminal<TOutput> : Head
    where TOutput : ITerminalOutput
{
    private const byte Backspace = 8;
    private const byte LineFeed = (byte)'\n';
    private const int ShownOnFocus = 2048;

    private readonly TOutput _output;

    /// <summary>A terminal that shows the log.</summary>
    public Terminal(Multiplexer views, TOutput output)
        : base(views)
    {
        _output = output;
        views.Attach(this);
    }

    internal override void OnWriting(int view)
    {
        if (view == Focus)
        {
            for (var i = View.Characters(Views[view].Input); i > 0; i--)
                EraseShown();
        }
    }

    internal override void OnWritten(int view)
    {
        if (view == Focus)
            Show(Views[view].Input);
    }

    internal override void OnText(int view, byte value)
    {
        if (view == Focus)
            Show(view, value);
    }

    internal override void OnTyped(int view, byte value) => OnText(view, value);

    internal override void OnErased(int view)
    {
        if (view == Focus)
            EraseShown();
    }

    private protected override void OnViewsChanged()
    {
    }

    private protected override void OnFocus()
    {
        var view = Views[Focus];
        Show("\n--- "u8);
        Show(view.Name);
        Show(" ---\n"u8);
        for (var i = Math.Max(0, view.Kept - ShownOnFocus); i < view.Kept; i++)
            Show(Focus, view[i]);

        Show(view.Input);
    }

    private void Show(ReadOnlySpan<byte> text)
    {
        foreach (var value in text)
            Show(value);
    }

    // The text of a raw view knows itself how lines end.
    private void Show(int view, byte value)
    {
        if (Views[view].IsRaw)
            _output.Write(value);
        else
            Show(value);
    }

    private void Show(byte value)
    {
        if (value == LineFeed)
            _output.Write((byte)'\r');

        _output.Write(value);
    }

    private void EraseShown()
    {
        _output.Write(Backspace);
        _output.Write((byte)' ');
        _output.Write(Backspace);
    }
}
