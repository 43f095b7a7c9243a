using System;

namespace Kilonova.Console;

/// <summary>
/// Which characters the keys give: for each of the 48 keys that give characters, in the order of their codes in scan code set 1 (02-0d,
/// 10-1b, 1e-29, 2b-35, 56), the character alone, with Shift, and with AltGr. A space is none. Dead keys give their character at once.
/// </summary>
public sealed class KeyboardLayout
{
    private static readonly KeyboardLayout[] s_all =
    [
        new(
            "us",
            @"1234567890-=qwertyuiop[]asdfghjkl;'`\zxcvbnm,./\",
            @"!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:""~|ZXCVBNM<>?|",
            "                                                "),
        new(
            "uk",
            @"1234567890-=qwertyuiop[]asdfghjkl;'`#zxcvbnm,./\",
            @"!""£$%^&*()_+QWERTYUIOP{}ASDFGHJKL:@¬~ZXCVBNM<>?|",
            @"   €                                            "),
        new(
            "de",
            "1234567890ß´qwertzuiopü+asdfghjklöä^#yxcvbnm,.-<",
            "!\"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ°'YXCVBNM;:_>",
            @" ²³   {[]}\ @ €        ~                   µ   |"),
        new(
            "fr",
            "&é\"'(-è_çà)=azertyuiop^$qsdfghjklmù²*wxcvbn,;:!<",
            "1234567890°+AZERTYUIOP¨£QSDFGHJKLM%~µWXCVBN?./§>",
            @" ~#{[|`\^@]}  €                                 "),
    ];

    private readonly string _plain;
    private readonly string _shifted;
    private readonly string _alternate;

    private KeyboardLayout(string name, string plain, string shifted, string alternate)
    {
        Name = name;
        _plain = plain;
        _shifted = shifted;
        _alternate = alternate;
    }

    /// <summary>Number of keys that give characters.</summary>
    public const int Keys = 48;

    /// <summary>The layout of the United States.</summary>
    public static KeyboardLayout Default => s_all[0];

    /// <summary>All layouts.</summary>
    public static ReadOnlySpan<KeyboardLayout> All => s_all;

    /// <summary>Its name: the country's.</summary>
    public string Name { get; }

    /// <summary>The layout of a name; null when there is none.</summary>
    public static KeyboardLayout? Find(ReadOnlySpan<byte> name)
    {
        foreach (var layout in s_all)
        {
            var matches = name.Length == layout.Name.Length;
            for (var i = 0; i < name.Length && matches; i++)
                matches = name[i] == layout.Name[i];

            if (matches)
                return layout;
        }

        return null;
    }

    /// <summary>The character of a key; 0 for none.</summary>
    /// <param name="key">0 to 47.</param>
    /// <param name="shift">Whether Shift is held, or Caps Lock stands in for it.</param>
    /// <param name="alternate">Whether AltGr is held.</param>
    public char Character(int key, bool shift, bool alternate)
    {
        var character = (alternate ? _alternate : shift ? _shifted : _plain)[key];
        return character == ' ' ? '\0' : character;
    }

    /// <summary>The key of a code of scan code set 1; -1 for one that gives no character.</summary>
    public static int KeyOf(byte code) => code switch
    {
        >= 0x02 and <= 0x0d => code - 0x02,
        >= 0x10 and <= 0x1b => code - 0x10 + 12,
        >= 0x1e and <= 0x29 => code - 0x1e + 24,
        >= 0x2b and <= 0x35 => code - 0x2b + 36,
        0x56 => 47,
        _ => -1,
    };
}
