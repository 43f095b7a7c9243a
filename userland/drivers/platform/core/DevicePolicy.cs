using System;

namespace Kilonova.Platform;

/// <summary>
/// Whom the manifest gives what: the arguments of the platform driver are words of the form <c>name=match,match</c>, where name is that of
/// a component and a match is <c>class:CC</c> to <c>class:CCSSPP</c>, <c>id:VVVV:DDDD</c> or <c>slot:BB:DD.F</c>, all hexadecimal.
/// </summary>
public static class DevicePolicy
{
    /// <summary>Whether a component may have a device.</summary>
    /// <param name="policy">The arguments.</param>
    /// <param name="component">Its name.</param>
    /// <param name="device">The device. Bridges are nobody's.</param>
    public static bool Allows(ReadOnlySpan<byte> policy, ReadOnlySpan<byte> component, PciDevice device)
    {
        while (TryTakeWord(ref policy, (byte)' ', out var word))
        {
            var equals = word.IndexOf((byte)'=');
            if (equals >= 0 && word.Slice(0, equals).SequenceEqual(component) && Matches(word.Slice(equals + 1), device))
                return true;
        }

        return false;
    }

    /// <summary>Whether any component may have a device.</summary>
    public static bool IsGiven(ReadOnlySpan<byte> policy, PciDevice device)
    {
        while (TryTakeWord(ref policy, (byte)' ', out var word))
        {
            if (Matches(word.Slice(word.IndexOf((byte)'=') + 1), device))
                return true;
        }

        return false;
    }

    private static bool Matches(ReadOnlySpan<byte> matches, PciDevice device)
    {
        while (TryTakeWord(ref matches, (byte)',', out var match))
        {
            if (!device.IsBridge && MatchesOne(match, device))
                return true;
        }

        return false;
    }

    /// <summary>Whether arguments are well formed.</summary>
    /// <param name="policy">The arguments.</param>
    /// <param name="wrong">The first word that is not.</param>
    public static bool IsWellFormed(ReadOnlySpan<byte> policy, out ReadOnlySpan<byte> wrong)
    {
        while (TryTakeWord(ref policy, (byte)' ', out var word))
        {
            wrong = word;
            var equals = word.IndexOf((byte)'=');
            var matches = word.Slice(equals + 1);
            if (equals <= 0 || matches.IsEmpty)
                return false;

            while (TryTakeWord(ref matches, (byte)',', out var match))
            {
                if (!TryParse(match, out _))
                    return false;
            }
        }

        wrong = default;
        return true;
    }

    private static bool MatchesOne(ReadOnlySpan<byte> text, PciDevice device) =>
        TryParse(text, out var match) && match.Kind switch
        {
            MatchKind.Class => device.Class >> match.Shift == match.Value,
            MatchKind.Identifier => ((uint)device.Vendor << 16 | device.Device) == match.Value,
            _ => device.Address.Value == match.Value,
        };

    private enum MatchKind
    {
        Class,
        Identifier,
        Slot,
    }

    private readonly record struct Match(MatchKind Kind, uint Value, int Shift);

    private static bool TryParse(ReadOnlySpan<byte> text, out Match match)
    {
        match = default;
        if (TryCut(ref text, "class:"u8))
        {
            var isLength = text.Length is 2 or 4 or 6;
            var parsed = TryHex(text, out var value);
            match = new Match(MatchKind.Class, value, 24 - 4 * text.Length);
            return isLength && parsed;
        }

        if (TryCut(ref text, "id:"u8))
        {
            if (text.Length != 9 || text[4] != (byte)':' || !TryHex(text.Slice(0, 4), out var vendor) || !TryHex(text.Slice(5), out var device))
                return false;

            match = new Match(MatchKind.Identifier, vendor << 16 | device, 0);
            return true;
        }

        if (!TryCut(ref text, "slot:"u8) || text.Length != 7 || text[2] != (byte)':' || text[5] != (byte)'.'
            || !TryHex(text.Slice(0, 2), out var bus) || !TryHex(text.Slice(3, 2), out var slot) || !TryHex(text.Slice(6), out var function))
            return false;

        match = new Match(MatchKind.Slot, new PciAddress((int)bus, (int)slot, (int)function).Value, 0);
        return slot < PciAddress.Devices && function < PciAddress.Functions;
    }

    private static bool TryCut(scoped ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> head)
    {
        if (text.Length < head.Length || !text.Slice(0, head.Length).SequenceEqual(head))
            return false;

        text = text.Slice(head.Length);
        return true;
    }

    private static bool TryHex(ReadOnlySpan<byte> text, out uint value)
    {
        value = 0;
        foreach (var digit in text)
        {
            var lower = (byte)(digit | 0x20);
            if (digit is >= (byte)'0' and <= (byte)'9')
                value = value << 4 | (uint)(digit - '0');
            else if (lower is >= (byte)'a' and <= (byte)'f')
                value = value << 4 | (uint)(lower - 'a' + 10);
            else
                return false;
        }

        return !text.IsEmpty;
    }

    private static bool TryTakeWord(scoped ref ReadOnlySpan<byte> text, byte separator, out ReadOnlySpan<byte> word)
    {
        while (!text.IsEmpty && text[0] == separator)
            text = text.Slice(1);

        var end = text.IndexOf(separator);
        word = end < 0 ? text : text.Slice(0, end);
        text = text.Slice(word.Length);
        return !word.IsEmpty;
    }
}
