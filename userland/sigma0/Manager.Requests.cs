using System;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Sigma0;

// What components ask for. Every number that they give is checked here or by the kernel.
internal sealed partial class Manager
{
    private const uint AllPermissions = (uint)HypercallRegister.PermissionMask;

    private ContractStatus Serve(Request request)
    {
        if (request.Kind >= RequestKind.MapRegisters)
            return ServeMachine(request);

        if (request.Kind >= RequestKind.Start)
            return Control(request);

        var slot = Slots[request.Caller.Component];
        if (slot.State != ComponentState.Running || (uint)slot.Life != request.Caller.Life)
            return ContractStatus.Aborted;

        switch (request.Kind)
        {
            case >= RequestKind.CreateDataspace:
                return ServeDataspace(slot, request);
            case RequestKind.TakeBell:
                return TakeBell(slot, request.A, request.B);
            case >= RequestKind.RequestTime:
                return ServeTime(slot, request);
            case RequestKind.Map:
                return Map(slot, request.A, request.B);
            case RequestKind.Unmap:
                return Unmap(slot, request.A);
            case RequestKind.Open:
                return Open(slot, request);
            case RequestKind.Close:
                return Close(slot, request.A);
            case RequestKind.Offer:
                return Offer(slot, request);
            case RequestKind.Client:
                return FindClient(slot, request);
            case RequestKind.TakeClosed:
                if (!_services.TryTakeClosed(slot.Number, out var number))
                    return ContractStatus.NotFound;

                request.Result = number;
                return ContractStatus.Ok;
            case RequestKind.Exit:
                End(slot, request.A == 0 ? EndOfLife.Done : EndOfLife.Failed);
                return ContractStatus.Ok;
            default:
                return ContractStatus.UnknownOperation;
        }
    }

    // The caller is a session of the control service, whose client the manifest has let in.
    private ContractStatus Control(Request request)
    {
        if (request.Kind == RequestKind.PowerOff)
        {
            LogPrinter.Drain(Platform.Time + RootTask.Information.StcFrequency);
            PowerOff.Now(PowerOff.Success);
        }

        var slot = Find(request.Text);
        if (slot == null)
            return ContractStatus.NotFound;

        if (request.Kind == RequestKind.Order)
            return Order(slot, (GuestOrder)request.A);

        if (request.Kind == RequestKind.Define)
            return Define(slot, request.Definition);

        if (request.Kind == RequestKind.Start)
        {
            if (slot.State == ComponentState.Running)
                return ContractStatus.Busy;

            slot.Governor.Forget();
            TryStart(slot);
            return slot.State is ComponentState.Running or ComponentState.Restarting ? ContractStatus.Ok : ContractStatus.Failed;
        }

        var isStop = request.Kind == RequestKind.Stop;
        if (slot.State == ComponentState.Running)
            End(slot, isStop ? EndOfLife.Stopped : EndOfLife.Killed);
        else if (isStop && slot.State == ComponentState.Restarting)
            slot.State = ComponentState.Stopped;
        else
            return ContractStatus.NotFound;

        return ContractStatus.Ok;
    }

    private ContractStatus Map(ComponentSlot slot, ulong page, ulong pages)
    {
        if (!slot.Memory.CanAdd(page, pages))
            return ContractStatus.Exhausted;

        if (TryMap(slot, page, pages, ReadWrite, out var physical))
            return ContractStatus.Ok;

        if (physical != 0)
            _ = Unmap(slot, page);

        return ContractStatus.Exhausted;
    }

    private ContractStatus Unmap(ComponentSlot slot, ulong page)
    {
        if (!slot.Memory.TryRemove(page, out var region))
            return ContractStatus.NotFound;

        slot.Child.Unmap(region.Page, region.Pages);
        _pages.Add(region.Physical, region.Pages);
        return ContractStatus.Ok;
    }

