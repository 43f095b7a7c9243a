using Kilonova.Abi;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Virtualization;

/// <summary>Events that a monitor injects, and the moments at which it can.</summary>
internal static unsafe class InjectionTests
{
    private const uint Valid = 1u << 31;
    private const uint NmiWindow = 1u << 13;
    private const uint InterruptWindow = 1u << 12;
    private const uint ErrorCode = 1u << 11;
    private const uint Nmi = 2u << 8;
    private const uint Exception = 3u << 8;
    private const uint Software = 4u << 8;
    private const uint NmiBlocked = 8;
    private const ulong InterruptFlag = 1 << 9;
    private const ulong DescriptorTable = 0x2000;
    private const ulong InterruptTable = 0x3000;

    internal static void Run()
    {
        Suite.Run("An_injected_interrupt_enters_its_handler"u8, &Interrupt);
        Suite.Run("The_interrupt_window_opens_behind_STI_and_its_shadow"u8, &Window);
        Suite.Run("An_NMI_window_opens_when_the_handler_has_returned"u8, &NmiHandler);
        Suite.Run("An_interrupted_interrupt_is_delivered_when_the_fault_is_cured"u8, &Vectoring);
        Suite.Run("An_injected_software_interrupt_returns_behind_its_instruction"u8, &SoftwareInterrupt);
        Suite.Run("An_injected_exception_brings_its_error_code"u8, &ErrorCodes);
    }

    private static void Interrupt() => Guest.Run(Mode.Real, Prog.Interrupt, &OnInterrupt);

    private static Mtd OnInterrupt(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number != SvmEvent.Hlt)
            return Guest.Unexpected(guest, number, state);

        if (guest->Seen[0]++ == 0)
        {
            Check.Equal(state->RFLAGS & InterruptFlag, InterruptFlag, "IF"u8);
            state->InterruptionInfo = Valid | 0x20;
            return Guest.Skip(state, 1) | Mtd.INJ;
        }

