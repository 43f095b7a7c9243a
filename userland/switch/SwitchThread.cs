using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Devices;
using Kilonova.Net;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Switching;

/// <summary>
/// The switch's only thread that touches ports and sessions' memory. It sleeps on one bell, rung by clients, drivers and the root task. Each
/// round gives each port the same turn.
/// </summary>
internal sealed class SwitchThread
{
    private readonly PacketSwitch<PortMemory> _switch;
    private readonly NetServer _server;
    private readonly ComponentPort[] _ports;
    private readonly Controller[] _controllers;

    internal SwitchThread(PortPolicy[] policies)
    {
        var controllers = 0;
        foreach (var policy in policies)
            controllers += policy.IsUplink ? 1 : 0;

        _switch = new PacketSwitch<PortMemory>(policies.Length);
        _controllers = new Controller[controllers];
        _ports = new ComponentPort[policies.Length - controllers];
        _server = new NetServer(_ports.Length);
        var (controller, port) = (0, 0);
        foreach (var policy in policies)
        {
            if (policy.IsUplink)
            {
                _controllers[controller++] = new Controller(new UplinkPort<PortMemory>(_switch, policy), Bell);
                continue;
            }

            _ports[port] = new ComponentPort(new ClientPort<PortMemory>(_switch, policy), Bell);
            _server.Add(_ports[port++]);
        }
    }

    /// <summary>Rung for everything.</summary>
    internal Semaphore Bell { get; } = Component.NewSemaphore();

    /// <summary>For any thread: a port of a session's client, counted among its own from 0 on; null when it has none of that number.</summary>
    internal NetPort? Find(ulong session, uint nic)
    {
        Span<byte> name = stackalloc byte[StartPage.MaxName];
        if (Component.Parent.Client(session, name, out var length) != ContractStatus.Ok)
            return null;

        foreach (var port in _ports)
        {
            if (port.Port.Policy.Client.SequenceEqual(name.Slice(0, length)) && nic-- == 0)
                return port;
        }

        return null;
    }

    /// <summary>Serves for ever.</summary>
    internal void Run()
    {
        while (true)
        {
            _server.TakeSessions();
            var now = default(SystemClock).Now;
            _switch.Now = now;
            var more = Serve(now, out var next);
            _server.CloseBroken();
            if (!more && !Arm())
                _ = Bell.DownToZero(SystemClock.Deadline(next));
        }
    }

    private bool Serve(ulong now, out ulong next)
    {
        next = 0;
        var more = false;
        foreach (var controller in _controllers)
        {
            more |= controller.Serve(now);
            next = SystemClock.Earlier(next, controller.NextTime);
        }

        foreach (var port in _ports)
        {
            port.Port.Advance();
            more |= port.Session.Serve();
            next = SystemClock.Earlier(next, port.Port.NextTime);
        }

        // What one sent this round, others have got.
        foreach (var port in _ports)
            port.Session.Deliver();

        foreach (var controller in _controllers)
            controller.Show();

        return more;
    }

    private bool Arm()
    {
        var found = _server.Arm();
        foreach (var controller in _controllers)
            found |= controller.Arm();

        return found;
    }
}
