using Kilonova.Abi;

namespace Kilonova.Nova;

/// <summary>What devices were kept from.</summary>
public struct DeviceFaults
{
    /// <summary>Faults since the last look; 0: the other fields mean nothing.</summary>
    public ulong Count;

    /// <summary>The address of the first.</summary>
    public ulong Address;

    /// <summary>What it was.</summary>
    public DeviceFault Fault;

    /// <summary>The hardware's own reason.</summary>
    public byte Reason;

    /// <summary>Whose it was: segment in bits 31-16, bus, device and function below.</summary>
    public uint Requester;
}

/// <summary>A device context, an extension: consecutive devices of one bus, see <see cref="DeviceOperation"/>.</summary>
public readonly struct DeviceContext
{
    /// <summary>Names the capability at a selector.</summary>
    public DeviceContext(ulong selector) => Selector = selector;

    /// <summary>The selector in the caller's object space.</summary>
    public ulong Selector { get; }

    /// <summary>Creates a context for the owner. BAD_HYP without an IOMMU, BAD_DEV if none confines the devices. Root domain only.</summary>
    /// <param name="selector">Where its capability goes.</param>
    /// <param name="owner">Who pays.</param>
    /// <param name="first">First requester: segment in bits 31-16, bus, device and function below.</param>
    /// <param name="last">Last requester, on the same bus.</param>
    public static Status Create(ulong selector, ProtectionDomain owner, uint first, uint last) =>
        Perform(DeviceOperation.Create, selector, owner.Selector, first, last, out _);

    /// <summary>Puts the devices into a DMA space.</summary>
    public Status Assign(DmaSpace space) => Perform(DeviceOperation.Assign, Selector, space.Selector, 0, 0, out _);

    /// <summary>Takes the devices out of their DMA space.</summary>
    public Status Remove() => Perform(DeviceOperation.Remove, Selector, 0, 0, 0, out _);

    /// <summary>Attaches an interrupt to the devices, and routes it to a CPU.</summary>
    /// <param name="interrupt">The interrupt's semaphore.</param>
    /// <param name="flags">See <see cref="AssignIntFlags"/>.</param>
    /// <param name="cpu">The CPU whose threads will wait.</param>
    /// <param name="messageAddress">For a message, the address to program into the device.</param>
    /// <param name="messageData">For a message, the data to program into the device.</param>
    public Status Attach(Semaphore interrupt, uint flags, uint cpu, out ulong messageAddress, out ulong messageData)
    {
        var status = Perform(DeviceOperation.Attach, Selector, interrupt.Selector, flags, cpu, out var registers);
        messageAddress = registers.Rsi;
        messageData = registers.Rdx;
        return status;
    }

    /// <summary>Detaches an interrupt.</summary>
    public Status Detach(Semaphore interrupt) => Perform(DeviceOperation.Detach, Selector, interrupt.Selector, 0, 0, out _);

    /// <summary>Lets a semaphore be upped at each fault that is noted.</summary>
    public Status Watch(Semaphore bell) => Perform(DeviceOperation.Watch, Selector, bell.Selector, 0, 0, out _);

    /// <summary>Says what the devices were kept from since the last look, and lets it be noted again.</summary>
    public Status Look(out DeviceFaults faults)
    {
        var status = Perform(DeviceOperation.Faults, Selector, 0, 0, 0, out var registers);
        faults.Count = status == Status.SUCCESS ? registers.Rsi : 0;
        faults.Address = registers.Rdx;
        faults.Fault = (DeviceFault)(registers.R8 & DeviceFaultResult.FaultMask);
        faults.Reason = (byte)((registers.R8 >> DeviceFaultResult.ReasonShift) & DeviceFaultResult.ReasonMask);
        faults.Requester = (uint)(registers.R8 >> DeviceFaultResult.RequesterShift);
        return status;
    }

    private static unsafe Status Perform(DeviceOperation operation, ulong selector, ulong rsi, ulong rdx, ulong r8, out SyscallRegisters registers)
    {
        SyscallRegisters values;
        values.Rdi = Extension.Identifier(ExtensionOperation.Device, selector);
        values.Rsi = rsi;
        values.Rdx = rdx;
        values.Rax = (ulong)operation;
        values.R8 = r8;
        values.R9 = 0;
        var status = (Status)Syscall.Invoke(&values);
        registers = values;
        return status;
    }
}
