namespace Kilonova.Kernel;

/// <summary>
/// assign_int (specification, section 5.5.2). RDI: selector and flags, RSI: CPU, RDX: authorised device; RSI and RDX return the address
/// and data that the device must send, 0 for a pin.
/// </summary>
public static unsafe class AssignInterrupt
{
    [RuntimeExport("hypercall_assign_int")]
    public static void Enter(ExecutionContext* ec)
    {
        ulong identifier = ec->Registers.Rdi;
        Capability capability = ObjectSpace.Lookup(ec->Objects, identifier >> HypercallRegister.SelectorShift);
        if (!capability.Is(ObjectType.Semaphore, (uint)SmPermissions.ASSIGN) || ((Semaphore*)capability.Object)->InterruptPlusOne == 0)
        {
            ec->Registers.Rdi = (ulong)Status.BAD_CAP;
            return;
        }

        uint number = ((Semaphore*)capability.Object)->InterruptPlusOne - 1;
        ulong device = number < Interrupts.Pins ? Iommu.AnySource : (ushort)ec->Registers.Rdx;
        ec->Registers.Rdi = (ulong)Assign(ec, number, device, ec->Registers.Rsi, (uint)(identifier >> HypercallRegister.FlagsShift));
    }

    /// <summary>Routes an interrupt of a device to a CPU for a hypercall, which gets the message's address and data.</summary>
    public static Status Assign(ExecutionContext* ec, uint number, ulong device, ulong cpu, uint flags)
    {
        Status status = Interrupts.Assign(
            number, cpu < Machine.CpuCount ? (uint)cpu : uint.MaxValue, flags & (uint)HypercallRegister.FlagsMask, device, out uint address, out uint data);
        if (status == Status.SUCCESS)
        {
            ec->Registers.Rsi = address;
            ec->Registers.Rdx = data;
        }

        return status;
    }
}
