using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Rings;
using Kilonova.Sessions;

namespace Kilonova.Blocks;

/// <summary>A server's end of the rings of one session after the other.</summary>
public sealed class BlockChannel : IBlockChannel
{
    private readonly RecordServerChannel _channel;
    private readonly ulong[] _completion = new ulong[BlockRecord.CompletionWords];

    /// <summary>Prepares for sessions.</summary>
    /// <param name="bell">The server's bell.</param>
    public BlockChannel(Semaphore bell) => _channel = new RecordServerChannel(BlockContract.Shape, bell);

    /// <summary>The client was caught writing nonsense, or is gone.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whether rings are attached.</summary>
    public bool IsAttached => _channel.Session != 0;

    /// <summary>Attaches to the rings of a session.</summary>
    public ContractStatus Attach(ulong session, ulong dataspace)
    {
        IsBroken = false;
        return _channel.Attach(session, dataspace);
    }

    /// <summary>Lets go of them, and of all else that came by the session.</summary>
    public void Detach() => _channel.Detach();

    /// <inheritdoc/>
    public bool TryRead(Span<ulong> record)
    {
        var status = _channel.Requests.TryRead(record);
        IsBroken |= status is not (RingStatus.Ok or RingStatus.Empty);
        return status == RingStatus.Ok;
    }

    /// <inheritdoc/>
    public bool TryWrite(ulong completion)
    {
        _completion[0] = completion;
        var status = _channel.Completions.TryWrite(_completion);
        IsBroken |= status is not (RingStatus.Ok or RingStatus.Full);
        return status == RingStatus.Ok;
    }

    /// <inheritdoc/>
    public void Publish()
    {
        _ = _channel.Completions.Publish();
        _ = _channel.Requests.Release();
    }

    /// <inheritdoc/>
    public bool Arm(bool wantsRequests, bool wantsSpace)
    {
        var found = wantsRequests && _channel.Requests.Arm() == RingStatus.Ok;
        found |= wantsSpace && _channel.Completions.ArmForSpace() == RingStatus.Ok;
        return found;
    }
}
