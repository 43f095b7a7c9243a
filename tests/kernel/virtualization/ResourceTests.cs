using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Virtualization;

/// <summary>Ports, MSRs, time, FPU and debug registers of guests.</summary>
internal static unsafe class ResourceTests
{
    private const uint TimeStampCounter = 0x10;
    private const uint Efer = 0xc000_0080;
    private const uint KernelGsBase = 0xc000_0102;
    private const uint NoDevice = 7;

    internal static void Run()
    {
        Suite.Run("MSRs_exit_unless_their_space_allows_them"u8, &Msrs);
        Suite.Run("Ports_are_open_as_their_space_says"u8, &OpenPort);
        Suite.Run("A_guest_has_the_time_of_the_CPU_or_of_its_domain"u8, &Times);
        Suite.Run("Vector_registers_of_guests_and_threads_stay_their_own"u8, &FpuIsolation);
        Suite.Run("A_guest_without_FPU_gets_an_exception"u8, &NoFpu);
        Suite.Run("Debug_registers_of_guests_stay_their_own"u8, &DebugRegisters);
    }

    private static void Msrs()
    {
        var guest = Guest.Make(Mode.Real, Prog.Msr, &OnMsr, Lab.BootCpu);
        var nova = new MsrSpace(RootSelectors.NovaMsrSpace);
        const MsrPermissions Both = MsrPermissions.R | MsrPermissions.W;
        Check.Succeeds(nova.Delegate(guest->Registers, KernelGsBase, 0, Both), "KERNEL_GS_BASE"u8);

        // On SVM the kernel has a bit of its own in it, so that it exits all the same.
        if (!GuestVmx.Is)
            Check.Succeeds(nova.Delegate(guest->Registers, Efer, 0, Both), "EFER"u8);

        Guest.StartAndWait(guest);
    }

    private static Mtd OnMsr(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number == SvmEvent.Hlt)
        {
            Check.Equal(guest->Seen[0], 2, "exits"u8);
            Check.Equal(state->RBX, 0xfeed, "what RDMSR read"u8);
            Check.Equal(state->RSI, 0x12345678, "lower half that the guest wrote itself"u8);
            Check.Equal(state->RDI, 0x111, "upper half"u8);
            Check.Equal(state->IA32_KERNEL_GS_BASE, 0x111_1234_5678, "in the state"u8);
            Check.Equal(state->IA32_EFER, 0, "the kernel's bit is hidden"u8);
            return Guest.Finish(guest);
        }

        if (number != SvmEvent.Msr)
            return Guest.Unexpected(guest, number, state);

