using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Devices;
using Kilonova.Net;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Switching;

/// <summary>
/// A controller as a port: the switch is its driver's client. Nothing here waits: a driver that is not there, or ends, is tried again from
/// time to time.
/// </summary>
internal sealed class Controller : IUplink
{
    private const int PageShift = 12;
    private const ulong RetryTime = 20_000;

    private readonly NetClient _client;
    private readonly UplinkPort<PortMemory> _port;
    private readonly Dataspace _data;
    private ContractStatus _last = ContractStatus.Busy;

    internal Controller(UplinkPort<PortMemory> port, Semaphore bell)
    {
        _port = port;
        _client = new NetClient("net"u8, bell);
        Component.Require(
            Dataspace.Create(UplinkPort<PortMemory>.MemorySize >> PageShift, 0, DataspaceKinds.None, out _data), "memory for packets"u8);
    }

    /// <summary>When to call <see cref="Serve"/> at the latest, in microseconds; 0 for when the bell is rung.</summary>
    internal ulong NextTime { get; private set; }

    public bool TryPost(uint number, ulong offset) => _client.TryPost(number, offset);

    public bool TrySend(uint number, ulong offset, uint length, ChecksumRequest checksum = default) =>
        _client.TrySend(number, offset, length, checksum);

    public bool TryTake(out uint number, out NetOutcome outcome, out uint length, out ReceiveFlags flags) =>
        _client.TryTake(out number, out outcome, out length, out flags);

    public void Publish() => _client.Publish();

    /// <summary>Takes what has come.</summary>
    /// <returns>Whether there may be more.</returns>
    internal bool Serve(ulong now)
    {
        if (!_port.IsOpen && now >= NextTime)
            TryOpen(now);

        return _port.Serve();
    }

    /// <summary>Shows the driver what was given to it.</summary>
    internal void Show() => _port.Publish();

    /// <summary>Announces that the switch sleeps.</summary>
    /// <returns>True where there is something to do after all.</returns>
    internal bool Arm()
    {
        if (!_port.IsOpen || _client.Arm())
            return _port.IsOpen && HasEnded();

        _ = HasEnded();
        return true;
    }

    // What the driver had is lost, but not what it had finished.
    private bool HasEnded()
    {
        if (!_client.IsGone)
            return false;

        Log.Write($"controller {_port.Policy.Controller} is gone");
        _client.Close();
        _port.End();

        // Not at once: a driver that does not want its client is not asked without end.
        NextTime = default(SystemClock).Now + RetryTime;
        return true;
    }

    private void TryOpen(ulong now)
    {
        var status = _client.TryOpen(_port.Policy.Controller, true, _data);
        if (status == ContractStatus.Ok)
        {
            NextTime = 0;
            _port.Begin(this, new PortMemory(_data.Memory));
            Log.Write($"controller {_port.Policy.Controller} is a port");
        }
        else
        {
            NextTime = now + RetryTime;
            if (status != _last && status != ContractStatus.Busy && !ClientSession.IsBreak(status))
                Log.Write(LogLevel.Warning, $"controller {_port.Policy.Controller} cannot be opened: contract status {(uint)status}");
        }

        _last = status;
    }
}
