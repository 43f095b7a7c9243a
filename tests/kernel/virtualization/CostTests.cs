using System.Runtime;
using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Virtualization;

/// <summary>
/// What exits cost, from the guest's next instruction back to it, in ticks of the time-stamp counter: instructions, where an emulator
/// counts those. Lines "cost: name ticks" are for whoever knows the machine; here must only come out what goes in.
/// </summary>
internal static unsafe class CostTests
{
    private const ulong Exits = 1000;
    private const ulong Pages = 200;
    private const ulong FirstPage = 0x10_0000;

    private static Guest* s_guest;
    private static ulong s_ticks;

    internal static void Run()
    {
        Suite.Run("A_thousand_CPUIDs_exit_and_go_on"u8, &ManyCpuids);
        Suite.Run("Two_hundred_pages_are_mapped_when_the_guest_touches_them"u8, &ManyPages);
    }

    private static void ManyCpuids()
    {
        Prepare(Prog.ManyCpuids, SvmEvent.Cpuid, VmxEvent.Cpuid, Mtd.GPR0_7 | Mtd.RIP, CpuidHandler());
        Measure("CPUID"u8, Exits);
    }

    private static void ManyPages()
    {
        Prepare(Prog.ManyPages, SvmEvent.NestedPageFault, VmxEvent.EptViolation, Mtd.QUAL, MemoryHandler());
        var parameters = Parameters();
        var memory = Lab.Memory(Pages);
        parameters[1] = (ulong)memory - FirstPage;
        parameters[2] = (RootTask.HostSpace.Selector << 8) | (uint)Hypercall.ctrl_pd;
        parameters[3] = s_guest->Space.Selector;
        Measure("nested page fault"u8, Pages);
    }

    // A machine one of whose events has a handler in assembly, on a thread without FPU.
    private static void Prepare(Prog program, uint svm, uint vmx, Mtd mtd, ulong handler)
    {
        s_guest = Guest.Make(Mode.Long, program, &OnEvent, Lab.BootCpu);
        var thread = Lab.Local(Lab.BootCpu, false);
        Parameters()[0] = (ulong)thread->Utcb;
        var portal = s_guest->Events + (GuestVmx.Is ? vmx : svm);
        Check.Succeeds(RootTask.ObjectSpace.Remove(portal, 0), "the usual portal"u8);
        Check.Succeeds(Portal.Create(portal, Lab.Domain, new ExecutionContext(thread->Selector), handler), "create_pt"u8);
        Check.Succeeds(new Portal(portal).Configure(0, mtd), "ctrl_pt"u8);
    }

    private static void Measure(System.ReadOnlySpan<byte> name, ulong count)
    {
        Guest.Start(s_guest);
        Check.Succeeds(Lab.WaitFor(s_guest->Done, 20_000), "the guest ends"u8);
        Guest.End(s_guest);
        Log.Write($"cost: {name} {s_ticks / count} ticks");
    }

    private static Mtd OnEvent(Guest* guest, uint number, ArchitecturalState* state)
    {
        if (number != SvmEvent.Hlt)
            return Guest.Unexpected(guest, number, state);

        s_ticks = state->R10;
        return Guest.Finish(guest);
    }

    [RuntimeImport("*", "cost_cpuid_handler_address")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern ulong CpuidHandler();

    [RuntimeImport("*", "cost_memory_handler_address")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern ulong MemoryHandler();

    [RuntimeImport("*", "cost_parameters")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern ulong* Parameters();
}