        var first = guest->Seen[0]++ == 0;
        Check.Equal(state->RCX, first ? TimeStampCounter : Efer, "register"u8);
        Check.Equal(state->Qualification1, first ? 0u : 1u, "direction"u8);
        state->RAX = 0xfeed;
        return Guest.Skip(state, 2) | Mtd.GPR0_7;
    }

    private static void OpenPort()
    {
        var guest = Guest.Make(Mode.Real, Prog.OpenPort, &OnOpenPort, Lab.BootCpu);
        Check.Succeeds(RootTask.NovaPioSpace.Delegate(guest->Ports, 0x80, 0), "port 0x80"u8);
        Guest.StartAndWait(guest);
    }

    private static Mtd OnOpenPort(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number == SvmEvent.Hlt)
        {
            Check.Equal(guest->Seen[0], 1, "exits: only the access that reaches beyond"u8);
            return Guest.Finish(guest);
        }

        if (number != SvmEvent.Io)
            return Guest.Unexpected(guest, number, state);

        guest->Seen[0]++;
        Check.Equal(state->Qualification1 >> 16, 0x7f, "port"u8);
        return Guest.Skip(state, state->InstructionLength);
    }

    private static void Times()
    {
        var before = Platform.Time;
        var guest = Guest.Make(Mode.Real, Prog.Time, &OnTime, Lab.BootCpu);
        Guest.StartAndWait(guest);
        Check.Between(guest->Seen[0], before, Platform.Time, "the CPU's time"u8);
        var first = Guest.Make(Mode.Real, Prog.Time, &OnTime, Lab.BootCpu, time: true);
        var made = Platform.Time;
        Lab.Sleep(20);
        var second = Guest.Make(Mode.Real, Prog.Time, &OnTime, Lab.BootCpu, time: true);
        var started = Platform.Time;
        Guest.StartAndWait(second);
        Guest.StartAndWait(first);
        Check.Between(second->Seen[0], started - made, Platform.Time - before, "time since the first was made"u8);
        Check.True(first->Seen[0] > second->Seen[0], "one time for both"u8);
    }

    private static Mtd OnTime(Guest* guest, uint number, ArchitecturalState* state)
    {
        guest->Seen[0] = (state->RDX << 32) | state->RAX;
        return number == SvmEvent.Hlt ? Guest.Finish(guest) : Guest.Unexpected(guest, number, state);
    }

    // Three guests in turn, and a handler that uses the FPU itself.
    private static void FpuIsolation() => Interleave(Mode.Long, Prog.Fpu, "vector registers"u8);

    private static void DebugRegisters() => Interleave(Mode.Real, Prog.Debug, "debug registers"u8);

    private static void Interleave(Mode mode, Prog program, System.ReadOnlySpan<byte> what)
    {
        const int Count = 3;
        var guests = stackalloc Guest*[Count];
        for (var i = 0; i < Count; i++)
        {
            guests[i] = Guest.Make(mode, program, &Turns.OnEvent, Lab.BootCpu);
            guests[i]->Argument = 0x1111_1111_1111_1111ul * (ulong)(i + 1);
        }

        Turns.Run(guests, Count, what);
    }

    private static void NoFpu()
    {
        var guest = Guest.Make(Mode.Long, Prog.Fpu, &OnNoFpu, Lab.BootCpu, fpu: false);
        guest->Exceptions = 1u << (int)NoDevice;
        Guest.StartAndWait(guest);
    }

    private static Mtd OnNoFpu(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number != SvmEvent.Exception + NoDevice)
            return Guest.Unexpected(guest, number, state);

        Check.Equal(state->RIP, Guest.Entry, "at the first vector instruction"u8);
        Check.Equal(state->CR0 & 8, 8, "CR0.TS"u8);
        if (guest->Seen[0]++ != 0)
            return Guest.Finish(guest);

        // Whatever its monitor says.
        state->CR0 &= ~8ul;
        return Mtd.CR;
    }
}

/// <summary>Guests that take turns: each gives way at every exit, and counts in RSI what it did not find as it had left it.</summary>
internal static unsafe class Turns
{
    private const int Exits = 20;

    internal static void Run(Guest** guests, int count, System.ReadOnlySpan<byte> what)
    {
        for (var i = 0; i < count; i++)
            Guest.Start(guests[i]);

        for (var i = 0; i < count; i++)
            Check.Succeeds(Lab.WaitFor(guests[i]->Done, 20_000), "a guest ends"u8);

        for (var i = 0; i < count; i++)
        {
            Check.Equal(guests[i]->Seen[0], Exits, "exits"u8);
            Check.Equal(guests[i]->Seen[1], 0, what);
            Guest.End(guests[i]);
        }
    }

    internal static Mtd OnEvent(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number == SvmEvent.Hlt)
        {
            guest->Seen[1] = state->RSI;
            return Guest.Finish(guest);
        }

        if (number != SvmEvent.Cpuid)
            return Guest.Unexpected(guest, number, state);

        guest->Seen[0]++;
        Probe.WriteFpu(guest->Seen[0]);
        _ = new Semaphore(RootSelectors.Never).Down(Platform.Time + 1);
        return Guest.Skip(state, 2);
    }
}
