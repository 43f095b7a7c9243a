namespace Kilonova.Switching;

/// <summary>
/// A learning switch: packets go to the port behind which their address is, to groups and to addresses that nobody knows by many. Between
/// two controllers nothing passes: it would be a loop where both are on the same network. One thread.
/// </summary>
public sealed class PacketSwitch<TMemory>
    where TMemory : struct, IPacketMemory<TMemory>
{
    private readonly SwitchPort<TMemory>[] _ports;
    private readonly AddressTable _addresses;
    private int _count;

    /// <summary>A switch for so many ports, which add themselves.</summary>
    public PacketSwitch(int ports)
    {
        _ports = new SwitchPort<TMemory>[ports];
        _addresses = new AddressTable(ports);
    }

    /// <summary>Microsecond at which the present round has begun.</summary>
    public ulong Now { get; set; }

    internal int Add(SwitchPort<TMemory> port)
    {
        var number = _count++;
        _ports[number] = port;
        if (port.Address != 0)
            _ = _addresses.TryPin(port.Address, number);

        return number;
    }

    /// <summary>The link of a port went, or its client: what was behind it is not there any more.</summary>
    internal void Forget(SwitchPort<TMemory> port) => _addresses.Forget(port.Number);

    /// <summary>Takes a packet that came in at a port to wherever it is to go.</summary>
    internal void Forward(SwitchPort<TMemory> source, in Frame<TMemory> frame)
    {
        if (!Admits(source, frame.Source))
        {
            source.Statistics.Refused++;
            return;
        }

        source.Statistics.SentPackets++;
        source.Statistics.SentBytes += frame.Length;
        var destination = frame.Destination;
        if (EthernetAddress.IsOfLink(destination))
            return;

        if (!EthernetAddress.IsGroup(destination) && _addresses.TryFind(destination, Now, out var port, out _))
        {
            if (Passes(source, _ports[port]) && (_ports[port].Address == destination || _ports[port].WantsAll))
                _ports[port].Deliver(frame);

            return;
        }

        for (var i = 0; i < _count; i++)
        {
            if (Passes(source, _ports[i]) && Wants(_ports[i], destination))
                _ports[i].Deliver(frame);
        }
    }

    // Learns by the way. An address that is a port's own is nobody else's, wherever it is seen.
    private bool Admits(SwitchPort<TMemory> source, ulong address)
    {
        if (!EthernetAddress.IsStation(address))
            return false;

        if (address == source.Address)
            return true;

        if (source.Policy.IsOwnOnly || (_addresses.TryFind(address, Now, out _, out var isPinned) && isPinned))
            return false;

        _addresses.Learn(address, source.Number, Now);
        return true;
    }

    private static bool Passes(SwitchPort<TMemory> source, SwitchPort<TMemory> target) =>
        source != target && target.IsOpen && !(source.IsUplink && target.IsUplink);

    // To a group, or to an address that nobody knows.
    private static bool Wants(SwitchPort<TMemory> port, ulong destination) =>
        EthernetAddress.IsGroup(destination)
            ? destination == EthernetAddress.Broadcast || port.WantsAll
            : port.WantsAll && port.HasStrangers;
}
