using System;
using Kilonova.Abi;
using Kilonova.Blocks;
using Kilonova.Contracts;
using Kilonova.Devices;
using Kilonova.Formats.Partitions;
using Kilonova.Nova;
using Kilonova.Registers;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Ahci;

using Controller = AhciController<MappedRegisters, MappedDmaMemory, SystemClock>;

/// <summary>
/// The driver's only thread that touches controllers, disks and sessions' memory. It sleeps on one bell, rung by interrupts, clients and
/// the root task.
/// </summary>
internal sealed class DriverThread
{
    /// <summary>Most controllers.</summary>
    internal const int MaxControllers = 4;

    private const int MaxSessions = 16;
    private const uint RegistersBar = 5;
    private const int PageShift = 12;
    private const ulong PollTime = 1_000;

    // Serial ATA controllers with the interface of AHCI: PCI Code and ID Assignment Specification, section 1.2.
    private const uint AhciClass = 0x01_0601;

    private readonly DiskTable _disks;
    private readonly Controller?[] _controllers = new Controller?[MaxControllers];
    private readonly PortDisk[] _ports = new PortDisk[DiskTable.MaxDisks];
    private readonly bool[] _changed = new bool[DiskTable.MaxDisks];
    private readonly BlockServer _server = new(MaxSessions);
    private readonly BlockChannel[] _channels = new BlockChannel[MaxSessions];
    private readonly Dataspace[] _data = new Dataspace[MaxSessions];
    private readonly PartitionReader _partitions;
    private int _controllerCount;
    private ulong _seen = ulong.MaxValue;

    // A controller without messages is asked from time to time.
    private bool _polls;

    internal DriverThread(DiskTable disks)
    {
        _disks = disks;
        for (var i = 0; i < MaxSessions; i++)
            _channels[i] = new BlockChannel(Bell);

        _partitions = new PartitionReader(this);
    }

    /// <summary>Rung for everything.</summary>
    internal Semaphore Bell { get; } = Component.NewSemaphore();

    /// <summary>Takes all controllers that the platform driver gives, and resets them.</summary>
    internal void Start()
    {
        var devices = new DeviceSession();
        for (var i = 0u; devices.TryDescribe(i, out var device); i++)
        {
            if (device.Class != AhciClass || _controllerCount == MaxControllers)
                continue;

            var status = devices.Claim(i, out _);
            if (status == ContractStatus.Ok)
                status = devices.MapRegisters(i, RegistersBar, out var registers) == ContractStatus.Ok && TryStart(devices, i, registers)
                    ? ContractStatus.Ok
                    : ContractStatus.Failed;

            if (status != ContractStatus.Ok)
                Log.Write($"no controller at {device.Address:x4}: contract status {(uint)status}");
        }

        DeviceSession.ReportQuiet();
        Log.Write($"{_controllerCount} controllers");
    }

    /// <summary>Serves for ever.</summary>
    internal void Run()
    {
        while (true)
        {
            var next = Drive();
            TakeWishes();
            TakeSessions();
            ReadTables();
            var more = _server.Serve();
            CloseBroken();
            if (!more && !_server.Arm())
                _ = Bell.DownToZero(SystemClock.Deadline(next));
        }
    }

    /// <summary>Serves interrupts and time.</summary>
    /// <returns>When to come again at the latest.</returns>
    internal ulong Drive()
    {
        ulong next = 0;
        var isSettled = true;
        for (var i = 0; i < _controllerCount; i++)
        {
            _controllers[i]!.HandleInterrupt();
            next = SystemClock.Earlier(next, _controllers[i]!.Advance());
            isSettled &= _controllers[i]!.IsSettled;
        }

        if (isSettled && !_disks.IsSettled && !HasChanges())
            _disks.IsSettled = true;

        return _polls && next != 0 ? SystemClock.Earlier(next, default(SystemClock).Now + PollTime) : next;
    }

    private bool TryStart(DeviceSession devices, uint number, MappedRegisters registers)
    {
        var memory = DeviceSession.Allocate(Controller.MemorySize(registers), !Controller.Reaches64(registers));
        var index = _controllerCount;
        if (!Controller.TryStart(registers, memory, default, new Events(this, index), out var controller))
            return false;

        _controllers[index] = controller;
        for (var port = 0; port < DiskTable.PortsPerController; port++)
            _ports[index * DiskTable.PortsPerController + port] = new PortDisk(controller!, port);

        _controllerCount++;

        _polls |= devices.EnableMessage(number, 0, Bell) != ContractStatus.Ok;
        return true;
    }

    private bool HasChanges() => Array.IndexOf(_changed, true) >= 0;

    private void TakeWishes()
    {
        Span<byte> name = stackalloc byte[StartPage.MaxName];
        while (_disks.TryTakeWish(out var number, out var disk, out var window))
        {
            // A thread that answers calls may have stood still since its caller ended: a session that is gone is not begun.
            if (Component.Parent.Client(number, name, out _) != ContractStatus.Ok)
                continue;

            var session = _server.Find(number) ?? _server.Open(number);
            if (session != null && session.Disk == null && _disks.Has(disk, window))
                session.Bind(_ports[disk], disk, window);
        }
    }

