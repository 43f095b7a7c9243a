using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Events;

/// <summary>Every exception that a program in user mode can raise reaches its own portal, section 8.6.1, with its qualifications, 8.7.4.</summary>
internal static unsafe class ExceptionTests
{
    private const ulong PageFaultPresent = 1;
    private const ulong PageFaultWrite = 2;
    private const ulong PageFaultUser = 4;
    private const ulong PageFaultFetch = 16;
    private const ulong NotCanonical = 0x8000_0000_0000_0000;
    private const ulong TrapFlag = 1 << 8;

    internal static void Run()
    {
        Suite.Run("A_division_by_zero_is_DE"u8, &DivideError);
        Suite.Run("INT3_is_BP_and_RIP_lies_behind_it"u8, &Breakpoint);
        Suite.Run("A_single_step_is_DB_and_RIP_lies_behind_the_instruction"u8, &SingleStep);
        Suite.Run("An_undefined_instruction_is_UD"u8, &UndefinedInstruction);
        Suite.Run("Privileged_instructions_are_GP_with_error_code_0"u8, &Privileged);
        Suite.Run("INT_n_is_GP_and_names_its_gate"u8, &SoftwareInterrupt);
        Suite.Run("A_selector_beyond_the_GDT_is_GP_and_named"u8, &BadSegment);
        Suite.Run("An_address_that_is_not_canonical_is_GP"u8, &NonCanonical);
        Suite.Run("Through_the_stack_segment_it_is_SS"u8, &StackFault);
        Suite.Run("A_page_fault_tells_address_and_access"u8, &PageFault);
        Suite.Run("Kernel_addresses_are_page_faults_of_user_mode"u8, &KernelAddresses);
        Suite.Run("An_x87_error_is_MF"u8, &FloatingPoint);
        Suite.Run("A_SIMD_error_is_XM"u8, &Simd);
        Suite.Run("Without_flag_F_vector_instructions_raise_NM_or_UD"u8, &NoFpu);
    }

    private static void ExpectRip(ulong expected) => Check.Equal(Fault.Last.RIP, expected, "RIP"u8);

    private static void DivideError()
    {
        Fault.Expect();
        Check.Equal(Probe.Divide(), 1, "div"u8);
        Fault.Check(HostEvent.DE, "#DE"u8);
    }

    private static void Breakpoint()
    {
        Fault.Expect();
        Check.Equal(Probe.Breakpoint(), 1, "int3"u8);
        Fault.Check(HostEvent.BP, "#BP"u8);
        ExpectRip(Probe.AfterBreakpoint());
    }

    private static uint s_steps;
    private static ulong s_firstStep;
    private static ulong s_firstFlags;

    // TF is no flag that a handler may change: the program ends its single step itself.
    private static Mtd NoteStep(ArchitecturalState* state)
    {
        if (s_steps++ == 0)
        {
            s_firstStep = state->RIP;
            s_firstFlags = state->RFLAGS;
        }

        return Mtd.None;
    }

    private static void SingleStep()
    {
        s_steps = 0;
        Fault.Action = &NoteStep;
        Fault.Expect();
        Check.Equal(Probe.Step(), 0, "goes on"u8);
        Fault.Action = null;
        Fault.Forget();
        Check.Equal(Fault.Number, HostEvent.DB, "#DB"u8);
        Check.Between(s_steps, 1, 2, "traps"u8);
        Check.Equal(s_firstStep, Probe.AfterStep(), "RIP"u8);
        Check.True((s_firstFlags & TrapFlag) != 0, "TF is in the flags"u8);
    }

    private static void UndefinedInstruction()
    {
        Fault.Expect();
        Check.Equal(Probe.Undefined(), 1, "ud2"u8);
        Fault.Check(HostEvent.UD, "#UD"u8);
    }

    private static void CheckProtection(ulong error)
    {
        Fault.Check(HostEvent.GP, "#GP"u8);
        Check.Equal(Fault.Last.Qualification1, error, "error code"u8);
    }

    private static void Privileged()
    {
        Fault.Expect();
        Check.Equal(Probe.Halt(), 1, "hlt"u8);
        CheckProtection(0);
        Fault.Expect();
        Check.Equal(Probe.Cli(), 1, "cli"u8);
        CheckProtection(0);
        Fault.Expect();
        Check.Equal(Probe.ReadMsr(), 1, "rdmsr"u8);
        CheckProtection(0);
        Fault.Expect();
        Check.Equal(Probe.ReadCr3(), 1, "mov from cr3"u8);
        CheckProtection(0);
    }

    private static void SoftwareInterrupt()
    {
        Fault.Expect();
        Check.Equal(Probe.Int80(), 1, "int 0x80"u8);
        CheckProtection((0x80 << 3) | 2);
    }

