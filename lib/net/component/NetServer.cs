using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Net;

/// <summary>
/// The sessions of a server of the net contract: who wants which port, their rings and memory, and their ends. One thread at a time, the only
/// one that touches sessions' memory. A session has one port.
/// </summary>
public sealed class NetServer
{
    private readonly NetPort[] _ports;
    private ulong _seen = ulong.MaxValue;
    private int _count;

    /// <summary>A server of so many ports at most.</summary>
    public NetServer(int ports) => _ports = new NetPort[ports];

    /// <summary>The ports, in the order in which they were added.</summary>
    public ReadOnlySpan<NetPort> Ports => _ports.AsSpan(0, _count);

    /// <summary>Adds a port, before the service is offered.</summary>
    public void Add(NetPort port) => _ports[_count++] = port;

    /// <summary>Ends sessions that have ended, and begins those that have come.</summary>
    public void TakeSessions()
    {
        DropStaleWishes();
        var attention = Component.Attention;
        if (attention == _seen)
            return;

        _seen = attention;
        while (Component.Parent.TakeClosed(out var number) == ContractStatus.Ok)
            End(number);

        TakeShared();
    }

    /// <summary>Ends sessions whose client writes nonsense.</summary>
    public void CloseBroken()
    {
        foreach (var port in Ports)
        {
            if (port.Session.Number != 0 && port.Channel.IsAttached && port.Channel.IsBroken)
                Break(port.Session.Number);
        }
    }

    /// <summary>Announces that the server sleeps.</summary>
    /// <returns>True where there is something to do after all.</returns>
    public bool Arm()
    {
        var found = false;
        foreach (var port in Ports)
            found |= port.Session.Arm();

        return found;
    }

    private void DropStaleWishes()
    {
        Span<byte> name = stackalloc byte[StartPage.MaxName];
        foreach (var port in Ports)
        {
            var wanted = port.TakeContest();
            if (wanted != 0 && Component.Parent.Client(wanted, name, out _) == ContractStatus.NotFound)
                port.DropWish(wanted);
        }
    }

    private void End(ulong number)
    {
        var port = FindSession(number);
        foreach (var other in Ports)
            other.DropWish(number);

        if (port == null)
        {
            _ = Component.Parent.Release(number);
            return;
        }

        // A device that cannot even be reset takes the server with it: its next life gets it stopped.
        if (!port.Session.TryClose())
            Faults.Fail("a device does not let go of its packets"u8);

        port.End();
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
            // The wish came before, by a call that has returned.
            foreach (var other in Ports)
                other.TakeWish(number);

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

    // Pages that the client lets this server only read are pages that a device must only read.
    private static bool TryAttachData(NetPort port, ulong session, ulong dataspace, uint pages)
    {
        if (port.Data.Number != 0
            || Dataspace.Attach(dataspace, session, pages, Dataspace.AlignmentFor(pages), out var data) != ContractStatus.Ok)
            return false;

        port.Data = data;
        var isWritable = Extension.Lookup(ComponentSelectors.HostSpace, data.Page, out var mapping) == Status.SUCCESS
            && (mapping.Permissions & (uint)MemoryPermissions.W) != 0;
        port.Session.Memory.Clear(isWritable);
        return port.TryUse(port.Session.Memory, data, session);
    }

    private NetPort? FindSession(ulong number)
    {
        foreach (var port in Ports)
        {
            if (number != 0 && port.Session.Number == number)
                return port;
        }

        return null;
    }
}
