using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

// Devices that an IOMMU confines: each has a device context, which the root task keeps for ever, and its component one DMA space.
internal sealed partial class Manager
{
    private const int MaxDevices = 256;

    // What devices see lies below 4 GiB, which all of them reach, and not where messages go: 16 MiB to 3.5 GiB.
    private const ulong FirstDevicePage = 0x1000;
    private const ulong EndOfDevicePages = 0xe_0000;
    private const ulong LargePage = 512;
    private const int NobodysDevice = -1;

    private readonly ConfinedDevice[] _devices = new ConfinedDevice[MaxDevices];
    private int _deviceCount;

    private struct ConfinedDevice
    {
        internal uint Requester;
        internal DeviceContext Context;
        internal int Component;
    }

    // Once per device and life of its driver, before it may master the bus.
    private ContractStatus Confine(ComponentSlot slot, uint requester, Request request)
    {
        var index = FindDevice(requester);
        if (index == NobodysDevice)
        {
            var isAllowed = slot.Line.LearnsAddresses && !slot.IsConfined;
            Log.Write(LogLevel.Warning, $"nothing fences device {requester:x} of {slot.Name}{(isAllowed ? "" : ", which must not have it then")}");
            if (!isAllowed)
                return ContractStatus.Denied;

            slot.UnfencedDevices++;
            return ContractStatus.Ok;
        }

        if (slot.UnfencedDevices != 0)
            return ContractStatus.Denied;

        if (!slot.IsConfined)
        {
            var status = slot.Child.CreateDeviceSpace();
            if (status != Status.SUCCESS)
                return ContractStatus.Exhausted;

            slot.DeviceAddresses ??= new PageAllocator(DataspaceTable.MaxDataspaces + DataspaceTable.MaxShares + 1);
            slot.DeviceAddresses.Clear();
            slot.DeviceAddresses.Add(FirstDevicePage, EndOfDevicePages - FirstDevicePage);
            slot.IsConfined = true;
        }

        if (_devices[index].Context.Assign(slot.Child.DeviceSpace) != Status.SUCCESS)
            return ContractStatus.Exhausted;

        _devices[index].Component = slot.Number;
        request.Result = 1;
        return ContractStatus.Ok;
    }

    // The device's context, new or known; NobodysDevice if nothing fences it.
    private int FindDevice(uint requester)
    {
        for (var i = 0; i < _deviceCount; i++)
        {
            if (_devices[i].Requester == requester)
                return i;
        }

        if (_deviceCount == MaxDevices || (RootTask.Information.Features & PlatformFeatures.DeviceContexts) == 0)
            return NobodysDevice;

        var context = new DeviceContext(RootTask.TakeSelector());
        if (DeviceContext.Create(context.Selector, RootTask.Domain, requester, requester) != Status.SUCCESS || context.Watch(_wake) != Status.SUCCESS)
            return NobodysDevice;

        _devices[_deviceCount] = new ConfinedDevice { Requester = requester, Context = context, Component = NobodysDevice };
        return _deviceCount++;
    }

    // Its devices reach nothing any more when this returns, whatever they have been told: its memory may be used again at once.
    private void StopDevices(ComponentSlot slot)
    {
        for (var i = 0; i < _deviceCount; i++)
        {
            if (_devices[i].Component != slot.Number)
                continue;

            _ = _devices[i].Context.Remove();
            _devices[i].Component = NobodysDevice;
        }

        slot.UnfencedDevices = 0;
        slot.IsConfined = false;
    }

    // The address that the component's devices see; they see the whole of it, in one piece, from the first time on.
    private static ContractStatus LocateForDevices(ComponentSlot slot, Dataspace dataspace, DataspaceShare? share, Request request)
    {
        var page = share?.DevicePage ?? dataspace.OwnerDevicePage;
        if (page == 0)
        {
            var alignment = dataspace.Pages >= LargePage ? LargePage : 1;
            if (!slot.DeviceAddresses!.TryTake(dataspace.Pages, alignment, out page))
                return ContractStatus.Exhausted;

            var permissions = share == null || share.IsWritable ? ReadWrite : MemoryPermissions.R;
            var at = page;
            for (var i = 0; i < dataspace.Extents; i++)
            {
                if (slot.Child.MapForDevices(at, dataspace[i].First, dataspace[i].Pages, permissions) != Status.SUCCESS)
                {
                    Withdraw(slot, dataspace, page);
                    return ContractStatus.Exhausted;
                }

                at += dataspace[i].Pages;
            }

            if (share != null)
                share.DevicePage = page;
            else
                dataspace.OwnerDevicePage = page;
        }

        request.Result = page + request.C;
        request.SecondResult = dataspace.Pages - request.C;
        return ContractStatus.Ok;
    }

    private static void Withdraw(ComponentSlot slot, Dataspace dataspace, ulong devicePage)
    {
        if (devicePage == 0)
            return;

        slot.Child.UnmapForDevices(devicePage, dataspace.Pages);
        slot.DeviceAddresses?.Add(devicePage, dataspace.Pages);
    }

    // The kernel rings at a device's first fault, and is silent until it is asked.
    private void ReportFaults()
    {
        for (var i = 0; i < _deviceCount; i++)
        {
            if (_devices[i].Context.Look(out var faults) != Status.SUCCESS || faults.Count == 0)
                continue;

            var component = _devices[i].Component;
            var name = component == NobodysDevice ? "nobody"u8 : Slots[component].Name;
            Log.Write(LogLevel.Warning, $"device {_devices[i].Requester:x} of {name} was kept from {Text(faults.Fault)} 0x{faults.Address:x}");
        }
    }

    private static string Text(DeviceFault fault) => fault switch
    {
        DeviceFault.Read => "reading",
        DeviceFault.Write => "writing",
        DeviceFault.Interrupt => "sending the message",
        _ => "flooding its driver with interrupt",
    };
}
