using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace Kilonova.Console.Tests;

public class KeyboardTests
{
    private const byte Shift = 0x2a;
    private const byte Control = 0x1d;
    private const byte Alt = 0x38;
    private const byte CapsLock = 0x3a;
    private const byte Released = 0x80;
    private const byte Extended = 0xe0;

    private readonly Keyboard _keyboard = new(KeyboardLayout.Default);

    [Theory]
    [InlineData("us")]
    [InlineData("uk")]
    [InlineData("de")]
    [InlineData("fr")]
    public void Every_layout_has_a_character_for_each_key_alone_and_with_shift_and_reaches_all_of_ASCII(string name)
    {
        KeyboardLayout layout = KeyboardLayout.Find(System.Text.Encoding.ASCII.GetBytes(name))!;
        HashSet<char> reached = [];
        for (int key = 0; key < KeyboardLayout.Keys; key++)
        {
            reached.Add(layout.Character(key, false, false));
            reached.Add(layout.Character(key, true, false));
            reached.Add(layout.Character(key, false, true));
            Assert.NotEqual('\0', layout.Character(key, false, false));
            Assert.NotEqual('\0', layout.Character(key, true, false));
        }

        Assert.Empty(Enumerable.Range('!', '~' - '!' + 1).Select(code => (char)code).Except(reached));
    }

    [Fact]
    public void A_layout_that_nobody_knows_is_none() => Assert.Null(KeyboardLayout.Find("xx"u8));

    [Fact]
    public void Each_key_has_one_code()
    {
        int[] keys = [.. Enumerable.Range(0, 128).Select(code => KeyboardLayout.KeyOf((byte)code)).Where(key => key >= 0)];

        Assert.Equal(Enumerable.Range(0, KeyboardLayout.Keys), keys.Order());
    }

    [Fact]
    public void Keys_give_characters_when_they_are_pressed_and_nothing_when_they_are_let_go()
    {
        Assert.Equal("a", Typed(0x1e, 0x1e | Released));
        Assert.Equal("A", Typed(Shift, 0x1e, 0x1e | Released, Shift | Released));
        Assert.Equal("q\r", Typed(0x10, 0x1c));
        Assert.Equal("\u007f\t \u001b", Typed(0x0e, 0x0f, 0x39, 0x01));
    }

    [Fact]
    public void Caps_lock_changes_letters_only()
    {
        Assert.Equal("A1", Typed(CapsLock, CapsLock | Released, 0x1e, 0x02));
        Assert.Equal("a!", Typed(Shift, 0x1e, 0x02, Shift | Released));
        Assert.Equal("a", Typed(CapsLock, CapsLock | Released, 0x1e));
    }

    [Fact]
    public void Control_gives_control_characters()
    {
        Assert.Equal("\u0014", Typed(Control, 0x14, Control | Released));
        Assert.Equal("t", Typed(0x14));
        Assert.Equal("\u0014", Typed(Extended, Control, 0x14, Extended, Control | Released));
    }

    [Fact]
    public void AltGr_reaches_the_third_character()
    {
        _keyboard.Layout = KeyboardLayout.Find("de"u8)!;

        Assert.Equal("@{€", Typed(Extended, Alt, 0x10, 0x08, 0x12, Extended, Alt | Released));
        Assert.Equal("yzöß", Typed(0x2c, 0x15, 0x27, 0x0c));
    }

    [Fact]
    public void Some_keys_look_back_and_some_choose_the_view()
    {
        Assert.Equal([KeyKind.PageUp, KeyKind.PageDown, KeyKind.LineUp, KeyKind.LineDown],
            Kinds(Extended, 0x49, Extended, 0x49 | Released, Extended, 0x51, Extended, 0x48, Extended, 0x50));
        Assert.Equal([KeyKind.View, KeyKind.NextView], Kinds(Alt, 0x3d, 0x0f, Alt | Released));
        Assert.Equal(new KeyStroke(KeyKind.View, (char)2), Strokes(Alt, 0x3d, Alt | Released).Single());
    }

    [Fact]
    public void Shifts_that_the_keyboard_pretends_around_extended_keys_are_none()
    {
        Assert.Equal([KeyKind.PageUp], Kinds(Extended, Shift, Extended, 0x49, Extended, 0x49 | Released, Extended, Shift | Released));
        Assert.Equal("a", Typed(Extended, Shift, 0x1e));
    }

    [Fact]
    public void The_pause_key_types_nothing() => Assert.Equal("a", Typed(0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0x1e));

    [Fact]
    public void Any_bytes_are_survived()
    {
        System.Random random = new(1);
        for (int i = 0; i < 100_000; i++)
            _keyboard.Take((byte)random.Next(256));
    }

    private IEnumerable<KeyStroke> Strokes(params int[] bytes) =>
        bytes.Select(value => _keyboard.Take((byte)value)).Where(stroke => stroke.Kind != KeyKind.None).ToList();

    private IEnumerable<KeyKind> Kinds(params int[] bytes) => Strokes(bytes).Select(stroke => stroke.Kind);

    private string Typed(params int[] bytes) => new([.. Strokes(bytes).Select(stroke => stroke.Character)]);
}
