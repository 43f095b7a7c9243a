using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Devices;
using Kilonova.Formats.Pci;
using Kilonova.Nova;
using Kilonova.Registers;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Platform;

/// <summary>
/// All functions and who has them. Sessions call on their own time; the component's first thread takes devices back. Everything is done
/// under one lock, resets included: they are rare, and nobody may see a device half reset. A thread that has the lock when its caller is
/// killed goes on with the next call: at the latest the one by which the driver's next life asks for its devices.
/// </summary>
internal sealed class DeviceTable
{
    private const int PageShift = 12;
    private const int MaxSessions = 64;

    private readonly MachineClient<PortalTransport> _machine;
    private readonly PciDevice?[] _devices = new PciDevice?[PciScan.MaxDevices];
    private readonly Client[] _clients = new Client[MaxSessions];
    private readonly int _count;
    private SemaphoreLock _lock = new(Component.NewSemaphore());
    private ConfigurationAccess _access;

    private struct Client
    {
        internal ulong Session;
        internal byte[] Name;
        internal int NameLength;
    }

    internal DeviceTable(MachineClient<PortalTransport> machine, ConfigurationSpace space)
    {
        _machine = machine;
        _access = new ConfigurationAccess(space);
        _count = PciScan.Scan(ref _access, _devices);
        for (var i = 0; i < MaxSessions; i++)
            _clients[i].Name = new byte[StartPage.MaxName];
    }

    /// <summary>Number of functions.</summary>
    internal int Count => _count;

    internal PciDevice this[int index] => _devices[index]!;

    /// <summary>Stops all devices that are anybody's: a former life of this component may have handed them out.</summary>
    internal void StopAll()
    {
        foreach (var device in _devices.AsSpan(0, _count))
        {
            if (DevicePolicy.IsGiven(Component.Arguments, device!))
                PciControl.Quiesce(ref _access, device!);
        }
    }

    internal ContractStatus Describe(ulong session, uint number, out uint identifier, out uint classCode, out uint address)
    {
        identifier = classCode = address = 0;
        _lock.Enter();
        var device = Find(session, number);
        _lock.Leave();
        if (device == null)
            return ContractStatus.NotFound;

        identifier = (uint)device.Vendor << 16 | device.Device;
        classCode = device.Class;
        address = device.Address.Value;
        return ContractStatus.Ok;
    }

    internal ContractStatus Claim(ulong session, uint number, out bool isReset)
    {
        isReset = false;
        _lock.Enter();
        var device = Find(session, number);
        var status = device == null ? ContractStatus.NotFound
            : device.Owner != session && IsOwned(device) ? ContractStatus.Busy
            : ContractStatus.Ok;
        if (status == ContractStatus.Ok)
        {
            isReset = PciControl.Reset(ref _access, default(SystemClock), device!);
            status = _machine.ConfineDevice(session, device!.Address.Value, out _);
        }

        if (status == ContractStatus.Ok)
        {
            PciControl.Enable(ref _access, device!);
            device!.Owner = session;
        }

        _lock.Leave();
        return status;
    }

    internal ContractStatus MapRegisters(ulong session, uint number, uint bar, out ulong address, out ulong size)
    {
        address = size = 0;
        _lock.Enter();
        var device = Find(session, number);
        _lock.Leave();
        if (device == null || !device.Bar((int)bar).IsUsable)
            return ContractStatus.NotFound;

        if (device.Owner != session)
            return ContractStatus.Busy;

        var registers = device.Bar((int)bar);
        if (registers.IsIo || IsShared(device, registers))
            return ContractStatus.Denied;

        PagesOf(registers, out var first, out var pages);
        var status = _machine.GrantRegisters(session, first, (uint)pages);
        if (status == ContractStatus.Ok)
        {
            address = ComponentLayout.Devices + registers.Address;
            size = registers.Size;
        }

        return status;
    }

    internal ContractStatus EnableMessage(ulong session, uint number, uint vector, uint cpu, out ulong selector)
    {
        selector = 0;
        _lock.Enter();
        var device = Find(session, number);
        var status = device == null ? ContractStatus.NotFound
            : device.Owner != session ? ContractStatus.Busy
            : SetMessage(device, vector, cpu, out selector);
        _lock.Leave();
        return status;
    }

