namespace Kilonova.Switching;

/// <summary>
/// Which port an address was seen at. Learned addresses are forgotten five minutes after they were last seen (IEEE 802.1Q, section 8.8.3);
/// pinned ones stay, and no other port can take them over. A port has its share of the table and never pushes out what another has
/// learned: one that makes addresses up harms itself. The port last seen is right, "unknown" is always possible.
/// </summary>
public sealed class AddressTable
{
    /// <summary>Microseconds for which an address is remembered.</summary>
    public const ulong Lifetime = 300_000_000;

    /// <summary>Places where an address can be.</summary>
    public const int Window = 8;

    private const int Bits = 12;
    private const int Entries = 1 << Bits;

    // 2^64 divided by the golden ratio: multiplying spreads numbers that differ in few bits.
    private const ulong Spread = 0x9e37_79b9_7f4a_7c15;

    private readonly Entry[] _entries = new Entry[Entries + Window - 1];
    private readonly int[] _counts;
    private readonly int _share;

    // Which place is looked at next for an address that is forgotten.
    private int _swept;

    /// <summary>An empty table for so many ports.</summary>
    public AddressTable(int ports)
    {
        _counts = new int[ports];
        _share = Entries / ports;
    }

    private struct Entry
    {
        // 0: free.
        internal ulong Address;
        internal ulong Seen;
        internal int Port;
        internal bool IsPinned;
    }

    /// <summary>Addresses of a port that the table holds, some of which it may just have forgotten.</summary>
    public int CountOf(int port) => _counts[port];

    /// <summary>Binds an address to a port for ever. False where its places are taken by others that are pinned.</summary>
    public bool TryPin(ulong address, int port)
    {
        var first = FirstOf(address);
        for (var i = first; i < first + Window; i++)
        {
            if (_entries[i].IsPinned)
                continue;

            _entries[i] = new Entry { Address = address, Port = port, IsPinned = true };
            _counts[port]++;
            return true;
        }

        return false;
    }

    /// <summary>Finds the port of an address; a pinned one's is its owner.</summary>
    public bool TryFind(ulong address, ulong now, out int port, out bool isPinned)
    {
        var first = FirstOf(address);
        for (var i = first; i < first + Window; i++)
        {
            ref var entry = ref _entries[i];
            if (entry.Address != address || !IsLive(ref entry, now))
                continue;

            (port, isPinned) = (entry.Port, entry.IsPinned);
            return true;
        }

        (port, isPinned) = (-1, false);
        return false;
    }

    /// <summary>An address that is not pinned was seen at a port.</summary>
    public void Learn(ulong address, int port, ulong now)
    {
        Sweep(now);
        var place = PlaceFor(address, port, now);
        if (place < 0)
            return;

        ref var entry = ref _entries[place];
        Free(ref entry);
        entry.Address = address;
        entry.Seen = now;
        entry.Port = port;
        _counts[port]++;
    }

    /// <summary>Forgets what was learned at a port.</summary>
    public void Forget(int port)
    {
        for (var i = 0; i < _entries.Length; i++)
        {
            if (_entries[i].Port == port && !_entries[i].IsPinned)
                Free(ref _entries[i]);
        }
    }

    private void Free(ref Entry entry)
    {
        if (entry.Address != 0)
            _counts[entry.Port]--;

        entry.Address = 0;
    }

    // One step a packet: what is forgotten does not count for its port for long.
    private void Sweep(ulong now)
    {
        if (!IsLive(ref _entries[_swept], now))
            Free(ref _entries[_swept]);

        _swept = (_swept + 1) % _entries.Length;
    }

    // Where it is; else a place that nobody needs, if the port has its share not used up or the place is its own; else that of the port's own
    // oldest; else none.
    private int PlaceFor(ulong address, int port, ulong now)
    {
        var first = FirstOf(address);
        var unused = -1;
        var oldest = -1;
        for (var i = first; i < first + Window; i++)
        {
            ref var entry = ref _entries[i];
            if (entry.Address == address)
                return i;

            if (!IsLive(ref entry, now))
                unused = unused < 0 || IsOf(ref entry, port) ? i : unused;
            else if (IsOf(ref entry, port) && !entry.IsPinned && (oldest < 0 || entry.Seen < _entries[oldest].Seen))
                oldest = i;
        }

        return unused >= 0 && (_counts[port] < _share || IsOf(ref _entries[unused], port)) ? unused : oldest;
    }

    private static bool IsOf(ref Entry entry, int port) => entry.Address != 0 && entry.Port == port;

    private static bool IsLive(ref Entry entry, ulong now) => entry.Address != 0 && (entry.IsPinned || now - entry.Seen < Lifetime);

    private static int FirstOf(ulong address) => (int)(address * Spread >> (64 - Bits));
}