    private static void BadSegment()
    {
        Fault.Expect();
        Check.Equal(Probe.LoadSegment(), 1, "mov to ds"u8);
        CheckProtection(0xfff8);
    }

    private static void NonCanonical()
    {
        byte value;
        Fault.Expect();
        Check.Equal(Probe.Load(NotCanonical, &value), 1, "load"u8);
        CheckProtection(0);
        Fault.Expect();
        Check.Equal(Probe.Store(NotCanonical, 1), 1, "store"u8);
        CheckProtection(0);
    }

    // QEMU's translator does not tell the stack segment from others and raises #GP.
    private static void StackFault()
    {
        Fault.Expect();
        Check.Equal(Probe.StackLoad(NotCanonical), 1, "load"u8);
        Fault.Check(Fault.Number == HostEvent.GP ? HostEvent.GP : HostEvent.SS, "#SS"u8);
        Check.Equal(Fault.Last.Qualification1, 0, "error code"u8);
    }

    private static void CheckPageFault(ulong address, ulong error)
    {
        Fault.Check(HostEvent.PF, "#PF"u8);
        Check.Equal(Fault.Last.Qualification2, address, "address"u8);
        Check.Equal(Fault.Last.Qualification1, error, "error code"u8);
    }

    private static void PageFault()
    {
        byte value;
        var address = (Lab.EmptyPage() << 12) + 0x123;
        Fault.Expect();
        Check.Equal(Probe.Load(address, &value), 1, "load"u8);
        CheckPageFault(address, PageFaultUser);
        Fault.Expect();
        Check.Equal(Probe.Store(address, 1), 1, "store"u8);
        CheckPageFault(address, PageFaultUser | PageFaultWrite);
        Fault.Expect();
        Check.Equal(Probe.Execute(address), 1, "execute"u8);
        CheckPageFault(address, PageFaultUser | PageFaultFetch);
        Fault.Expect();
        Check.Equal(Probe.Store(Probe.CodeAddress(), 1), 1, "store into code"u8);
        CheckPageFault(Probe.CodeAddress(), PageFaultUser | PageFaultWrite | PageFaultPresent);
        Fault.Expect();
        Check.Equal(Probe.Load(0, &value), 1, "null"u8);
        CheckPageFault(0, PageFaultUser);
    }

    private static void KernelAddresses()
    {
        byte value;
        foreach (var address in (System.ReadOnlySpan<ulong>)[0xffff_ffff_8020_0000, 0xffff_8000_0000_0000, 0xffff_ffff_ffff_f000])
        {
            Fault.Expect();
            Check.Equal(Probe.Load(address, &value), 1, "load"u8);
            Fault.Check(HostEvent.PF, "load"u8);
            Check.Equal(Fault.Last.Qualification2, address, "address"u8);
            Check.Equal(Fault.Last.Qualification1 & (PageFaultUser | PageFaultWrite), PageFaultUser, "error code"u8);
            Fault.Expect();
            Check.Equal(Probe.Store(address, 1), 1, "store"u8);
            Fault.Check(HostEvent.PF, "store"u8);
            Fault.Expect();
            Check.Equal(Probe.Execute(address), 1, "execute"u8);
            Fault.Check(HostEvent.PF, "execute"u8);
        }
    }

    private static void FloatingPoint()
    {
        Fault.Expect();
        Check.Equal(Probe.DivideX87(), 1, "fwait"u8);
        Fault.Check(HostEvent.MF, "#MF"u8);
        _ = Probe.ResetFpu();
    }

    // QEMU's translator never raises it; Bochs and processors do.
    private static void Simd()
    {
        Fault.Expect();
        if (Probe.DivideSimd() == 0)
            Fault.CheckNone("no exception, no end"u8);
        else
            Fault.Check(HostEvent.XM, "#XM"u8);

        _ = Probe.ResetFpu();
    }

    private static uint s_touched;

    private static void Touch(ulong identifier, uint mtd)
    {
        s_touched = Probe.TouchFpu();
        Server.Reply(1);
    }

    private static void NoFpu()
    {
        Fault.Expect();
        Check.Succeeds(Lab.PortalTo(Lab.Local(Lab.BootCpu, fpu: true), &Touch).Call(1, out _), "call"u8);
        Fault.CheckNone("with flag F there is no exception"u8);
        Check.Equal(s_touched, 0, "the instruction was executed"u8);

        Fault.Expect();
        Check.Succeeds(Lab.PortalTo(Lab.Local(Lab.BootCpu, fpu: false), &Touch).Call(1, out _), "call"u8);
        Check.Equal(s_touched, 1, "the instruction was not executed"u8);
        Fault.Check(Fault.Number == HostEvent.UD ? HostEvent.UD : HostEvent.NM, "#NM or #UD"u8);
    }
}
