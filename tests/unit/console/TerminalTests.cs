using System.Text;
using Xunit;

namespace Kilonova.Console.Tests;

public class TerminalTests
{
    private const string CtrlT = "\u0014";

    private readonly Line _screen = new();
    private readonly Multiplexer _views = new();
    private readonly Terminal<Line> _terminal;
    private readonly int _first;
    private readonly int _second;

    public TerminalTests()
    {
        _terminal = new Terminal<Line>(_views, _screen);
        _first = _views.Open(11, "first"u8);
        _second = _views.Open(22, "second"u8);
        _screen.Clear();
    }

    [Fact]
    public void The_first_session_gets_the_focus_and_the_next_does_not() => Assert.Equal(_first, _terminal.Focus);

    [Fact]
    public void Only_the_view_with_the_focus_is_shown()
    {
        _views.Write(_second, "hidden\n"u8);
        _views.Write(_first, "seen\n"u8);

        Assert.Equal("seen\r\n", _screen.Text);
    }

    [Fact]
    public void A_view_that_gets_the_focus_shows_what_was_written_to_it()
    {
        _views.Write(_second, "before\n"u8);
        Type(CtrlT + _second);

        Assert.Equal("\r\n--- second ---\r\nbefore\r\n", _screen.Text);
    }

    [Fact]
    public void The_prefix_twice_goes_round_the_views()
    {
        Type(CtrlT + CtrlT);
        Assert.Equal(_second, _terminal.Focus);
        Type(CtrlT + CtrlT);
        Assert.Equal(Multiplexer.LogView, _terminal.Focus);
        Type(CtrlT + CtrlT);
        Assert.Equal(_first, _terminal.Focus);
    }

    [Fact]
    public void A_view_that_does_not_exist_does_not_get_the_focus()
    {
        Type(CtrlT + "7");
        Type(CtrlT + "x");

        Assert.Equal(_first, _terminal.Focus);
    }

    [Fact]
    public void A_line_is_edited_and_handed_over()
    {
        Assert.Equal(-1, Type("lisx\u007ft"));
        Assert.Equal(_first, Type("\r"));

        Assert.Equal("list", TakeLine(_first));
        Assert.Null(TakeLine(_first));
        Assert.Equal("lisx\b \bt\r\n", _screen.Text);
    }

    [Fact]
    public void A_raw_view_is_shown_as_the_newest_and_gets_keys_one_by_one_without_echo()
    {
        _views.MakeRaw(_second);
        Assert.Equal(_second, _terminal.Focus);
        _screen.Clear();
        Assert.Equal(_second, Type("l\u007f\u0003\r"));

        byte[] keys = new byte[3];
        Assert.Equal(3, _views[_second].TakeKeys(keys));
        Assert.Equal("l\u007f\u0003"u8.ToArray(), keys);
        Assert.Equal(1, _views[_second].TakeKeys(keys));
        Assert.Equal((byte)'\r', keys[0]);
        Assert.Equal("", _screen.Text);
    }

    [Fact]
    public void A_raw_view_shows_control_characters_as_they_are()
    {
        _views.MakeRaw(_first);
        _screen.Clear();
        _views.Write(_first, "\u001b[1mx\r\n"u8);

        Assert.Equal("\u001b[1mx\r\n", _screen.Text);
    }

    [Fact]
    public void A_raw_view_does_not_take_the_focus_from_what_somebody_chose()
    {
        Type(CtrlT + _first);
        _views.MakeRaw(_second);

        Assert.Equal(_first, _terminal.Focus);
    }

    [Fact]
    public void Text_that_comes_meanwhile_goes_before_the_line_that_is_typed()
    {
        Type("ab");
        _screen.Clear();
        _views.Write(_first, "x\n"u8);

        Assert.Equal("\b \b\b \bx\r\nab", _screen.Text);
    }

    [Fact]
    public void Neither_long_lines_nor_many_of_them_are_taken_without_bound()
    {
        Type(new string('a', View.MaxLine + 10));
        for (int i = 0; i < View.MaxWaiting; i++)
            Assert.Equal(_first, Type("\r"));

        Type("kept");
        Assert.Equal(-1, Type("\r"));
        Assert.Equal(View.MaxLine, TakeLine(_first)!.Length);
        Assert.Equal(_first, Type("\r"));
    }

