using Kilonova.Abi;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Bench;

/// <summary>
/// Exits of a virtual CPU, where there is virtualization: one that does CPUID or touches pages, and reads the time itself. Handlers of what
/// is measured have no FPU, the guest has one.
/// </summary>
internal static unsafe class Guests
{
    private const ulong Count = 64;
    private const ulong Events = 0x8000;
    private const ulong Code = 0x1000;
    private const ulong CodeSize = 64;
    private const ulong FirstTouched = 0x40_0000;
    private const uint Cpuid = 1u << 18;

    // Written by the first thread before the measuring one starts; the last two by the handler of STARTUP and HLT afterwards.
    private static ulong s_guest;
    private static ulong s_go;
    private static ulong s_halted;
    private static GuestSpace s_space;
    private static PioSpace s_ports;
    private static MsrSpace s_registers;
    private static ulong s_touch;
    private static ulong s_ticks;

    private static bool Exist => (RootTask.Hip->Features & (PlatformFeatures.SVM | PlatformFeatures.VMX)) != 0;

    private static bool IsSvm => (RootTask.Hip->Features & PlatformFeatures.SVM) != 0;

    /// <summary>Makes the virtual CPU and its portals.</summary>
    internal static void Prepare()
    {
        if (!Exist)
            return;

        s_go = Lab.Semaphore(0).Selector;
        s_halted = Lab.Semaphore(0).Selector;
        s_space = new GuestSpace(Lab.Selector());
        s_ports = new PioSpace(Lab.Selector());
        s_registers = new MsrSpace(Lab.Selector());
        RootTask.Require(GuestSpace.Create(s_space.Selector, Lab.Domain), "guest space"u8);
        RootTask.Require(PioSpace.Create(s_ports.Selector, Lab.Domain), "port space"u8);
        RootTask.Require(MsrSpace.Create(s_registers.Selector, Lab.Domain), "MSR space"u8);
        var code = Lab.Memory(1);
        for (var i = 0ul; i < CodeSize; i++)
            code[i] = Loops.GuestCode()[i];

        RootTask.Require(
            RootTask.NovaHostSpace.Delegate(s_space, Lab.PhysicalPage(code), Code >> 12, 0, MemoryPermissions.All), "code"u8);
        var fast = Lab.Local(Lab.BootCpu, fpu: false);
        Program.PrepareRegisters(
            fast, Program.Identifier(Hypercall.ctrl_pd, 0, RootTask.HostSpace.Selector), s_space.Selector,
            Program.Range(Program.SourcePage, 0));
        var slow = Lab.Local(Lab.BootCpu);
        Bind(IsSvm ? SvmEvent.Cpuid : VmxEvent.Cpuid, fast, Loops.GuestCpuid(), Mtd.GPR0_7 | Mtd.RIP);
        Bind(IsSvm ? SvmEvent.NestedPageFault : VmxEvent.EptViolation, fast, Loops.GuestTouch(), Mtd.QUAL);
        Bind(IsSvm ? SvmEvent.Hlt : VmxEvent.Hlt, slow, Server.AddressOf(&OnHalt), Mtd.GPR0_7 | Mtd.RIP);
        Bind(GuestEvent.Count + MicrohypervisorEvent.Startup, slow, Server.AddressOf(&OnStartup), Mtd.None);
        s_guest = Lab.Selector();
        RootTask.Require(
            ExecutionContext.CreateGuest(s_guest, Lab.Domain, Lab.EmptyPage(), Lab.BootCpu, Events, false), "virtual CPU"u8);
        _ = SchedulingContext.Create(
            Lab.Selector(), Lab.Domain, new ExecutionContext(s_guest), SchedulingDescriptor.Slice(Lab.Priority, Lab.Slice));
    }

    /// <summary>Both rows, once.</summary>
    internal static void Measure(ulong round)
    {
        if (!Exist)
            return;

        Run(0);
        Rows.Set(Row.GuestCpuid, s_ticks, Count);
        Run(FirstTouched + (round * Count << 12));
        Rows.Set(Row.GuestPage, s_ticks, Count);

        // What was mapped must not count as children in the next round.
        _ = Extension.Revoke(RootTask.HostSpace.Selector, Program.SourcePage, 0, (uint)HypercallRegister.PermissionMask, false);
    }

    private static void Run(ulong touch)
    {
        s_touch = touch;
        _ = new Semaphore(s_go).Up();
        _ = new Semaphore(s_halted).Down();
    }

    private static void Bind(uint number, ThreadBlock* handler, ulong entry, Mtd mtd)
    {
        RootTask.Require(Portal.Create(Events + number, Lab.Domain, new ExecutionContext(handler->Selector), entry), "event portal"u8);
        RootTask.Require(new Portal(Events + number).Configure(0, mtd), "event portal"u8);
    }

    private static void OnHalt(ulong identifier, uint mtd)
    {
        s_ticks = Server.State->RAX & uint.MaxValue;
        _ = new Semaphore(s_halted).Up();
        Server.Resume(Begin(Server.State));
    }

    private static void OnStartup(ulong identifier, uint mtd)
    {
        const uint CodeSegment = 0xc9b;
        const uint DataSegment = 0xc93;
        const uint TaskSegment = 0x8b;
        const uint LocalTable = 0x82;
        const Mtd Start = Mtd.RFLAGS | Mtd.INJ | Mtd.CTRL | Mtd.CS_SS | Mtd.DS_ES | Mtd.FS_GS | Mtd.TR | Mtd.LDTR | Mtd.GDTR | Mtd.IDTR
            | Mtd.CR | Mtd.DR | Mtd.PAT | Mtd.EFER | Mtd.STA | Mtd.SPACES;
        var state = Server.State;
        *state = default;
        state->SEL_GST = s_space.Selector;
        state->SEL_PIO = s_ports.Selector;
        state->SEL_MSR = s_registers.Selector;
        state->RFLAGS = 2;
        state->CR0 = 0x11;
        state->DR7 = 0x400;
        state->IA32_PAT = 0x0007_0406_0007_0406;
        Set(ref state->CS, CodeSegment);
        Set(ref state->SS, DataSegment);
        Set(ref state->DS, DataSegment);
        Set(ref state->ES, DataSegment);
        Set(ref state->FS, DataSegment);
        Set(ref state->GS, DataSegment);
        Set(ref state->TR, TaskSegment);
        Set(ref state->LDTR, LocalTable);
        if (IsSvm)
            state->Controls1 = Cpuid;

        Server.Resume(Start | Begin(state));
    }

    private static Mtd Begin(ArchitecturalState* state)
    {
        _ = new Semaphore(s_go).Down();
        state->RIP = Code;
        state->RDI = s_touch;
        state->RBP = Count;
        return Mtd.GPR0_7 | Mtd.RIP;
    }

    private static void Set(ref SegmentState segment, uint rights)
    {
        segment.AccessRights = (ushort)rights;
        segment.Limit = uint.MaxValue;
        segment.Base = 0;
    }
}
