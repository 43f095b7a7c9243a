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

        ulong cpu = ec->Registers.Rsi;
        Status status = Interrupts.Assign(
            ((Semaphore*)capability.Object)->InterruptPlusOne - 1,
            cpu < Machine.CpuCount ? (uint)cpu : uint.MaxValue,
            (uint)(identifier >> HypercallRegister.FlagsShift) & (uint)HypercallRegister.FlagsMask,
            (ushort)ec->Registers.Rdx,
            out uint address,
            out uint data);
        if (status == Status.SUCCESS)
        {
            ec->Registers.Rsi = address;
            ec->Registers.Rdx = data;
        }

        ec->Registers.Rdi = (ulong)status;
    }
}
