using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Devices;
using Kilonova.Net;
using Kilonova.Nova;
using Kilonova.Registers;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Nic;

using Controller = Nic<MappedRegisters, MappedDmaMemory, SystemClock>;

/// <summary>
/// The driver's only thread that touches controllers and sessions' memory. It sleeps on one bell, rung by interrupts, clients and the root
/// task.
/// </summary>
internal sealed class DriverThread
{
    private const int MaxControllers = 8;
    private const uint RegistersBar = 0;
    private const ulong PollTime = 1_000;
    private const int PageShift = 12;

    private readonly NicPort?[] _ports = new NicPort?[MaxControllers];
    private int _count;

    /// <summary>Rung for everything.</summary>
    internal Semaphore Bell { get; } = Component.NewSemaphore();

    /// <summary>A controller by its number.</summary>
    internal NicPort? Find(uint nic) => nic < (uint)_count ? _ports[nic] : null;

    /// <summary>Takes all controllers that the platform driver gives, and resets them.</summary>
    internal void Start()
    {
        var devices = new DeviceSession();
        for (var i = 0u; devices.TryDescribe(i, out var device); i++)
        {
            var model = NicModels.Of(device.Vendor, device.Device);
            if (model == NicModel.None || _count == MaxControllers)
                continue;

            if (devices.Claim(i, out _) != ContractStatus.Ok
                || devices.MapRegisters(i, RegistersBar, out var registers) != ContractStatus.Ok
                || !TryStart(devices, i, model, registers))
                Log.Write($"no controller at {device.Address:x4}");
        }

        DeviceSession.ReportQuiet();
        Log.Write($"{_count} controllers");
    }

    /// <summary>Serves for ever.</summary>
    internal void Run()
    {
        while (true)
        {
            EndSessions();
            TakeShared();
            var more = false;
            ulong next = 0;
            for (var i = 0; i < _count; i++)
            {
                var port = _ports[i]!;
                port.Controller.HandleInterrupt();
                next = SystemClock.Earlier(next, port.Controller.Advance());
                port.PublishLink();
                more |= port.Session.Serve();
                if (port.IsPolled && port.Session.Channel != null)
                    next = SystemClock.Earlier(next, default(SystemClock).Now + PollTime);

                if (port.Session.Number != 0 && port.Channel.IsAttached && port.Channel.IsBroken)
                    Break(port.Session.Number);
            }

            if (!more && !Arm())
                _ = Bell.DownToZero(SystemClock.Deadline(next));
        }
    }

    private bool Arm()
    {
        var found = false;
        for (var i = 0; i < _count; i++)
            found |= _ports[i]!.Session.Arm();

        return found;
    }

    private bool TryStart(DeviceSession devices, uint number, NicModel model, MappedRegisters registers)
    {
        var memory = DeviceSession.Allocate(Controller.MemorySize, false);
        if (!Controller.TryStart(registers, memory, default, model, out var controller))
            return false;

        var isPolled = devices.EnableMessage(number, 0, Bell) != ContractStatus.Ok;
        _ports[_count++] = new NicPort(controller!, Bell, isPolled);
        return true;
    }

    private void EndSessions()
    {
        while (Component.Parent.TakeClosed(out var number) == ContractStatus.Ok)
            End(number);
    }

    private void End(ulong number)
    {
        var port = FindSession(number);
        for (var i = 0; i < _count; i++)
            _ports[i]!.DropWish(number);

        if (port == null)
        {
            _ = Component.Parent.Release(number);
            return;
        }

        // A controller that cannot even be reset takes the driver with it: its next life gets it stopped by the platform driver.
        if (!port.Session.TryClose())
            Faults.Fail("a controller does not come out of reset"u8);

        if (port.Channel.IsAttached)
            port.Channel.Detach();
        else
            _ = Component.Parent.Release(number);

        if (port.Data.Number != 0)
            port.Data.ReturnAddresses();

        port.Data = default;
    }

    private void Break(ulong number)
    {
        _ = Component.Parent.Close(number);
        End(number);
    }

    private void TakeShared()
    {
        while (Component.Parent.TakeShared(out var number, out var dataspace, out var pages, out var purpose) == ContractStatus.Ok)
        {
            for (var i = 0; i < _count; i++)
                _ports[i]!.TakeWish(number);

            var port = FindSession(number);
            var isTaken = port != null && purpose switch
            {
                RecordChannelShape.Purpose => !port.Channel.IsAttached && port.Channel.Attach(number, dataspace) == ContractStatus.Ok,
                NetContract.DataPurpose => TryAttachData(port, number, dataspace, pages),
                _ => false,
            };
            if (!isTaken)
            {
                Log.Write($"session {number} shares what makes no sense");
                Break(number);
            }
            else if (purpose == RecordChannelShape.Purpose)
            {
                port!.Session.Connect(port.Channel);
            }
        }
    }

    private static bool TryAttachData(NicPort port, ulong session, ulong dataspace, uint pages)
    {
        if (port.Data.Number != 0 || Dataspace.Attach(dataspace, session, pages, 0, out var data) != ContractStatus.Ok)
            return false;

        port.Data = data;
        var isWritable = Extension.Lookup(ComponentSelectors.HostSpace, data.Page, out var mapping) == Status.SUCCESS
            && (mapping.Permissions & (uint)MemoryPermissions.W) != 0;
        var memory = port.Session.Memory;
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

    private NicPort? FindSession(ulong number)
    {
        for (var i = 0; i < _count; i++)
        {
            if (number != 0 && _ports[i]!.Session.Number == number)
                return _ports[i];
        }

        return null;
    }
}
