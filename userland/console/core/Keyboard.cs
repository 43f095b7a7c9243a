namespace Kilonova.Console;

/// <summary>
/// Makes key strokes of scan code set 1, as a PC's keyboard controller translates to. A byte is a key's code, with bit 7 set when it is let go;
/// 0xe0 before it tells the key from an older one of the same code. One thread at a time.
/// </summary>
public sealed class Keyboard
{
    private const byte Extended = 0xe0;
    private const byte Pause = 0xe1;
    private const int BytesOfPause = 2;
    private const byte Released = 0x80;
    private const char Escape = (char)0x1b;
    private const char Delete = (char)0x7f;
    private const char ControlMask = (char)0x1f;

    // Codes without the bit of release.
    private const byte EscapeKey = 0x01;
    private const byte BackspaceKey = 0x0e;
    private const byte TabKey = 0x0f;
    private const byte EnterKey = 0x1c;
    private const byte ControlKey = 0x1d;
    private const byte LeftShiftKey = 0x2a;
    private const byte KeypadSlashKey = 0x35;
    private const byte RightShiftKey = 0x36;
    private const byte KeypadStarKey = 0x37;
    private const byte AltKey = 0x38;
    private const byte SpaceKey = 0x39;
    private const byte CapsLockKey = 0x3a;
    private const byte F1Key = 0x3b;
    private const byte F8Key = 0x42;
    private const byte UpKey = 0x48;
    private const byte PageUpKey = 0x49;
    private const byte RightKey = 0x4d;
    private const byte DownKey = 0x50;
    private const byte PageDownKey = 0x51;

    private bool _extended;
    private int _skip;
    private bool _leftShift;
    private bool _rightShift;
    private bool _leftControl;
    private bool _rightControl;
    private bool _alt;
    private bool _altGr;
    private bool _capsLock;

    /// <summary>A keyboard with a layout.</summary>
    public Keyboard(KeyboardLayout layout) => Layout = layout;

    /// <summary>Its layout.</summary>
    public KeyboardLayout Layout { get; set; }

    private bool Shift => _leftShift || _rightShift;

    private bool Control => _leftControl || _rightControl;

    /// <summary>Takes a byte of the keyboard's.</summary>
    public KeyStroke Take(byte value)
    {
        if (_skip > 0)
        {
            _skip--;
            return default;
        }

        if (value is Extended or Pause)
        {
            _extended = value == Extended;
            _skip = value == Pause ? BytesOfPause : 0;
            return default;
        }

        var extended = _extended;
        _extended = false;
        var code = (byte)(value & ~Released);
        var pressed = (value & Released) == 0;
        if (TryModify(code, extended, pressed) || !pressed)
            return default;

        return extended ? PressExtended(code) : Press(code);
    }

    private bool TryModify(byte code, bool extended, bool pressed)
    {
        switch (code)
        {
            // The keyboard pretends shifts around some extended keys, which are none.
            case LeftShiftKey or RightShiftKey when extended:
                return true;
            case LeftShiftKey:
                _leftShift = pressed;
                return true;
            case RightShiftKey:
                _rightShift = pressed;
                return true;
            case ControlKey when extended:
                _rightControl = pressed;
                return true;
            case ControlKey:
                _leftControl = pressed;
                return true;
            case AltKey when extended:
                _altGr = pressed;
                return true;
            case AltKey:
                _alt = pressed;
                return true;
            case CapsLockKey when !extended:
                _capsLock ^= pressed;
                return true;
            default:
                return false;
        }
    }

    private KeyStroke Press(byte code)
    {
        switch (code)
        {
            case EscapeKey:
                return Character(Escape);
            case BackspaceKey:
                return Character(Delete);
            case TabKey:
                return _alt ? new KeyStroke(KeyKind.NextView) : Character('\t');
            case EnterKey:
                return Character('\r');
            case SpaceKey:
                return Character(' ');
            case KeypadStarKey:
                return Character('*');
            case >= F1Key and <= F8Key when _alt:
                return new KeyStroke(KeyKind.View, (char)(code - F1Key));
            default:
                var key = KeyboardLayout.KeyOf(code);
                return key < 0 ? PressKeypad(code) : PressLetter(key);
        }
    }

    private KeyStroke PressLetter(int key)
    {
        var plain = Layout.Character(key, shift: false, alternate: false);
        var isLetter = Layout.Character(key, shift: true, alternate: false) != plain && IsLetter(plain);
        var character = Layout.Character(key, Shift ^ (_capsLock && isLetter), _altGr);
        if (character == 0)
            return default;

        if (!Control || _altGr)
            return Character(character);

        return plain is >= '@' and <= '\x7e' ? Character((char)(plain & ControlMask)) : default;
    }

    private static bool IsLetter(char character) => character is >= 'a' and <= 'z' or 'ä' or 'ö' or 'ü';

    // As with Num Lock, but for the keys that look back and forth.
    private static KeyStroke PressKeypad(byte code)
    {
        const byte First = 0x47;
        var digits = "789-456+1230.";
        return code is >= First and <= First + 12 ? Character(digits[code - First]) : default;
    }

    private KeyStroke PressExtended(byte code) => code switch
    {
        EnterKey => Character('\r'),
        KeypadSlashKey => Character('/'),
        PageUpKey => new KeyStroke(KeyKind.PageUp),
        PageDownKey => new KeyStroke(KeyKind.PageDown),
        UpKey => new KeyStroke(KeyKind.LineUp),
        DownKey => new KeyStroke(KeyKind.LineDown),
        RightKey when _alt => new KeyStroke(KeyKind.NextView),
        _ => default,
    };

    private static KeyStroke Character(char character) => new(KeyKind.Character, character);
}
