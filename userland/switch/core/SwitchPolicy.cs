using System;
using System.Collections.Generic;

namespace Kilonova.Switching;

/// <summary>
/// The arguments of a switch: words <c>nic:N</c> for a controller, <c>client=own</c> for a port of a component that may send from its own
/// address alone, <c>client=any</c> for one with further stations behind it; each with options behind commas: <c>packets:N</c> and
/// <c>bytes:N</c> a second, in which K, M and G stand for 10^3, 10^6, 10^9, and <c>address:</c> with twelve hexadecimal digits. docs/switch.md.
/// </summary>
public static class SwitchPolicy
{
    /// <summary>Most ports.</summary>
    public const int MaxPorts = 32;

    // FNV-1a with 64 bits: draft-eastlake-fnv, section 5.
    private const ulong FnvOffset = 0xcbf2_9ce4_8422_2325;
    private const ulong FnvPrime = 0x100_0000_01b3;

    /// <summary>Reads the words.</summary>
    /// <param name="text">The arguments.</param>
    /// <param name="name">Name of the switch: ports of others with the same clients have other addresses.</param>
    /// <param name="ports">What they say.</param>
    /// <returns>Empty, or the word that cannot be understood, that names a port twice, or is one too many.</returns>
    public static ReadOnlySpan<byte> Read(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, out PortPolicy[] ports)
    {
        var read = new List<PortPolicy>();
        ports = [];
        while (!text.IsEmpty)
        {
            var word = Cut(ref text, (byte)' ');
            if (word.IsEmpty)
                continue;

            if (read.Count == MaxPorts || !TryRead(word, out var port) || Clashes(read, port!))
                return word;

            read.Add(port!);
        }

        ports = read.ToArray();
        for (var i = 0; i < ports.Length; i++)
        {
            if (!ports[i].IsUplink && ports[i].Address == 0)
                ports[i].Address = AddressOf(ports, i, name);
        }

        return default;
    }

    private static bool TryRead(ReadOnlySpan<byte> word, out PortPolicy? port)
    {
        port = null;
        var options = word;
        var head = Cut(ref options, (byte)',');
        var equals = head.IndexOf((byte)'=');
        var client = equals < 0 ? default : head.Slice(0, equals);
        var controller = 0ul;
        var isOwnOnly = equals >= 0 && head.Slice(equals + 1).SequenceEqual("own"u8);
        if (equals < 0 ? !TryOption(head, "nic:"u8, out controller) || controller > byte.MaxValue
            : client.IsEmpty || !(isOwnOnly || head.Slice(equals + 1).SequenceEqual("any"u8)))
            return false;

        var (packets, bytes, address) = (0ul, 0ul, 0ul);
        var prefix = "address:"u8;
        while (!options.IsEmpty)
        {
            var option = Cut(ref options, (byte)',');
            var isRead = TryOption(option, "packets:"u8, out var number) ? TrySet(ref packets, number)
                : TryOption(option, "bytes:"u8, out number) ? TrySet(ref bytes, number)
                : equals >= 0 && option.StartsWith(prefix) && EthernetAddress.TryParse(option.Slice(prefix.Length), out number)
                    && EthernetAddress.IsStation(number) && TrySet(ref address, number);
            if (!isRead)
                return false;
        }

        port = new PortPolicy(client, (uint)controller, isOwnOnly, packets, bytes, address);
        return true;
    }

    // Once, and not 0, which would be no limit.
    private static bool TrySet(ref ulong place, ulong number)
    {
        var isFirst = place == 0 && number != 0;
        place = number;
        return isFirst;
    }

    private static bool Clashes(List<PortPolicy> ports, PortPolicy port)
    {
        foreach (var other in ports)
        {
            if (port.IsUplink ? other.IsUplink && other.Controller == port.Controller : port.Address != 0 && other.Address == port.Address)
                return true;
        }

        return false;
    }

    // Made of the manifest alone, so that it is the same after each start: of the names of switch and client, and which of its ports this is.
    private static ulong AddressOf(PortPolicy[] ports, int index, ReadOnlySpan<byte> name)
    {
        var hash = Hash(Hash(FnvOffset, name), ports[index].Client);
        for (var i = 0; i < index; i++)
        {
            if (ports[i].Client.SequenceEqual(ports[index].Client))
                hash = Hash(hash, "+"u8);
        }

        var address = EthernetAddress.Local(hash ^ hash >> 48);
        while (IsTaken(ports, address))
            address = EthernetAddress.Local((hash = Hash(hash, "*"u8)) ^ hash >> 48);

        return address;
    }

    private static bool IsTaken(PortPolicy[] ports, ulong address)
    {
        foreach (var port in ports)
        {
            if (port.Address == address)
                return true;
        }

        return false;
    }

    private static ulong Hash(ulong hash, ReadOnlySpan<byte> text)
    {
        foreach (var letter in text)
            hash = (hash ^ letter) * FnvPrime;

        // An end that no name has.
        return (hash ^ byte.MaxValue) * FnvPrime;
    }

    private static bool TryOption(ReadOnlySpan<byte> option, ReadOnlySpan<byte> name, out ulong number)
    {
        number = 0;
        if (!option.StartsWith(name) || option.Length == name.Length)
            return false;

        var text = option.Slice(name.Length);
        var unit = text[text.Length - 1] switch
        {
            (byte)'K' => 1_000ul,
            (byte)'M' => 1_000_000ul,
            (byte)'G' => 1_000_000_000ul,
            _ => 0ul,
        };
        if (unit != 0)
            text = text.Slice(0, text.Length - 1);

        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;

            number = number * 10 + digit - '0';
            if (number > TokenBucket.Max)
                return false;
        }

        number *= Math.Max(unit, 1);
        return !text.IsEmpty && number <= TokenBucket.Max;
    }

    private static ReadOnlySpan<byte> Cut(scoped ref ReadOnlySpan<byte> text, byte separator)
    {
        var end = text.IndexOf(separator);
        var part = end < 0 ? text : text.Slice(0, end);
        text = end < 0 ? default : text.Slice(end + 1);
        return part;
    }
}
