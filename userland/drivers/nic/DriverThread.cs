using Kilonova.Contracts;
using Kilonova.Devices;
using Kilonova.Net;
using Kilonova.Nova;
using Kilonova.Registers;
using Kilonova.Runtime;

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

    private readonly NetServer _server = new(MaxControllers);
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
            _server.TakeSessions();
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
            }

            _server.CloseBroken();
            if (!more && !_server.Arm())
                _ = Bell.DownToZero(SystemClock.Deadline(next));
        }
    }

    private bool TryStart(DeviceSession devices, uint number, NicModel model, MappedRegisters registers)
    {
        var memory = DeviceSession.Allocate(Controller.MemorySize, false);
        if (!Controller.TryStart(registers, memory, default, model, out var controller))
            return false;

        var isPolled = devices.EnableMessage(number, 0, Bell) != ContractStatus.Ok;
        var port = new NicPort(controller!, Bell, isPolled);
        _ports[_count++] = port;
        _server.Add(port);
        return true;
    }
}
