namespace Kilonova.Kernel;

/// <summary>Hypercall 0xf, operation Device (docs/abi.md, Extensions): device contexts. RAX holds what is to be done.</summary>
public static unsafe class ControlDevice
{
    public static Status Perform(ExecutionContext* ec)
    {
        DeviceOperation operation = (DeviceOperation)ec->Registers.Rax;
        if (!Iommu.IsPresent)
            return Status.BAD_HYP;

        if (operation == DeviceOperation.Create)
            return Create(ec);

        if (operation > DeviceOperation.Faults)
            return Status.BAD_PAR;

        Capability capability = ObjectSpace.Lookup(ec->Objects, ec->Registers.Rdi >> HypercallRegister.SelectorShift);
        bool isInterrupt = operation is DeviceOperation.Attach or DeviceOperation.Detach;
        if (!capability.Is(ObjectType.DeviceContext, (uint)(isInterrupt ? DevicePermissions.INT : DevicePermissions.DMA)))
            return Status.BAD_CAP;

        DeviceContext* device = (DeviceContext*)capability.Object;
        Capability other = ObjectSpace.Lookup(ec->Objects, ec->Registers.Rsi);
        switch (operation)
        {
            case DeviceOperation.Assign:
                return other.Is(ObjectType.DmaSpace, (uint)SpacePermissions.ASSIGN)
                    ? Iommu.Assign(device->Unit, device->First, device->Last, (HostSpace*)other.Object)
                    : Status.BAD_CAP;
            case DeviceOperation.Remove:
                Iommu.Remove(device->Unit, device->First, device->Last);
                return Status.SUCCESS;
            case DeviceOperation.Watch:
                if (!other.Is(ObjectType.Semaphore, (uint)SmPermissions.CTRL_UP))
                    return Status.BAD_CAP;

                DeviceContext.Watch(device, (Semaphore*)other.Object);
                return Status.SUCCESS;
            case DeviceOperation.Faults:
                ec->Registers.Rsi = DeviceContext.Look(device, out ec->Registers.Rdx, out ec->Registers.R8);
                return Status.SUCCESS;
        }

        if (!other.Is(ObjectType.Semaphore, (uint)SmPermissions.ASSIGN) || ((Semaphore*)other.Object)->InterruptPlusOne == 0)
            return Status.BAD_CAP;

        uint number = ((Semaphore*)other.Object)->InterruptPlusOne - 1;
        return operation == DeviceOperation.Attach
            ? AssignInterrupt.Assign(ec, number, DeviceContext.SourceOf(device), ec->Registers.R8, (uint)ec->Registers.Rdx)
            : Interrupts.TryDetach(number, DeviceContext.SourceOf(device)) ? Status.SUCCESS : Status.BAD_PAR;
    }

    private static Status Create(ExecutionContext* ec)
    {
        if (ec->Domain != Machine.Root)
            return Status.BAD_HYP;

        ulong selector = ec->Registers.Rdi >> HypercallRegister.SelectorShift;
        ProtectionDomain* owner = Creation.Owner(ec, selector, ec->Registers.Rsi, PdPermissions.PD);
        if (owner == null)
            return Status.BAD_CAP;

        ulong first = ec->Registers.Rdx;
        ulong last = ec->Registers.R8;
        if (first > last || last > uint.MaxValue || first >> 8 != last >> 8)
            return Status.BAD_PAR;

        Status status;
        DeviceContext* device = DeviceContext.Create(owner->Account, (uint)first, (uint)last, &status);
        return device == null ? status : Creation.Publish(ec, selector, &device->Head, (uint)DevicePermissions.All);
    }
}
