using System.Runtime;
using System.Runtime.CompilerServices;
using System.Threading;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>
/// What follows when a guest's turn has ended: a basic exit reason is the number of the event (specification, section 8.6.1), but for
/// interrupts, NMIs and machine checks, which are the host's.
/// </summary>
public static unsafe class VmxExits
{
    /// <summary>
    /// The host's own business, and exits that may come while an interrupt or exception is delivered to the guest (SDM volume 3, section
    /// 28.2.4). After a task switch the monitor delivers by itself.
    /// </summary>
    private const ulong Unusual =
        (1ul << (int)VmxEvent.ExceptionOrNmi) | (1ul << (int)VmxEvent.ExternalInterrupt) | (1ul << (int)VmxEvent.EntryFailureMce)
        | (1ul << (int)VmxEvent.DrAccess) | (1ul << (int)VmxEvent.ApicAccess)
        | (1ul << (int)VmxEvent.EptViolation) | (1ul << (int)VmxEvent.EptMisconfiguration);

    private const uint NmiUnblocked = 1 << 12;
    private const uint BlockedByNmi = 1 << 3;
    private const uint ErrorCode = 1 << 11;
    private const uint TypeAndVector = 0x7ff;

    [RuntimeExport("vmx_handle_exit")]
    private static void Handle(Cpu* cpu, ExecutionContext* ec, uint reason)
    {
        // Bit 31 marks a failed entry, whose number tells as much.
        uint number = (byte)reason;
        if (number < 64 && (Unusual >> (int)number & 1) != 0 && HandleUnusual(cpu, ec, number))
            return;

        RestoreHost(&ec->Virtual->Vmx, &cpu->Arch.Gdt);
        Guests.Send(cpu, ec, number);
    }

    /// <summary>True if the monitor is not to hear of it.</summary>
    private static bool HandleUnusual(Cpu* cpu, ExecutionContext* ec, uint number)
    {
        switch (number)
        {
            case VmxEvent.ExternalInterrupt:
                Interrupts.Handle(cpu, (byte)Vmx.Read(VmcsField.ExitInterruption));
                return GoOn(cpu, ec);

            case VmxEvent.ExceptionOrNmi:
                return HandleException(cpu, ec);

            case VmxEvent.DrAccess:
                return VmxDebug.TryHandle(cpu, ec) && GoOn(cpu, ec);

            case VmxEvent.EntryFailureMce:
                RaiseMachineCheck();
                return false;

            default:
                DeliverAgain(number == VmxEvent.EptViolation && ((uint)Vmx.Read(VmcsField.Qualification) & NmiUnblocked) != 0);
                return false;
        }
    }

    /// <summary>
    /// The CPU has refused to try (VMfail): a control that follows from the monitor's wishes contradicts another one. Or VMLAUNCH and
    /// VMRESUME have been confused, since an entry that fails late leaves the VMCS not launched.
    /// </summary>
    [RuntimeExport("vmx_handle_refusal")]
    private static void HandleRefusal(Cpu* cpu, ExecutionContext* ec)
    {
        const uint LaunchOfLaunched = 4;
        const uint ResumeOfCleared = 5;
        VmxCpu* guest = &ec->Virtual->Vmx;
        uint error = (uint)Vmx.Read(VmcsField.InstructionError);
        RestoreHost(guest, &cpu->Arch.Gdt);
        if (error is LaunchOfLaunched or ResumeOfCleared)
            guest->Launched = error == LaunchOfLaunched ? 1u : 0u;
        else
            Guests.Send(cpu, ec, VmxEvent.EntryFailureState);
    }

