using System;

namespace Kilonova.Vmm;

/// <summary>
/// A word of a monitor's arguments that gives the guest a device: <c>kind=service:N</c>, <c>kind=service:N.P</c>, and options behind a
/// comma. Service is the component's name for the service behind the device, N and P are decimal: its number there, and a part of it.
/// </summary>
public readonly ref struct DeviceWord
{
    /// <summary>Largest number of either kind.</summary>
    public const uint MaxNumber = 9999;

    private DeviceWord(ReadOnlySpan<byte> text, ReadOnlySpan<byte> service, uint number, uint part, ReadOnlySpan<byte> options, bool isValid)
    {
        Text = text;
        Service = service;
        Number = number;
        Part = part;
        Options = options;
        IsValid = isValid;
    }

    /// <summary>All of it, for messages.</summary>
    public ReadOnlySpan<byte> Text { get; }

    /// <summary>The service.</summary>
    public ReadOnlySpan<byte> Service { get; }

    /// <summary>Which of the service's.</summary>
    public uint Number { get; }

    /// <summary>Part of it; 0 for all.</summary>
    public uint Part { get; }

    /// <summary>What stands behind the comma.</summary>
    public ReadOnlySpan<byte> Options { get; }

    /// <summary>Whether it has the form of a device's word.</summary>
    public bool IsValid { get; }

    /// <summary>Takes the next word of a kind out of arguments; other words are left out.</summary>
    /// <param name="arguments">Words with spaces between them; becomes what is behind the word that was found.</param>
    /// <param name="kind">What stands before the equals sign.</param>
    /// <param name="word">The word; look at <see cref="IsValid"/> first.</param>
    /// <returns>False when there is none any more.</returns>
    public static bool TryTake(ref ReadOnlySpan<byte> arguments, ReadOnlySpan<byte> kind, out DeviceWord word)
    {
        while (!arguments.IsEmpty)
        {
            var text = TakeUntil(ref arguments, (byte)' ');
            var rest = text;
            if (!TakeUntil(ref rest, (byte)'=').SequenceEqual(kind) || rest.IsEmpty)
                continue;

            word = Parse(text, rest);
            return true;
        }

        word = default;
        return false;
    }

    private static DeviceWord Parse(ReadOnlySpan<byte> text, ReadOnlySpan<byte> rest)
    {
        var place = TakeUntil(ref rest, (byte)',');
        var service = TakeUntil(ref place, (byte)':');
        var number = TakeUntil(ref place, (byte)'.');
        uint part = 0;
        var isValid = TryNumber(number, out var value) && (place.IsEmpty || (TryNumber(place, out part) && part != 0));
        return new DeviceWord(text, service, value, part, rest, isValid && !service.IsEmpty);
    }

    // The text before a mark, or all of it; the rest begins behind the mark.
    private static ReadOnlySpan<byte> TakeUntil(scoped ref ReadOnlySpan<byte> text, byte mark)
    {
        var end = text.IndexOf(mark);
        var taken = end < 0 ? text : text.Slice(0, end);
        text = end < 0 ? default : text.Slice(end + 1);
        return taken;
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out uint number)
    {
        number = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;

            number = number * 10 + digit - '0';
            if (number > MaxNumber)
                return false;
        }

        return !text.IsEmpty;
    }
}