    [Fact]
    public void Nothing_is_typed_into_the_log()
    {
        Type(CtrlT + "0");
        _screen.Clear();

        Assert.Equal(-1, Type("abc\r"));
        Assert.Equal("", _screen.Text);
    }

    [Fact]
    public void Control_characters_of_clients_do_not_reach_the_terminal()
    {
        _views.Write(_first, "a\u001b[2Jb\rc"u8);

        Assert.Equal("a?[2Jb?c", _screen.Text);
    }

    [Fact]
    public void The_oldest_text_makes_room()
    {
        for (int i = 0; i < View.Scrollback; i++)
            _views.Write(_second, "x"u8);

        _views.Write(_second, "end"u8);
        Assert.Equal(View.Scrollback, _views[_second].Kept);
        Assert.Equal((byte)'d', _views[_second][View.Scrollback - 1]);
    }

    [Fact]
    public void A_session_that_ends_gives_its_view_and_the_focus_back()
    {
        _views.Close(11);

        Assert.Equal(Multiplexer.LogView, _terminal.Focus);
        Assert.Equal(-1, _views.Find(11));
        Assert.Equal(_first, _views.Open(33, "third"u8));
        Assert.Equal(_first, _terminal.Focus);
    }

    [Fact]
    public void The_focus_follows_a_client_that_comes_back_before_its_old_session_ends()
    {
        int again = _views.Open(33, "first"u8);
        _views.Close(11);

        Assert.Equal(again, _terminal.Focus);
    }

    [Fact]
    public void Views_are_bounded()
    {
        int opened = 2;
        for (ulong session = 100; _views.Open(session, "more"u8) >= 0; session++)
            opened++;

        Assert.Equal(Multiplexer.MaxViews - 1, opened);
    }

    [Fact]
    public void A_character_of_several_bytes_is_taken_back_as_one()
    {
        Type("aä\u007f\r");

        Assert.Equal("a", TakeLine(_first));
        Assert.EndsWith("\b \b\r\n", _screen.Text);
    }

    [Fact]
    public void What_somebody_types_from_outside_is_shown_where_the_view_has_the_focus()
    {
        Assert.Equal(-1, _views.Type(_first, (byte)'x'));
        Assert.Equal(_second, _views.Type(_second, (byte)'\r'));
        Assert.Equal(-1, _views.Type(Multiplexer.LogView, (byte)'\r'));

        Assert.Equal("x", _screen.Text);
    }

    [Fact]
    public void Two_terminals_look_at_different_views_and_see_what_the_other_types()
    {
        Line other = new();
        Terminal<Line> second = new(_views, other);
        second.Choose(_second);
        Type("a");
        Assert.Equal("\r\n--- second ---\r\n", other.Text);

        second.Choose(_first);
        other.Clear();
        Type("b\u007fc\r");
        Assert.Equal("b\b \bc\r\n", other.Text);
    }

    [Fact]
    public void Text_is_read_by_its_position_as_far_as_it_is_kept()
    {
        byte[] text = new byte[16];
        _views.Write(_second, "0123456789"u8);
        Assert.Equal(3, _views[_second].Read(7, text, out ulong start));
        Assert.Equal((7ul, "789"), (start, Encoding.ASCII.GetString(text, 0, 3)));
        Assert.Equal(0, _views[_second].Read(99, text, out start));
        Assert.Equal(10ul, start);

        _views.Write(_second, new byte[View.Scrollback]);
        Assert.Equal(16, _views[_second].Read(0, text, out start));
        Assert.Equal(10ul, start);
    }

    private int Type(string keys)
    {
        int view = -1;
        foreach (byte key in Encoding.UTF8.GetBytes(keys))
            view = _terminal.Type(key);

        return view;
    }

    private string? TakeLine(int view)
    {
        byte[] line = new byte[View.MaxLine];
        return _views[view].TryTakeLine(line, out int length) ? Encoding.UTF8.GetString(line, 0, length) : null;
    }

    private sealed class Line : ITerminalOutput
    {
        private readonly StringBuilder _text = new();

        public string Text => _text.ToString();

        public void Write(byte value) => _text.Append((char)value);

        public void Clear() => _text.Clear();
    }
}
