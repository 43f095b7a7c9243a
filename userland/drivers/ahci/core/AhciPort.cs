using System;
using System.Numerics;
using Kilonova.Blocks;
using Kilonova.Registers;

namespace Kilonova.Ahci;

/// <summary>What a port does.</summary>
public enum PortState : byte
{
    /// <summary>No device answers.</summary>
    Absent,

    /// <summary>Waits until the engine has stopped.</summary>
    Stopping,

    /// <summary>Holds the link in reset.</summary>
    Resetting,

    /// <summary>Waits for the link.</summary>
    Connecting,

    /// <summary>Waits for the device's first word: its signature.</summary>
    Settling,

    /// <summary>Asks the device what it is.</summary>
    Identifying,

    /// <summary>Asks a packet device for the size of its medium.</summary>
    Sizing,

    /// <summary>Serves requests.</summary>
    Ready,

    /// <summary>The device failed too often; only a new one, or the same plugged in again, changes that.</summary>
    Dead,
}

/// <summary>
/// A port of the controller and the device behind it, as a state machine that never waits: interrupts and the clock drive it. Requests are
/// done in any order, except that a flush (and whatever else cannot be queued) waits for all that came before it, and all that came after
/// waits for it. Serial ATA AHCI 1.3.1 Specification, sections 6 and 10.
/// </summary>
/// <remarks>
/// Recovery knows one way that always works: reset the link, ask the device who it is, and do again what was under way, one request at a time
/// and not queued. So the request that the device cannot do fails alone, whatever the device says about which it was. What is done again was
/// never acknowledged; a read or write done twice is as good as done once, since nothing later was allowed to overtake a flush.
/// </remarks>
public sealed partial class AhciPort<TRegisters, TMemory>
    where TRegisters : struct, IRegisters
    where TMemory : struct, IDmaMemory
{
    /// <summary>How often a device may fail at one request.</summary>
    public const uint MaxFailures = 3;

    /// <summary>Resets without a request done in between before a device is given up.</summary>
    public const int MaxResets = 6;

    // Microseconds. AHCI 1.3.1: sections 10.1.2 (500 ms to stop), 10.4.2 (1 ms of reset); the rest is patience with slow devices.
    private const ulong StopTime = 500_000;
    private const ulong ResetTime = 1_500;
    private const ulong ConnectTime = 1_000_000;
    private const ulong SettleTime = 30_000_000;
    private const ulong PollTime = 1_000;
    private const ulong IdentifyTime = 10_000_000;
    private const ulong CommandTime = 10_000_000;
    private const ulong FlushTime = 60_000_000;

    private const int OwnSlot = 0;
    private const int MaxSizings = 8;

    private readonly TRegisters _registers;
    private readonly CommandTable<TMemory> _table;
    private readonly IDiskEvents _events;
    private readonly int _first;
    private readonly int _slots;
    private readonly bool _has64;
    private readonly bool _hasQueue;
    private readonly DiskRequest?[] _requests = new DiskRequest?[CommandTable.Slots];

    private DiskIdentity _identity = new();
    private DiskIdentity _probe = new();
    private RequestQueue _waiting;
    private RequestQueue _suspects;
    private uint _outstanding;
    private bool _outstandingQueued;
    private bool _isKnown;

    // While the port handles what happened; who submits from there is served when all of it is handled.
    private bool _isHandling;

    // What follows the stop of the engine: a start, and the question for the size, or a reset.
    private bool _restarts;
    private bool _resizes;
    private ulong _deadline;
    private int _resets;
    private int _sizings;

    internal AhciPort(TRegisters registers, TMemory memory, int offset, int number, uint capabilities, IDiskEvents events)
    {
        _registers = registers;
        _table = new CommandTable<TMemory>(memory, offset);
        _events = events;
        Number = number;
        _first = PortRegister.First + number * PortRegister.Size;
        _slots = (int)(capabilities >> Hba.CapNcsShift & Hba.CapNcsMask) + 1;
        _has64 = (capabilities & Hba.CapS64A) != 0;
        _hasQueue = (capabilities & Hba.CapSncq) != 0;
    }

    /// <summary>Number of the port.</summary>
    public int Number { get; }

    /// <summary>What the port does.</summary>
    public PortState State { get; private set; }

    /// <summary>The device; null when there is none that can be used.</summary>
    public DiskIdentity? Identity => _isKnown ? _identity : null;

    /// <summary>Most requests that the device works on at a time.</summary>
    public int Depth { get; private set; }

    /// <summary>Resets of the link since the driver started.</summary>
    public ulong Resets { get; private set; }

    /// <summary>Requests that failed in the end.</summary>
    public ulong Failures { get; private set; }

    /// <summary>Requests done.</summary>
    public ulong Completions { get; private set; }

    /// <summary>Most blocks of a request.</summary>
    public uint MaxCount => _isKnown && !_identity.IsPacket && !_identity.Has48 ? 256 : DiskRequest.MaxCount;

    /// <summary>Requests that the device works on.</summary>
    public int Outstanding => BitOperations.PopCount(_outstanding);

    /// <summary>Begins to look for a device.</summary>
    internal void Start(ulong now)
    {
        _table.Clear();
        WritePort(PortRegister.Clb, (uint)_table.ListAddress);
        WritePort(PortRegister.Clbu, (uint)(_table.ListAddress >> 32));
        WritePort(PortRegister.Fb, (uint)_table.FisAddress);
        WritePort(PortRegister.Fbu, (uint)(_table.FisAddress >> 32));
        WritePort(PortRegister.Serr, uint.MaxValue);
        WritePort(PortRegister.Is, uint.MaxValue);
        WritePort(PortRegister.Ie, PortBit.IeAll);
        BeginReset(now);
    }

    /// <summary>The controller says that the port wants attention.</summary>
    internal void HandleInterrupt(ulong now)
    {
        _isHandling = true;
        var status = ReadPort(PortRegister.Is);
        WritePort(PortRegister.Is, status);
        if ((status & (PortBit.IsPcs | PortBit.IsPrcs)) != 0)
        {
            // The cause lies in the link's diagnostics; cleared there, it is cleared here.
            WritePort(PortRegister.Serr, uint.MaxValue);
            HandleConnection(now);
        }

        if (_outstanding != 0)
        {
            if (_outstandingQueued || (status & PortBit.IsTfes) == 0)
                CompleteDone(now);

            if ((status & PortBit.IsFatal) != 0)
                Recover(now, DiskStatus.MediaError);
            else if ((status & PortBit.IsTfes) != 0)
                HandleError(now);
        }

        _ = Advance(now);
    }

    /// <summary>Looks at the clock.</summary>
    /// <returns>When to look again at the latest, in microseconds of the clock; 0 for whenever.</returns>
    internal ulong Advance(ulong now)
    {
        _isHandling = true;
        while (Step(now))
        {
        }

        var deadline = NextDeadline();
        if (deadline != 0 && now >= deadline)
        {
            // An interrupt may have been lost; what is done is done.
            CompleteDone(now);
            deadline = NextDeadline();
            if (deadline != 0 && now >= deadline)
                Recover(now, DiskStatus.TimedOut);
        }

        _isHandling = false;
        Schedule(now);
        return State switch
        {
            PortState.Absent or PortState.Dead => 0,
            PortState.Stopping or PortState.Resetting or PortState.Connecting or PortState.Settling => now + PollTime,
            _ => NextDeadline(),
        };
    }

    // One transition; false when it is time to wait.
    private bool Step(ulong now)
    {
        switch (State)
        {
            case PortState.Stopping:
                if ((ReadPort(PortRegister.Cmd) & PortBit.CmdCr) != 0 && now < _deadline)
                    return false;

                if (_restarts && (ReadPort(PortRegister.Cmd) & PortBit.CmdCr) == 0 && !IsBusy())
                    Restart(now);
                else
                    HoldReset(now);

                return true;

            case PortState.Resetting:
                if (now < _deadline)
                    return false;

                WritePort(PortRegister.Sctl, PortBit.SctlNoPower);
                Enter(PortState.Connecting, now + ConnectTime);
                return true;

            case PortState.Connecting:
                if ((ReadPort(PortRegister.Ssts) & PortBit.SstsDetMask) == PortBit.SstsDetReady)
                {
                    // Written once more, for controllers that take the device's first word only when reception is switched on.
                    WritePort(PortRegister.Serr, uint.MaxValue);
                    WritePort(PortRegister.Cmd, ReadPort(PortRegister.Cmd) | PortBit.CmdFre);
                    Enter(PortState.Settling, now + SettleTime);
                    return true;
                }

                if (now < _deadline)
                    return false;

                Leave(PortState.Absent, DiskStatus.Gone);
                return true;

            case PortState.Settling:
                if (!IsBusy())
                {
                    Identify(now);
                    return true;
                }

                if (now < _deadline)
                    return false;

                BeginReset(now);
                return true;

            default:
                return false;
        }
    }

    private void HandleConnection(ulong now)
    {
        var isPresent = (ReadPort(PortRegister.Ssts) & PortBit.SstsDetMask) != 0;
        if (State is PortState.Absent or PortState.Dead)
        {
            if (!isPresent)
                return;

            _resets = 0;
            BeginReset(now);
        }
        else if (State is PortState.Identifying or PortState.Sizing or PortState.Ready)
        {
            Suspect();
            BeginReset(now);
        }
    }

    // The device failed at something, or does not answer.
    private void Recover(ulong now, DiskStatus status)
    {
        if (State == PortState.Ready && !_outstandingQueued)
            Blame(status);
        else
            Suspect();

        BeginReset(now);
    }

    // The device reports an error. What is not queued is alone, so the engine need only be restarted.
    private void HandleError(ulong now)
    {
        if (_outstandingQueued)
        {
            Suspect();
            BeginReset(now);
            return;
        }

        _resizes = State == PortState.Sizing;
        if (State == PortState.Ready)
            Blame(DiskStatus.MediaError);
        else
            Suspect();

        // A medium that may have been exchanged is another device.
        var key = ReadPort(PortRegister.Tfd) >> PacketCommand.SenseKeyShift & PacketCommand.SenseKeyMask;
        if (State == PortState.Ready && _identity.IsPacket && key == PacketCommand.UnitAttention)
        {
            BeginReset(now);
            return;
        }

        _restarts = true;
        Stop(now);
    }

    // All that was under way is to be done again, one at a time, in the order of their slots.
    private void Suspect()
    {
        for (var i = CommandTable.Slots - 1; i >= 0; i--)
        {
            var request = _requests[i];
            if (request != null)
                _suspects.AddFirst(request);

            _requests[i] = null;
        }

        _outstanding = 0;
    }

    // The only request under way failed.
    private void Blame(DiskStatus status)
    {
        var request = _requests[OwnSlot];
        _requests[OwnSlot] = null;
        _outstanding = 0;
        if (request == null)
            return;

        if (++request.Failures < MaxFailures)
            _suspects.AddFirst(request);
        else
            Complete(request, status);
    }

    private void BeginReset(ulong now)
    {
        _restarts = false;
        Resets++;
        if (_isKnown)
            _events.Reset(Number);

        if (++_resets > MaxResets)
        {
            WritePort(PortRegister.Cmd, ReadPort(PortRegister.Cmd) & ~PortBit.CmdSt);
            Leave(PortState.Dead, DiskStatus.TimedOut);
            return;
        }

        Stop(now);
    }

    private void Stop(ulong now)
    {
        WritePort(PortRegister.Cmd, ReadPort(PortRegister.Cmd) & ~PortBit.CmdSt);
        Enter(PortState.Stopping, now + StopTime);
    }

    private void HoldReset(ulong now)
    {
        DropCancelled();
        var command = ReadPort(PortRegister.Cmd) & ~PortBit.CmdIccMask;
        WritePort(PortRegister.Cmd, command | PortBit.CmdFre | PortBit.CmdSud | PortBit.CmdPod | PortBit.CmdIccActive);
        WritePort(PortRegister.Sctl, PortBit.SctlNoPower | PortBit.SctlDetReset);
        Enter(PortState.Resetting, now + ResetTime);
    }

    private void Restart(ulong now)
    {
        _restarts = false;
        WritePort(PortRegister.Serr, uint.MaxValue);
        WritePort(PortRegister.Is, uint.MaxValue);
        WritePort(PortRegister.Cmd, ReadPort(PortRegister.Cmd) | PortBit.CmdSt);
        if (_resizes)
            Size(now);
        else if (_isServing)
            Enter(PortState.Ready, 0);
        else
            BeginReset(now);
    }

    private void Leave(PortState state, DiskStatus status)
    {
        var wasKnown = _isKnown;
        _isKnown = false;
        Depth = 0;
        Suspect();
        State = state;
        while (!_suspects.IsEmpty)
            Complete(_suspects.Take(), status);

        while (!_waiting.IsEmpty)
            Complete(_waiting.Take(), status);

        if (wasKnown)
            _events.Changed(Number);
    }

    private void Enter(PortState state, ulong deadline)
    {
        State = state;
        _deadline = deadline;
    }

    private bool IsBusy() => (ReadPort(PortRegister.Tfd) & (PortBit.TfdBsy | PortBit.TfdDrq)) != 0;

    private uint ReadPort(int register) => _registers.Read32(_first + register);

    private void WritePort(int register, uint value) => _registers.Write32(_first + register, value);
}
