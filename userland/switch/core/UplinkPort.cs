using Kilonova.Net;
using Kilonova.Registers;

namespace Kilonova.Switching;

/// <summary>What a switch does with a controller: the client's end of the net contract.</summary>
public interface IUplink
{
    /// <summary>Gives the controller a buffer for a packet; false when too much is under way.</summary>
    bool TryPost(uint number, ulong offset);

    /// <summary>Sends a packet; false when too much is under way.</summary>
    bool TrySend(uint number, ulong offset, uint length, ChecksumRequest checksum = default);

    /// <summary>Takes a completion, if there is one.</summary>
    bool TryTake(out uint number, out NetOutcome outcome, out uint length, out ReceiveFlags flags);

    /// <summary>Shows the driver what was put in.</summary>
    void Publish();
}

/// <summary>
/// A port that is a controller. Packets that come lie in the switch's memory until they are copied to whom they are for; those that go are
/// copied there, and lost when the controller does not keep up. Its driver may end and come back: what was under way is lost.
/// </summary>
public sealed class UplinkPort<TMemory> : SwitchPort<TMemory>
    where TMemory : struct, IPacketMemory<TMemory>
{
    /// <summary>Bytes of memory that it needs.</summary>
    public const uint MemorySize = NetRecord.Capacity * NetRecord.BufferSize;

    private const uint ReceiveBuffers = NetRecord.Capacity / 2;
    private const uint SendBuffers = NetRecord.Capacity - ReceiveBuffers;
    private const int Quantum = 64;

    private readonly byte[] _header = new byte[PacketRules.MinPacket];
    private readonly DmaSegment[] _pieces = new DmaSegment[1];
    private readonly bool[] _isUnderWay = new bool[NetRecord.Capacity];
    private Fifo<uint> _free = new((int)SendBuffers);
    private IUplink? _link;
    private TMemory _memory;

    /// <summary>A port whose controller is not there yet.</summary>
    public UplinkPort(PacketSwitch<TMemory> owner, PortPolicy policy)
        : base(owner, policy)
    {
    }

    /// <inheritdoc/>
    public override bool IsOpen => _link != null;

    /// <inheritdoc/>
    public override bool WantsAll => true;

    /// <summary>The controller is there, and has nothing of the switch's.</summary>
    /// <param name="link">The controller.</param>
    /// <param name="memory">At least <see cref="MemorySize"/> bytes.</param>
    public void Begin(IUplink link, TMemory memory)
    {
        _link = link;
        _memory = memory;
        _free.Clear();
        for (var number = 0u; number < NetRecord.Capacity; number++)
        {
            _isUnderWay[number] = false;
            if (number < ReceiveBuffers)
                Post(number);
            else
                _free.Add(number);
        }

        link.Publish();
    }

    /// <summary>The controller is gone, with all that it had.</summary>
    public void End()
    {
        _link = null;
        Switch.Forget(this);
    }

    /// <summary>Takes what has come, and shows the controller what goes.</summary>
    /// <returns>Whether there may be more.</returns>
    public bool Serve()
    {
        if (_link == null)
            return false;

        for (var i = 0; i < Quantum; i++)
        {
            if (!_link.TryTake(out var number, out var outcome, out var length, out var flags))
            {
                _link.Publish();
                return false;
            }

            // Numbers that were not given are nobody's.
            if (number >= NetRecord.Capacity || !_isUnderWay[number])
                continue;

            _isUnderWay[number] = false;
            if (number >= ReceiveBuffers)
            {
                _free.Add(number);
                continue;
            }

            if (outcome == NetOutcome.Received && length is >= PacketRules.MinPacket and <= PacketRules.MaxArriving)
                Receive(number, length, flags);

            Post(number);
        }

        _link.Publish();
        return true;
    }

    /// <summary>Shows the controller what was put in since.</summary>
    public void Publish() => _link?.Publish();

    private protected override bool TryDeliver(in Frame<TMemory> frame)
    {
        if (_link == null || !_free.TryTake(out var number))
            return false;

        frame.CopyTo(_memory, OffsetOf(number));
        _isUnderWay[number] = _link.TrySend(number, OffsetOf(number), frame.Length, frame.Checksum);
        if (!_isUnderWay[number])
            _free.Add(number);

        return _isUnderWay[number];
    }

    // Nothing outside can be made to wait: what comes faster than it may is lost.
    private void Receive(uint number, uint length, ReceiveFlags flags)
    {
        if (!TryPay(length))
        {
            Statistics.Missed++;
            return;
        }

        _pieces[0] = new DmaSegment(OffsetOf(number), length);
        Switch.Forward(this, new Frame<TMemory>(_memory, _pieces, _header, default, flags));
    }

    private void Post(uint number) => _isUnderWay[number] = _link!.TryPost(number, OffsetOf(number));

    private static ulong OffsetOf(uint number) => (ulong)number * NetRecord.BufferSize;
}
