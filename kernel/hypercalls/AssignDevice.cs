namespace Kilonova.Kernel;

/// <summary>assign_dev (specification, section 5.5.3): without an IOMMU every address of one is wrong.</summary>
public static unsafe class AssignDevice
{
    [RuntimeExport("hypercall_assign_dev")]
    public static void Enter(ExecutionContext* ec) =>
        ec->Registers.Rdi = (ulong)(ec->Domain == Machine.Root ? Status.BAD_DEV : Status.BAD_HYP);
}
