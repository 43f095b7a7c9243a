using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

// Memory that components share. Policy and life are in DataspaceTable; here are pages and mappings.
internal sealed partial class Manager
{
    private const uint MaxAlignment = 18;
    private const ulong PagesPerPreparation = 512;
    private const ulong PagesBelow4GiB = 0x10_0000;

    private static ulong GraceTicks => RootTask.Information.StcFrequency / MillisecondsPerSecond * GraceMilliseconds;

    private ContractStatus ServeDataspace(ComponentSlot slot, Request request) => request.Kind switch
    {
        RequestKind.CreateDataspace => CreateDataspace(slot, request),
        RequestKind.PrepareDataspace => Prepare(_dataspaces.Find(request.A, slot.Number)),
        RequestKind.AttachDataspace => Attach(slot, request),
        RequestKind.ShareDataspace => Share(slot, request),
        RequestKind.TakeShared => TakeShared(slot, request),
        RequestKind.Release => Release(slot, request.A),
        RequestKind.DestroyDataspace => Destroy(slot, _dataspaces.Find(request.A, slot.Number)),
        RequestKind.LocateDataspace => Locate(slot, request),
        RequestKind.Quiet => Quiet(slot),
        _ => ContractStatus.UnknownOperation,
    };

    private ContractStatus CreateDataspace(ComponentSlot slot, Request request)
    {
        if (request.A == 0 || request.B > MaxAlignment)
            return ContractStatus.InvalidArgument;

        var status = Allocate(slot, request.A, 1ul << (int)request.B, (DataspaceKinds)request.C, out var dataspace);
        request.Result = dataspace?.Number ?? 0;
        return status;
    }

    private ContractStatus Allocate(ComponentSlot slot, ulong pages, ulong alignment, DataspaceKinds kinds, out Dataspace? dataspace)
    {
        dataspace = slot.Memory.CanCharge(pages) ? _dataspaces.Create(slot.Number) : null;
        if (dataspace == null)
            return ContractStatus.Exhausted;

        var limit = (kinds & DataspaceKinds.Low) != 0 ? PagesBelow4GiB : ulong.MaxValue;
        var isContiguous = (kinds & DataspaceKinds.Contiguous) != 0;
        while (dataspace.Pages < pages)
        {
            var rest = pages - dataspace.Pages;
            ulong piece;
            if (!(isContiguous ? TryTakeWhole(rest, alignment, limit, out var first, out piece) : _pages.TryTakePiece(rest, alignment, out first, out piece, limit)))
                break;

            if (dataspace.TryAdd(first, piece))
                continue;

            _pages.Add(first, piece);
            break;
        }

        if (dataspace.Pages < pages)
        {
            Free(dataspace);
            dataspace = null;
            return ContractStatus.Exhausted;
        }

        _ = slot.Memory.TryCharge(pages);
        return ContractStatus.Ok;
    }

    private bool TryTakeWhole(ulong wanted, ulong alignment, ulong limit, out ulong first, out ulong pages)
    {
        pages = wanted;
        return _pages.TryTake(wanted, alignment, out first, limit);
    }

    // A bounded piece of work, so that large memory keeps nobody else waiting.
    private static ContractStatus Prepare(Dataspace? dataspace)
    {
        if (dataspace == null)
            return ContractStatus.NotFound;

        var budget = PagesPerPreparation;
        while (budget != 0 && dataspace.TryLocate(dataspace.Cleared, out var first, out var pages))
        {
            pages = Math.Min(pages, budget);
            MachinePages.Clear(first, pages);
            dataspace.Cleared += pages;
            budget -= pages;
        }

        return dataspace.IsReady ? ContractStatus.Ok : ContractStatus.Busy;
    }

    private ContractStatus Attach(ComponentSlot slot, Request request)
    {
        var (session, page) = (request.B, request.C);
        var share = session == 0 ? null : _dataspaces.FindShare(request.A, session, slot.Number);
        var dataspace = session == 0 ? _dataspaces.Find(request.A, slot.Number) : share?.Dataspace;
        if (dataspace == null)
            return ContractStatus.NotFound;

        if ((share?.Page ?? dataspace.OwnerPage) != 0)
            return ContractStatus.Exists;

        if (!dataspace.IsReady || dataspace.Pages != request.D || !slot.Memory.TryPlaceShared(page, dataspace.Pages))
            return ContractStatus.InvalidArgument;

        if (!TryMap(slot, dataspace, page, share == null || share.IsWritable ? ReadWrite : MemoryPermissions.R))
        {
            Detach(slot, dataspace, page, 0);
            return ContractStatus.Exhausted;
        }

        if (share != null)
            share.Page = page;
        else
            dataspace.OwnerPage = page;

        return ContractStatus.Ok;
    }