    /// <summary>True if the exception is not the monitor's business.</summary>
    private static bool HandleException(Cpu* cpu, ExecutionContext* ec)
    {
        uint information = (uint)Vmx.Read(VmcsField.ExitInterruption);
        uint vector = information & InterruptionInfo.VectorMask;
        if ((information >> InterruptionInfo.TypeShift & InterruptionInfo.TypeMask) == (uint)InterruptionType.NonMaskable)
        {
            RaiseNmi();
            return GoOn(cpu, ec);
        }

        if (vector == HostEvent.MC)
            RaiseMachineCheck();

        if ((ec->Virtual->Vmx.Exceptions >> (int)vector & 1) != 0 || vector == HostEvent.NM || !TryGiveBack(ec, information))
        {
            DeliverAgain((information & NmiUnblocked) != 0 && vector != HostEvent.DF);
            return false;
        }

        return GoOn(cpu, ec);
    }

    /// <summary>Lets the guest have an exception after all; not if it has interrupted the delivery of something else.</summary>
    private static bool TryGiveBack(ExecutionContext* ec, uint information)
    {
        if (((uint)Vmx.Read(VmcsField.Vectoring) & InterruptionInfo.Valid) != 0)
            return false;

        if ((information & InterruptionInfo.VectorMask) == HostEvent.DB)
            VmxDebug.NoteCause(Cpu.This, ec);

        Inject(information, VmcsField.ExitInterruptionError);
        if ((information & NmiUnblocked) != 0)
            Vmx.Write(VmcsField.Interruptibility, Vmx.Read(VmcsField.Interruptibility) | BlockedByNmi);

        return true;
    }

    /// <summary>
    /// What was about to be delivered when the guest left is delivered when it comes back, unless the monitor decides otherwise (MTD bit
    /// INJ). Likewise an IRET that has not been completed must not have ended the blocking of NMIs (SDM volume 3, section 28.2.3).
    /// </summary>
    private static void DeliverAgain(bool nmiUnblocked)
    {
        uint vectoring = (uint)Vmx.Read(VmcsField.Vectoring);
        uint blocking = nmiUnblocked ? BlockedByNmi : 0;
        if ((vectoring & InterruptionInfo.Valid) != 0)
        {
            Inject(vectoring, VmcsField.VectoringError);
            if ((vectoring >> InterruptionInfo.TypeShift & InterruptionInfo.TypeMask) != (uint)InterruptionType.NonMaskable)
                return;

            blocking = 0;
        }
        else if (blocking == 0)
        {
            return;
        }

        Vmx.Write(VmcsField.Interruptibility, (Vmx.Read(VmcsField.Interruptibility) & ~(ulong)BlockedByNmi) | blocking);
    }

    private static void Inject(uint information, uint error)
    {
        Vmx.Write(VmcsField.EntryInterruption, information & (InterruptionInfo.Valid | InterruptionInfo.ErrorCode | TypeAndVector));
        Vmx.Write(VmcsField.EntryInterruptionError, Vmx.Read(error));
        Vmx.Write(VmcsField.EntryInstructionLength, Vmx.Read(VmcsField.ExitInstructionLength));
    }

    /// <summary>
    /// Back into the guest if nothing has changed; else the host's registers for whoever is next. True, for those who return it.
    /// </summary>
    private static bool GoOn(Cpu* cpu, ExecutionContext* ec)
    {
        VirtualCpu* guest = ec->Virtual;
        if ((cpu->Hazard | ec->Hazard) == 0 && cpu->Guests.Ready == ec && guest->Stamp == Volatile.Read(ref guest->Space->Stamp))
            Resume(ec, &guest->Vmx);

        RestoreHost(&guest->Vmx, &cpu->Arch.Gdt);
        return true;
    }

    [RuntimeImport("*", "vmx_resume"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Resume(ExecutionContext* ec, VmxCpu* guest);

    [RuntimeImport("*", "vmx_restore_host"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void RestoreHost(VmxCpu* guest, DescriptorTable* gdt);

    [RuntimeImport("*", "vmx_raise_nmi"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void RaiseNmi();

    [RuntimeImport("*", "vmx_raise_machine_check"), MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void RaiseMachineCheck();
}
