// How interrupt messages find their processors (Intel SDM volume 3, sections 11.6 and 11.11).
using System.Threading;

namespace Kilonova.Vmm.Models;

/// <summary>Delivery modes of interrupt messages.</summary>
public enum DeliveryMode : byte
{
    Fixed = 0,
    LowestPriority = 1,
    SystemManagement = 2,
    NonMaskable = 4,
    Init = 5,
    StartUp = 6,
    External = 7,
}

/// <summary>An interrupt message.</summary>
public struct ApicMessage
{
    /// <summary>APIC ID or logical destination.</summary>
    public uint Destination;

    /// <summary>The destination has 32 bits, so that broadcast is 0xffffffff; otherwise 8 bits and 0xff.</summary>
    public bool IsWide;

    /// <summary>Logical destination mode.</summary>
    public bool IsLogical;

    /// <summary>What to deliver.</summary>
    public DeliveryMode Mode;

    /// <summary>Vector, or page of a start-up message.</summary>
    public byte Vector;

    /// <summary>Level-triggered: the end of the interrupt is told to the I/O APIC.</summary>
    public bool IsLevel;
}

/// <summary>
/// Delivers messages to local APICs. Takes no lock: the set of APICs is fixed when the machine is composed, and a local APIC accepts
/// messages by atomic operations.
/// </summary>
public sealed class ApicBus : IMessageSink
{
    private const ulong MessageAddressMask = 0xfff0_0000;
    private const ulong MessageAddress = 0xfee0_0000;

    private readonly LocalApic?[] _apics;
    private IoApic? _ioApic;
    private int _count;
    private int _rotation;

    /// <summary>Makes a bus.</summary>
    /// <param name="capacity">Most local APICs.</param>
    public ApicBus(int capacity = 64) => _apics = new LocalApic?[capacity];

    /// <summary>Number of local APICs.</summary>
    public int Count => _count;

    /// <summary>Adds the I/O APIC that hears of ends of level-triggered interrupts. While the machine is composed.</summary>
    public void Attach(IoApic ioApic) => _ioApic = ioApic;

    /// <summary>A local APIC by its place.</summary>
    public LocalApic this[int index] => _apics[index]!;

    internal void Attach(LocalApic apic) => _apics[_count++] = apic;

    internal void EndOfInterrupt(byte vector) => _ioApic?.EndOfInterrupt(vector);

    /// <summary>Delivers to whoever the destination names.</summary>
    public void Deliver(in ApicMessage message)
    {
        if (message.Mode == DeliveryMode.LowestPriority)
        {
            Choose(message)?.Accept(message);
            return;
        }

        for (int i = 0; i < _count; i++)
        {
            if (_apics[i]!.Matches(message))
                _apics[i]!.Accept(message);
        }
    }

    /// <summary>Delivers to all, or to all but one.</summary>
    public void Broadcast(in ApicMessage message, LocalApic? except)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_apics[i] != except)
                _apics[i]!.Accept(message);
        }
    }

    /// <inheritdoc/>
    public void Send(ulong address, uint data)
    {
        if ((address & MessageAddressMask) != MessageAddress || address > uint.MaxValue)
            return;
        Deliver(new ApicMessage
        {
            Destination = (byte)(address >> 12),
            IsLogical = (address & (1 << 2)) != 0,
            Mode = (DeliveryMode)((data >> 8) & 7),
            Vector = (byte)data,
            IsLevel = (data & (1 << 15)) != 0,
        });
    }

    // The processor with the lowest priority; equals take turns.
    private LocalApic? Choose(in ApicMessage message)
    {
        LocalApic? best = null;
        int start = (int)((uint)Interlocked.Increment(ref _rotation) % (uint)(_count == 0 ? 1 : _count));
        for (int i = 0; i < _count; i++)
        {
            LocalApic apic = _apics[(start + i) % _count]!;
            if (apic.IsEnabled && apic.Matches(message) && (best is null || apic.Priority < best.Priority))
                best = apic;
        }

        return best;
    }
}