        Check.Equal(state->RBX, 0x77, "the handler ran"u8);
        Check.Equal(state->InterruptionInfo & Valid, 0, "nothing pends"u8);
        return Guest.Finish(guest);
    }

    private static void Window() => Guest.Run(Mode.Real, Prog.Window, &OnWindow);

    private static Mtd OnWindow(Guest* guest, uint number, ArchitecturalState* state)
    {
        switch (number)
        {
            case SvmEvent.Vmmcall:
                state->InterruptionInfo = InterruptWindow;
                return Guest.Skip(state, 3) | Mtd.INJ;
            case SvmEvent.InterruptWindow:
                guest->Seen[0]++;
                Check.Equal(state->RFLAGS & InterruptFlag, InterruptFlag, "IF"u8);
                Check.Equal(state->Interruptibility, 0, "no shadow"u8);
                Check.Equal(state->InterruptionInfo & InterruptWindow, InterruptWindow, "the request stands"u8);
                state->InterruptionInfo = Valid | 0x21;
                return Mtd.INJ;
            case SvmEvent.Hlt:
                Check.Equal(guest->Seen[0], 1, "windows"u8);
                Check.Equal(state->RBX, 1, "interrupts"u8);
                return Guest.Finish(guest);
            default:
                return Guest.Unexpected(guest, number, state);
        }
    }

    private static void NmiHandler() => Guest.Run(Mode.Real, Prog.Nmi, &OnNmi);

    private static Mtd OnNmi(Guest* guest, uint number, ArchitecturalState* state)
    {
        var step = guest->Seen[0]++;
        switch (number)
        {
            case SvmEvent.Vmmcall when step == 0:
                state->InterruptionInfo = Valid | Nmi | 2;
                return Guest.Skip(state, 3) | Mtd.INJ;
            case SvmEvent.Vmmcall when step == 1:
                Check.Equal(state->Interruptibility & NmiBlocked, NmiBlocked, "blocked in the handler"u8);
                state->InterruptionInfo = NmiWindow;
                return Guest.Skip(state, 3) | Mtd.INJ;
            case SvmEvent.NmiWindow when step == 2:
                Check.Equal(state->Interruptibility & NmiBlocked, 0, "not blocked any more"u8);
                Check.Equal(state->RSP & 0xffff, Guest.Stack, "the handler has returned"u8);
                Check.Equal(state->RFLAGS & 0x100, 0, "no trap flag"u8);
                state->InterruptionInfo = Valid | Nmi | 2;
                return Mtd.INJ;
            case SvmEvent.Vmmcall when step == 3:
                Check.Equal(state->Interruptibility & NmiBlocked, NmiBlocked, "blocked again"u8);
                return Guest.Skip(state, 3);
            case SvmEvent.Hlt:
                Check.Equal(step, 4, "events"u8);
                Check.Equal(state->RBX, 0x102, "two handlers and the way on"u8);
                return Guest.Finish(guest);
            default:
                return Guest.Unexpected(guest, number, state);
        }
    }

    private static void Vectoring()
    {
        var guest = Guest.Make(Mode.Real, Prog.Vectoring, &OnVectoring, Lab.BootCpu);
        Check.Succeeds(guest->Space.Remove(RootTask.HostSpace, 0x20, 4), "unmap"u8);
        Guest.StartAndWait(guest);
    }

    private static Mtd OnVectoring(Guest* guest, uint number, ArchitecturalState* state)
    {
        switch (number)
        {
            case SvmEvent.Vmmcall:
                state->RFLAGS |= InterruptFlag;
                state->InterruptionInfo = Valid | 0x20;
                return Guest.Skip(state, 3) | Mtd.RFLAGS | Mtd.INJ;
            case SvmEvent.NestedPageFault:
                guest->Seen[0]++;
                Check.Equal(state->VectoringInfo, Valid | 0x20, "what was interrupted"u8);
                Check.Equal(state->InterruptionInfo, Valid | 0x20, "what will be injected again"u8);
                Check.Equal(state->Qualification3 & ~0xffful, 0x20000, "address"u8);
                Check.Succeeds(Guest.Map(guest, 0x20, 0, MemoryPermissions.All), "map"u8);
                return Mtd.None;
            case SvmEvent.Hlt:
                Check.Equal(guest->Seen[0], 1, "faults"u8);
                Check.Equal(state->RBX, 0x55, "the handler ran"u8);
                Check.Equal(state->VectoringInfo & Valid, 0, "nothing was interrupted"u8);
                return Guest.Finish(guest);
            default:
                return Guest.Unexpected(guest, number, state);
        }
    }

    private static void SoftwareInterrupt() => Guest.Run(Mode.Real, Prog.Software, &OnSoftware);

    private static Mtd OnSoftware(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number == SvmEvent.Vmmcall)
        {
            state->InterruptionInfo = Valid | Software | 0x40;
            state->InstructionLength = 2;
            return Guest.Skip(state, 3) | Mtd.INJ;
        }

        if (number != SvmEvent.Hlt)
            return Guest.Unexpected(guest, number, state);

        Check.Equal(state->RBX, 0x101, "the handler once, then what follows the instruction"u8);
        return Guest.Finish(guest);
    }

    private static void ErrorCodes()
    {
        var guest = Guest.Make(Mode.Protected, Prog.Exception, &OnException, Lab.BootCpu);
        *(ulong*)(guest->Memory + DescriptorTable + 8) = 0x00cf_9b00_0000_ffff;
        *(ulong*)(guest->Memory + DescriptorTable + 16) = 0x00cf_9300_0000_ffff;
        *(ulong*)(guest->Memory + InterruptTable + (13 * 8)) = 0x0000_8e00_0008_1100;
        Guest.StartAndWait(guest);
    }

    private static Mtd OnException(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number == SvmEvent.Vmmcall)
        {
            state->GDTR.Base = DescriptorTable;
            state->IDTR.Base = InterruptTable;
            state->InterruptionInfo = Valid | ErrorCode | Exception | 13;
            state->InterruptionError = 0x1234;
            return Guest.Skip(state, 3) | Mtd.INJ | Mtd.GDTR | Mtd.IDTR;
        }

        if (number != SvmEvent.Hlt)
            return Guest.Unexpected(guest, number, state);

        Check.Equal(state->RSI, 0x1234, "error code"u8);
        Check.Equal(state->RDI, Guest.Entry + 3, "return address"u8);
        return Guest.Finish(guest);
    }
}