    private ContractStatus Open(ComponentSlot slot, Request request)
    {
        var status = _services.Open(slot.Number, slot.Line, request.Text, out var session);
        if (session == null)
        {
            if (status == ContractStatus.Denied)
                Log.Write(LogLevel.Warning, $"{slot.Name} may not use {request.Text}");

            return status;
        }

        if (!RootTask.Selectors.TryTake(_sessionOrder, out var portals))
        {
            _services.Forget(session);
            return ContractStatus.Exhausted;
        }

        session.Portals = portals;
        ulong bell = 0;
        if (request.B != 0 && !TryTakeBell(slot, request.B, out bell))
        {
            RevokePortals(session);
            _services.Forget(session);
            return ContractStatus.InvalidArgument;
        }

        session.ClientBell = bell;
        var made = 0;

        // Without a CPU in common there are no portals: all goes through rings.
        var common = session.Server < 0 ? slot.Cpus : slot.Cpus & Slots[session.Server].Cpus;
        for (var cpu = 0u; cpu < _threads.Length; cpu++)
        {
            if ((common >> (int)cpu & 1) != 0 && TryMakePortal(slot, session, cpu, request.A))
                made++;
        }

        if (made == 0 && common != 0)
        {
            RevokePortals(session);
            TakeBellsBack(session);
            _services.Forget(session);
            return ContractStatus.Exhausted;
        }

        request.Result = session.Number;
        return ContractStatus.Ok;
    }

    // The client pays for the portal; the server said, at its offer, which thread answers on which CPU.
    private bool TryMakePortal(ComponentSlot client, Session session, uint cpu, ulong selector)
    {
        var thread = _threads[cpu].Calls;
        if (session.Server >= 0)
        {
            thread = _borrowed;
            if (Slots[session.Server].Child.Take(session.Service.Threads + cpu, thread, (uint)EcPermissions.BIND_PT) != Status.SUCCESS)
                return false;
        }

        var portal = session.Portals + cpu;
        var status = client.Child.Bind(portal, thread, session.Service.Entry, session.Number, Mtd.None);
        if (session.Server >= 0)
            _ = RootTask.ObjectSpace.Remove(_borrowed, 0);

        if (status == Status.SUCCESS)
            status = client.Child.Grant(portal, selector + cpu, 0, (uint)PtPermissions.CALL);

        return status == Status.SUCCESS;
    }

    private ContractStatus Close(ComponentSlot slot, ulong number)
    {
        var session = _services.FindSession(number);
        if (session == null || (session.Client != slot.Number && session.Server != slot.Number))
            return ContractStatus.NotFound;

        if (session.Client == slot.Number)
        {
            Close(session);
            return ContractStatus.Ok;
        }

        Break(session);
        _dataspaces.EndSession(session.Number, Platform.Time + GraceTicks);
        _services.Forget(session);
        return ContractStatus.Ok;
    }

    private void Close(Session session)
    {
        RevokePortals(session);
        TakeBellsBack(session);
        LogPrinter.Detach(session.Number);
        _dataspaces.EndSession(session.Number, Platform.Time + GraceTicks);
        _services.Close(session);
        if (session.IsClosed)
            Attract(session);
    }

    // The server looks what there is before it sleeps, so the counter is raised first.
    private void Attract(Session session)
    {
        ref var attention = ref MachinePages.StartPage(Slots[session.Server].StartPage).Attention;
        Volatile.Write(ref attention, attention + 1);
        if (session.Service.Bell != 0)
            _ = new Semaphore(session.Service.Bell).Up();
    }

