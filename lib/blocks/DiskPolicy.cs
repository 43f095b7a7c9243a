using System;

namespace Kilonova.Blocks;

/// <summary>
/// Whom the manifest lets at which disk: words of the form <c>client=read</c> or <c>client=write</c>, for all disks, or with <c>:D</c> or
/// <c>:D.P</c> behind it for disk D or for its partition P alone, decimal. A client may have several words.
/// </summary>
public static class DiskPolicy
{
    /// <summary>Whether a client may open a disk (partition 0) or one of its partitions.</summary>
    public static bool Allows(ReadOnlySpan<byte> policy, ReadOnlySpan<byte> client, uint disk, uint partition, bool writes)
    {
        while (!policy.IsEmpty)
        {
            var end = policy.IndexOf((byte)' ');
            var word = end < 0 ? policy : policy.Slice(0, end);
            policy = end < 0 ? default : policy.Slice(end + 1);
            var equals = word.IndexOf((byte)'=');
            if (equals > 0 && word.Slice(0, equals).SequenceEqual(client) && AllowsBy(word.Slice(equals + 1), disk, partition, writes))
                return true;
        }

        return false;
    }

    private static bool AllowsBy(ReadOnlySpan<byte> rule, uint disk, uint partition, bool writes)
    {
        var colon = rule.IndexOf((byte)':');
        var access = colon < 0 ? rule : rule.Slice(0, colon);
        var mayWrite = access.SequenceEqual("write"u8);
        if (!mayWrite && (writes || !access.SequenceEqual("read"u8)))
            return false;

        if (colon < 0)
            return true;

        var place = rule.Slice(colon + 1);
        var dot = place.IndexOf((byte)'.');
        if (!TryNumber(dot < 0 ? place : place.Slice(0, dot), out var wanted) || wanted != disk)
            return false;

        return dot < 0 || (TryNumber(place.Slice(dot + 1), out wanted) && wanted == partition && wanted != 0);
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out uint number)
    {
        number = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9' || number > 9999)
                return false;

            number = number * 10 + digit - '0';
        }

        return !text.IsEmpty;
    }
}
