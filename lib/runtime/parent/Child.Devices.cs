using Kilonova.Abi;
using Kilonova.Nova;

namespace Kilonova.Runtime;

// What the devices of a child see that an IOMMU confines.
public sealed partial class Child
{
    /// <summary>What its devices see, at the child's expense; nobody but the root task fills it.</summary>
    public DmaSpace DeviceSpace => new(_selectors + ChildSelectors.DmaSpace);

    /// <summary>Creates the space.</summary>
    /// <returns>BAD_FTR: the machine has no IOMMU.</returns>
    public Status CreateDeviceSpace() => DmaSpace.Create(DeviceSpace.Selector, Domain);

    /// <summary>Lets its devices see physical pages, in the largest naturally aligned pieces.</summary>
    public Status MapForDevices(ulong page, ulong physical, ulong pages, MemoryPermissions permissions)
    {
        while (pages != 0)
        {
            var order = OrderOf(page | physical, pages);
            var status = RootTask.NovaHostSpace.Delegate(DeviceSpace, physical, page, order, permissions);
            if (status != Status.SUCCESS)
                return status;

            page += 1ul << (int)order;
            physical += 1ul << (int)order;
            pages -= 1ul << (int)order;
        }

        return Status.SUCCESS;
    }

    /// <summary>Takes pages away from its devices. When this returns none of them reaches any.</summary>
    public void UnmapForDevices(ulong page, ulong pages)
    {
        while (pages != 0)
        {
            var order = OrderOf(page, pages);
            _ = DeviceSpace.Remove(RootTask.NovaHostSpace, page, order);
            page += 1ul << (int)order;
            pages -= 1ul << (int)order;
        }
    }

    private static uint OrderOf(ulong alignment, ulong pages)
    {
        var order = 0;
        while (order < MaxOrder && (alignment & ((2ul << order) - 1)) == 0 && 2ul << order <= pages)
            order++;

        return (uint)order;
    }
}
