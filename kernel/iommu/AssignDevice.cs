namespace Kilonova.Kernel;

/// <summary>
/// assign_dev (specification, section 5.5.3). RDI: DMA space, RSI: page of the IOMMU in bits 63-12, RDX: device. Root domain only.
/// </summary>
public static unsafe class AssignDevice
{
    [RuntimeExport("hypercall_assign_dev")]
    public static void Enter(ExecutionContext* ec) => ec->Registers.Rdi = (ulong)Assign(ec);

    private static Status Assign(ExecutionContext* ec)
    {
        if (ec->Domain != Machine.Root)
            return Status.BAD_HYP;

        VtdUnit* unit = Iommu.UnitAt(ec->Registers.Rsi >> HypercallRegister.BaseShift);
        if (unit == null)
            return Status.BAD_DEV;

        Capability space = ObjectSpace.Lookup(ec->Objects, ec->Registers.Rdi >> HypercallRegister.SelectorShift);
        if (!space.Is(ObjectType.DmaSpace, (uint)SpacePermissions.ASSIGN))
            return Status.BAD_CAP;

        ulong device = ec->Registers.Rdx;
        return device <= uint.MaxValue && DeviceScopes.UnitOf((uint)device) == unit && !DeviceContext.Has((uint)device)
            ? Iommu.Assign(unit, (uint)device, (uint)device, (HostSpace*)space.Object)
            : Status.BAD_PAR;
    }
}