    /// <summary>A session has ended: its devices are stopped, reset, and free for others.</summary>
    internal void TakeBack(ulong session)
    {
        _lock.Enter();
        foreach (var device in _devices.AsSpan(0, _count))
        {
            if (device!.Owner != session)
                continue;

            _ = PciControl.Reset(ref _access, default(SystemClock), device);
            device.Owner = 0;
        }

        for (var i = 0; i < MaxSessions; i++)
        {
            if (_clients[i].Session == session)
                _clients[i].Session = 0;
        }

        _lock.Leave();
    }

    // Under the lock.
    private ContractStatus SetMessage(PciDevice device, uint vector, uint cpu, out ulong selector)
    {
        selector = 0;
        var hasTable = PciControl.TryFindTable(ref _access, device, out var bar, out var offset, out var entries);
        var isSingle = device.Capabilities.Msi != 0 && vector == 0;
        if (!isSingle && (!hasTable || vector >= entries))
            return ContractStatus.NotFound;

        selector = Component.TakeSelectors(0);
        var status = _machine.TakeMessage(selector);
        if (status != ContractStatus.Ok)
            return status;

        if (new Semaphore(selector).AssignInterrupt(0, cpu, device.Address.Value, out var address, out var data) != Status.SUCCESS)
            return ContractStatus.InvalidArgument;

        if (isSingle)
            return PciControl.TrySetMessage(ref _access, device, address, (uint)data) ? ContractStatus.Ok : ContractStatus.Failed;

        PagesOf(device.Bar(bar), out var first, out var pages);
        status = _machine.MapRegisters(first, (uint)pages);
        if (status != ContractStatus.Ok)
            return status;

        var table = new MappedRegisters(ComponentLayout.Devices + device.Bar(bar).Address + offset, (int)(entries * MsiX.EntrySize));
        PciControl.SetMessage(ref _access, device, table, (int)vector, address, (uint)data);
        return ContractStatus.Ok;
    }

    // An owner that has ended has the device no more, also if this driver has not heard of that yet: a driver's next life may be quicker than
    // the news of the end of its last.
    private static bool IsOwned(PciDevice device)
    {
        Span<byte> name = stackalloc byte[StartPage.MaxName];
        return device.Owner != 0 && Component.Parent.Client(device.Owner, name, out _) != ContractStatus.NotFound;
    }

    // Under the lock. The number-th device that the session's client may have.
    private PciDevice? Find(ulong session, uint number)
    {
        if (!TryGetName(session, out var name))
            return null;

        foreach (var device in _devices.AsSpan(0, _count))
        {
            if (DevicePolicy.Allows(Component.Arguments, name, device!) && number-- == 0)
                return device;
        }

        return null;
    }

    private bool TryGetName(ulong session, out ReadOnlySpan<byte> name)
    {
        var free = -1;
        for (var i = 0; i < MaxSessions; i++)
        {
            if (_clients[i].Session == session)
            {
                name = _clients[i].Name.AsSpan(0, _clients[i].NameLength);
                return true;
            }

            if (_clients[i].Session == 0)
                free = i;
        }

        name = default;
        if (free < 0 || Component.Parent.Client(session, _clients[free].Name, out var length) != ContractStatus.Ok)
            return false;

        _clients[free].Session = session;
        _clients[free].NameLength = length;
        name = _clients[free].Name.AsSpan(0, length);
        return true;
    }

    // What lies in the same page belongs to whoever has the page.
    private bool IsShared(PciDevice device, PciBar registers)
    {
        PagesOf(registers, out var first, out var pages);
        foreach (var other in _devices.AsSpan(0, _count))
        {
            for (var i = 0; i < PciFunction.MaxBars && other != device; i++)
            {
                var bar = other!.Bar(i);
                if (!bar.IsUsable || bar.IsIo)
                    continue;

                PagesOf(bar, out var otherFirst, out var otherPages);
                if (first < otherFirst + otherPages && otherFirst < first + pages)
                    return true;
            }
        }

        return false;
    }

    private static void PagesOf(PciBar registers, out ulong first, out ulong pages)
    {
        first = registers.Address >> PageShift;
        pages = ((registers.Address + registers.Size - 1) >> PageShift) - first + 1;
    }
}