    // Each end gets the other's bell through a capability that ends with the session.
    private ContractStatus TakeBell(ComponentSlot slot, ulong number, ulong selector)
    {
        var session = _services.FindSession(number);
        if (session == null || (session.Client != slot.Number && session.Server != slot.Number))
            return ContractStatus.NotFound;

        var isClient = session.Client == slot.Number;
        if (isClient && session.ServerBell == 0 && session.Service.Bell != 0)
        {
            if (!RootTask.Selectors.TryTake(0, out var own))
                return ContractStatus.Exhausted;

            session.ServerBell = own;
            if (RootTask.ObjectSpace.Delegate(RootTask.ObjectSpace, session.Service.Bell, own, 0, (uint)SmPermissions.CTRL_UP) != Status.SUCCESS)
                return ContractStatus.Exhausted;
        }

        var bell = isClient ? session.ServerBell : session.ClientBell;
        if (bell == 0)
            return ContractStatus.NotFound;

        return slot.Child.Grant(bell, selector, 0, (uint)SmPermissions.CTRL_UP) == Status.SUCCESS
            ? ContractStatus.Ok
            : ContractStatus.Exhausted;
    }

    private static bool TryTakeBell(ComponentSlot slot, ulong selector, out ulong bell)
    {
        if (!RootTask.Selectors.TryTake(0, out bell))
            return false;

        if (slot.Child.Take(selector, bell, (uint)SmPermissions.CTRL_UP) == Status.SUCCESS)
            return true;

        RootTask.Selectors.Return(bell, 0);
        bell = 0;
        return false;
    }

    private static void TakeBellsBack(Session session)
    {
        TakeBellBack(session.ClientBell);
        TakeBellBack(session.ServerBell);
        session.ClientBell = 0;
        session.ServerBell = 0;
    }

    private static void TakeBellBack(ulong bell)
    {
        if (bell == 0)
            return;

        _ = Extension.Revoke(RootTask.ObjectSpace.Selector, bell, 0, AllPermissions, true);
        RootTask.Selectors.Return(bell, 0);
    }

    // From everybody who has them.
    private void RevokePortals(Session session)
    {
        for (var i = 0ul; i < 1ul << _sessionOrder; i++)
            _ = Extension.Revoke(RootTask.ObjectSpace.Selector, session.Portals + i, 0, AllPermissions, true);

        RootTask.Selectors.Return(session.Portals, _sessionOrder);
        session.Portals = 0;
    }

    private ContractStatus Offer(ComponentSlot slot, Request request)
    {
        ulong bell = 0;
        if (request.C != 0 && !TryTakeBell(slot, request.C, out bell))
            return ContractStatus.InvalidArgument;

        var status = _services.Offer(slot.Number, slot.Line, request.Text, request.A, request.B, bell, out _);
        if (status != ContractStatus.Ok)
            TakeBellBack(bell);

        if (status == ContractStatus.Denied)
            Log.Write(LogLevel.Warning, $"{slot.Name} may not offer {request.Text}");

        return status;
    }

    private ContractStatus FindClient(ComponentSlot slot, Request request)
    {
        var session = _services.FindSession(request.A);
        if (session == null || session.Server != slot.Number)
            return ContractStatus.NotFound;

        request.Result = (ulong)session.Client;
        return ContractStatus.Ok;
    }

    // A component ends: the servers of its sessions are told, the clients of its services find their portals gone.
    private void CloseSessions(ComponentSlot slot)
    {
        foreach (var session in _services.Sessions)
        {
            if (session.Number == 0 || session.IsClosed)
                continue;

            if (session.Server == slot.Number)
                Break(session);
            else if (session.Client == slot.Number)
                Close(session);
        }

        foreach (var offer in _services.Offers)
        {
            if (offer.Server == slot.Number)
                TakeBellBack(offer.Bell);
        }

        _services.RemoveServer(slot.Number);
    }

    // The server is gone, or does not want its client. The client is told after it has lost portals and bell, so that it finds them lost.
    private void Break(Session session)
    {
        RevokePortals(session);
        TakeBellBack(session.ServerBell);
        session.ServerBell = 0;
        if (session.ClientBell != 0)
            _ = new Semaphore(session.ClientBell).Up();

        TakeBellsBack(session);
    }
}