    // The parent is asked only when it has something to say.
    private void TakeSessions()
    {
        var attention = Component.Attention;
        var isCalled = attention != _seen;
        _seen = attention;
        if (isCalled)
            CloseSessions();

        LetGo();
        if (isCalled)
            TakeShared();
    }

    private void CloseSessions()
    {
        while (Component.Parent.TakeClosed(out var number) == ContractStatus.Ok)
        {
            var session = _server.Find(number);
            if (session == null)
            {
                _ = Component.Parent.Release(number);
                continue;
            }

            session.Close();
            if (!session.IsIdle)
                session.Disk?.Abandon();
        }
    }

    private void LetGo()
    {
        for (var i = 0; i < MaxSessions; i++)
        {
            var session = _server.Sessions[i];
            if (!session.IsClosing || !session.IsIdle || session.Number == 0)
                continue;

            // No device has any of its memory: it may be somebody else's from here on.
            if (_channels[i].IsAttached)
                _channels[i].Detach();
            else
                _ = Component.Parent.Release(session.Number);

            if (_data[i].Number != 0)
                _data[i].ReturnAddresses();

            _data[i] = default;
            session.Forget();
        }
    }

    private void TakeShared()
    {
        while (Component.Parent.TakeShared(out var number, out var dataspace, out var pages, out var purpose) == ContractStatus.Ok)
        {
            // The wish came before, by a call that has returned.
            TakeWishes();
            var session = _server.Find(number);
            var index = session == null ? -1 : IndexOf(session);
            var isTaken = index >= 0 && !session!.IsClosing && purpose switch
            {
                RecordChannelShape.Purpose => !_channels[index].IsAttached && _channels[index].Attach(number, dataspace) == ContractStatus.Ok,
                BlockContract.DataPurpose => TryAttachData(index, number, dataspace, pages),
                _ => false,
            };
            if (!isTaken)
            {
                Log.Write($"session {number} shares what makes no sense");
                Break(number, session);
            }
            else if (purpose == RecordChannelShape.Purpose)
            {
                session!.Connect(_channels[index]);
            }
        }
    }

    // Pages that the client lets this driver only read are pages that a device must only read.
    private bool TryAttachData(int index, ulong session, ulong dataspace, uint pages)
    {
        if (_data[index].Number != 0 || Dataspace.Attach(dataspace, session, pages, Dataspace.AlignmentFor(pages), out _data[index]) != ContractStatus.Ok)
            return false;

        var isWritable = Extension.Lookup(ComponentSelectors.HostSpace, _data[index].Page, out var mapping) == Status.SUCCESS
            && (mapping.Permissions & (uint)MemoryPermissions.W) != 0;
        var memory = _server.Sessions[index].Memory;
        memory.Clear(isWritable);
        for (var done = 0u; done < pages;)
        {
            if (Component.Parent.LocateDataspace(dataspace, session, done, out var physical, out var count) != ContractStatus.Ok
                || count == 0 || !memory.TryAppend(physical << PageShift, (ulong)count << PageShift))
                return false;

            done += count;
        }

        return true;
    }

    private void CloseBroken()
    {
        for (var i = 0; i < MaxSessions; i++)
        {
            var session = _server.Sessions[i];
            if (session.Number != 0 && !session.IsClosing && _channels[i].IsAttached && _channels[i].IsBroken)
                Break(session.Number, session);
        }
    }

    private static void Break(ulong number, BlockSession? session)
    {
        _ = Component.Parent.Close(number);
        if (session == null)
        {
            _ = Component.Parent.Release(number);
            return;
        }

        session.Close();
        if (!session.IsIdle)
            session.Disk?.Abandon();
    }

    private int IndexOf(BlockSession session)
    {
        for (var i = 0; i < MaxSessions; i++)
        {
            if (_server.Sessions[i] == session)
                return i;
        }

        return -1;
    }

    // Disks that came or went since the last round.
    private void ReadTables()
    {
        for (var i = 0; i < _changed.Length; i++)
        {
            if (!_changed[i])
                continue;

            _changed[i] = false;
            _disks.Remove(i);
            foreach (var session in _server.Sessions)
            {
                if (session.Number != 0 && session.Disk == _ports[i])
                    session.Unbind();
            }

            var identity = _ports[i].Identity;
            if (identity == null)
            {
                Log.Write($"disk {i} is gone");
                continue;
            }

            var partitions = _partitions.Read(_ports[i]);
            if (_ports[i].Identity != identity)
                continue;

            _disks.Publish(i, identity, partitions);
            Log.Write($"disk {i}: {identity.Model}, {identity.Sectors} blocks of {identity.SectorSize}, {partitions.Length} partitions");
        }
    }

    private sealed class Events : IDiskEvents
    {
        private readonly DriverThread _thread;
        private readonly int _controller;

        internal Events(DriverThread thread, int controller)
        {
            _thread = thread;
            _controller = controller;
        }

        public void Completed(DiskRequest request)
        {
            if (request.Owner is BlockSession)
                BlockServer.Complete(request);
            else
                PartitionReader.Complete(request);
        }

        public void Changed(int port) => _thread._changed[_controller * DiskTable.PortsPerController + port] = true;

        public void Reset(int port) => Log.Write($"disk {_controller * DiskTable.PortsPerController + port} is reset");
    }
}