    // Straight from the machine's memory into each who sees it: nobody's mapping descends from anybody else's.
    private static bool TryMap(ComponentSlot slot, Dataspace dataspace, ulong page, MemoryPermissions permissions)
    {
        for (var i = 0; i < dataspace.Extents; i++)
        {
            if (slot.Child.Map(page, dataspace[i].First, dataspace[i].Pages, permissions) != Status.SUCCESS)
                return false;

            page += dataspace[i].Pages;
        }

        return true;
    }

    private static void Detach(ComponentSlot slot, Dataspace dataspace, ulong page, ulong devicePage)
    {
        Withdraw(slot, dataspace, devicePage);
        slot.Child.Unmap(page, dataspace.Pages);
        slot.Memory.RemoveShared(page);
    }

    private ContractStatus Share(ComponentSlot slot, Request request)
    {
        var dataspace = _dataspaces.Find(request.A, slot.Number);
        var session = _services.FindSession(request.B);
        if (dataspace == null || session == null || session.Client != slot.Number)
            return ContractStatus.NotFound;

        if (session.Server < 0 || !dataspace.IsReady)
            return ContractStatus.InvalidArgument;

        if (_dataspaces.Share(dataspace, session.Number, session.Server, request.C != 0, (uint)request.D) == null)
            return ContractStatus.Exhausted;

        Attract(session);
        return ContractStatus.Ok;
    }

    private ContractStatus TakeShared(ComponentSlot slot, Request request)
    {
        const int HalfShift = 32;
        var share = _dataspaces.TakeUntold(slot.Number);
        if (share == null)
            return ContractStatus.NotFound;

        request.Result = share.Session;
        request.SecondResult = share.Dataspace!.Number;
        request.ThirdResult = share.Dataspace.Pages | ((ulong)share.Purpose << HalfShift);
        return ContractStatus.Ok;
    }

    private ContractStatus Release(ComponentSlot slot, ulong session)
    {
        foreach (var share in _dataspaces.Shares)
        {
            if (share.Dataspace == null || share.Session != session || share.Server != slot.Number || share.IsQuarantined)
                continue;

            if (share.Page != 0)
                Detach(slot, share.Dataspace, share.Page, share.DevicePage);

            DataspaceTable.End(share);
        }

        FreeDataspaces();
        return ContractStatus.Ok;
    }

    private ContractStatus Destroy(ComponentSlot slot, Dataspace? dataspace)
    {
        if (dataspace == null)
            return ContractStatus.NotFound;

        if (_dataspaces.IsHeld(dataspace) || _dataspaces.IsQuarantined(dataspace))
            return ContractStatus.Busy;

        if (dataspace.OwnerPage != 0)
            Detach(slot, dataspace, dataspace.OwnerPage, dataspace.OwnerDevicePage);

        slot.Memory.Discharge(dataspace.Pages);
        Free(dataspace);
        return ContractStatus.Ok;
    }

    private ContractStatus Locate(ComponentSlot slot, Request request)
    {
        if (!slot.IsConfined && !slot.Line.LearnsAddresses)
            return ContractStatus.Denied;

        var share = request.B == 0 ? null : _dataspaces.FindShare(request.A, request.B, slot.Number);
        var dataspace = request.B == 0 ? _dataspaces.Find(request.A, slot.Number) : share?.Dataspace;
        if (dataspace == null || (share?.Page ?? dataspace.OwnerPage) == 0)
            return ContractStatus.NotFound;

        if (!dataspace.TryLocate(request.C, out var first, out var pages))
            return ContractStatus.InvalidArgument;

        if (slot.IsConfined)
            return LocateForDevices(slot, dataspace, share, request);

        if (share != null)
            share.ServerKnows = true;
        else
            dataspace.OwnerKnows = true;

        request.Result = first;
        request.SecondResult = pages;
        return ContractStatus.Ok;
    }

    private ContractStatus Quiet(ComponentSlot slot)
    {
        _dataspaces.Quiet(slot.Number);
        FreeDataspaces();
        return ContractStatus.Ok;
    }

    // After its domain is gone, and with it all that it had mapped.
    private void EndDataspaces(ComponentSlot slot)
    {
        _dataspaces.EndComponent(slot.Number);
        FreeDataspaces();
    }

    private void EndOverdue()
    {
        var share = _dataspaces.FindOverdue(Platform.Time);
        while (share != null)
        {
            var slot = Slots[share.Server];
            Log.Write($"{slot.Name} does not let go of memory of {Slots[share.Dataspace!.Owner].Name}");
            End(slot, EndOfLife.Failed);
            share = _dataspaces.FindOverdue(Platform.Time);
        }
    }

    private void FreeDataspaces()
    {
        for (var dataspace = _dataspaces.TakeFree(); dataspace != null; dataspace = _dataspaces.TakeFree())
        {
            Free(dataspace);
            var owner = Slots[dataspace.Owner];
            if (owner.AwaitsMemory)
                owner.RestartAt = Platform.Time;
        }
    }

    private void Free(Dataspace dataspace)
    {
        for (var i = 0; i < dataspace.Extents; i++)
            _pages.Add(dataspace[i].First, dataspace[i].Pages);

        _dataspaces.Remove(dataspace);
    }
}
