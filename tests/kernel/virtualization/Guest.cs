using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Virtualization;

/// <summary>A mode of the CPU.</summary>
internal enum Mode
{
    /// <summary>16 bits, no protection.</summary>
    Real,

    /// <summary>32 bits, flat segments, no paging.</summary>
    Protected,

    /// <summary>32 bits with PAE paging.</summary>
    Pae,

    /// <summary>64 bits.</summary>
    Long,
}

/// <summary>
/// A virtual machine of one virtual CPU with a megabyte of memory, and its monitor: a handler thread whose portals hand every event to a
/// test's script.
/// </summary>
internal unsafe struct Guest
{
    /// <summary>Bytes of guest memory, mapped from guest-physical 0 on.</summary>
    internal const ulong MemorySize = 1 << 20;

    /// <summary>Where the program lies.</summary>
    internal const ulong Entry = 0x1000;

    /// <summary>Top of its stack.</summary>
    internal const ulong Stack = 0x8000;

    /// <summary>Guest-physical addresses from here on, for a megabyte, hold the page tables of paged modes.</summary>
    internal const ulong Tables = 0x10000;

    /// <summary>All state that a portal can carry.</summary>
    internal const Mtd AllState = Mtd.GPR0_7 | Mtd.GPR8_15 | Mtd.RFLAGS | Mtd.RIP | Mtd.STA | Mtd.QUAL | Mtd.INJ | Mtd.CS_SS | Mtd.DS_ES
        | Mtd.FS_GS | Mtd.TR | Mtd.LDTR | Mtd.GDTR | Mtd.IDTR | Mtd.PDPTE | Mtd.CR | Mtd.DR | Mtd.XSAVE | Mtd.SYSCALL | Mtd.SYSENTER | Mtd.PAT
        | Mtd.EFER | Mtd.KERNEL_GS | Mtd.TSC;

    /// <summary>What a reply to STARTUP sets.</summary>
    internal const Mtd StartState = AllState & ~Mtd.QUAL;

    private const int Most = 64;

    // Beyond the selectors that the run time hands out; a machine has 2^9.
    private const ulong FirstEvents = 0x8000;
    private const int EventOrder = 9;
    private const ulong EventCount = GuestEvent.Count + MicrohypervisorEvent.Count;

    // The machines by the number in their portals' identifiers. Written by the first thread before a machine starts.
    private static Slots s_guests;
    private static uint s_count;

    [InlineArray(Most)]
    private struct Slots
    {
        private nint _first;
    }

    internal ulong Selector;
    internal ulong Time;
    internal ulong Events;
    internal uint Cpu;
    internal GuestSpace Space;
    internal PioSpace Ports;
    internal MsrSpace Registers;
    internal byte* Memory;
    internal Mode Mode;
    internal ThreadBlock* Handler;

    /// <summary>What RDI is at the start.</summary>
    internal ulong Argument;

    /// <summary>Exceptions that exit.</summary>
    internal uint Exceptions;

    /// <summary>What to do with an event: changes the state, says which parts of it; POISON ends the guest.</summary>
    internal delegate*<Guest*, uint, ArchitecturalState*, Mtd> Script;

    /// <summary>Upped by the script when it has seen what it wants to see.</summary>
    internal Semaphore Done;

    /// <summary>Scripts count in these.</summary>
    internal fixed ulong Seen[16];

    /// <summary>A machine with a program, on a CPU; nothing runs yet.</summary>
    internal static Guest* Make(
        Mode mode, Prog program, delegate*<Guest*, uint, ArchitecturalState*, Mtd> script, uint cpu, bool fpu = true, bool time = false)
    {
        var index = s_count++ % Most;
        var guest = (Guest*)s_guests[(int)index];
        if (guest == null)
        {
            guest = (Guest*)Lab.Memory(1);
            s_guests[(int)index] = (nint)guest;
        }

        *guest = default;
        guest->Mode = mode;
        guest->Cpu = cpu;
        guest->Script = script;
        guest->Done = Lab.Semaphore(0);
        guest->Memory = Lab.Memory(MemorySize >> 12, 512);
        var code = Programs.Start(program);
        for (var i = 0ul; code + i < Programs.End(program); i++)
            guest->Memory[Entry + i] = code[i];

        GuestVmx.Patch(guest->Memory + Entry, (ulong)(Programs.End(program) - code));

        guest->Space = new GuestSpace(Lab.Selector());
        guest->Ports = new PioSpace(Lab.Selector());
        guest->Registers = new MsrSpace(Lab.Selector());
        RootTask.Require(GuestSpace.Create(guest->Space.Selector, Lab.Domain), "guest space"u8);
        RootTask.Require(PioSpace.Create(guest->Ports.Selector, Lab.Domain), "port space"u8);
        RootTask.Require(MsrSpace.Create(guest->Registers.Selector, Lab.Domain), "MSR space"u8);
        RootTask.Require(Map(guest, 0, 8, MemoryPermissions.All), "guest memory"u8);
        BuildTables(guest->Memory);
        guest->Events = FirstEvents + (index << EventOrder);
        guest->Handler = Lab.Local(cpu);
        for (var number = 0u; number < EventCount; number++)
        {
            RootTask.Require(
                EventPortals.Bind(
                    Lab.Domain, guest->Handler->Selector, guest->Events + number, (index << 16) | number, AllState, &OnEvent),
                "event portal"u8);
        }

        guest->Selector = Lab.Selector();
        RootTask.Require(
            ExecutionContext.CreateGuest(guest->Selector, Lab.Domain, Lab.EmptyPage(), cpu, guest->Events, time, fpu), "virtual CPU"u8);
        return guest;
    }

    /// <summary>Maps pages of its memory where they belong. From the NOVA host space: the program's own memory is not executable.</summary>
    internal static Status Map(Guest* guest, ulong page, uint order, MemoryPermissions permissions) =>
        RootTask.NovaHostSpace.Delegate(guest->Space, Lab.PhysicalPage(guest->Memory) + page, page, order, permissions);

    /// <summary>Lets it run.</summary>
    internal static void Start(Guest* guest, uint priority = Lab.Priority)
    {
        guest->Time = Lab.Selector();
        RootTask.Require(
            SchedulingContext.Create(guest->Time, Lab.Domain, new ExecutionContext(guest->Selector), SchedulingDescriptor.Slice(priority, Lab.Slice)),
            "create_sc"u8);
    }

    /// <summary>Makes a machine, runs it and waits until its script is done.</summary>
    internal static Guest* Run(Mode mode, Prog program, delegate*<Guest*, uint, ArchitecturalState*, Mtd> script)
    {
        var guest = Make(mode, program, script, Lab.BootCpu);
        StartAndWait(guest);
        return guest;
    }

    /// <summary>Runs a machine, waits until its script is done, and ends it.</summary>
    internal static void StartAndWait(Guest* guest)
    {
        Start(guest);
        Check.Succeeds(Lab.WaitFor(guest->Done), "the guest ends"u8);
        End(guest);
    }

    /// <summary>Takes the virtual CPU and its time away.</summary>
    internal static void End(Guest* guest)
    {
        _ = RootTask.ObjectSpace.Remove(guest->Time, 0);
        _ = RootTask.ObjectSpace.Remove(guest->Selector, 0);
        _ = RootTask.ObjectSpace.Remove(guest->Events, EventOrder);
        _ = RootTask.ObjectSpace.Remove(guest->Handler->Selector, 0);
        _ = RootTask.ObjectSpace.Remove(guest->Space.Selector, 0);
        _ = RootTask.ObjectSpace.Remove(guest->Ports.Selector, 0);
        _ = RootTask.ObjectSpace.Remove(guest->Registers.Selector, 0);
    }

    /// <summary>The script is done: the guest ends.</summary>
    internal static Mtd Finish(Guest* guest)
    {
        _ = guest->Done.Up();
        return Mtd.POISON;
    }

    /// <summary>An event that no script expects.</summary>
    internal static Mtd Unexpected(Guest* guest, uint number, ArchitecturalState* state)
    {
        Log.Write($"  event 0x{number:x} at 0x{state->RIP:x}: 0x{state->Qualification1:x} 0x{state->Qualification2:x} 0x{state->Qualification3:x}");
        Check.True(false, "no other event comes"u8);
        return Finish(guest);
    }

    /// <summary>Behind an instruction that has exited.</summary>
    internal static Mtd Skip(ArchitecturalState* state, ulong length)
    {
        state->RIP += length;
        return Mtd.RIP;
    }

    private static void OnEvent(ulong identifier, uint mtd)
    {
        var guest = (Guest*)s_guests[(int)(identifier >> 16)];
        var number = (uint)identifier & 0xffff;
        var state = Server.State;
        if (number == GuestEvent.Count + MicrohypervisorEvent.Startup)
            Server.Resume(OnStartup(guest, state));

        Server.Resume(guest->Script(guest, GuestVmx.Translate(number, state), state));
    }

    private static Mtd OnStartup(Guest* guest, ArchitecturalState* state)
    {
        *state = default;
        state->SEL_GST = guest->Space.Selector;
        state->SEL_PIO = guest->Ports.Selector;
        state->SEL_MSR = guest->Registers.Selector;
        GuestState.Set(state, guest->Mode);
        state->RDI = guest->Argument;
        state->ExceptionIntercepts = guest->Exceptions;
        return StartState | Mtd.CTRL | Mtd.SPACES;
    }

    // Identity for the first 2 MiB, for PAE and for long mode: levels 4, 3 and 2 of the latter, then 3 and 2 of the former.
    private static void BuildTables(byte* memory)
    {
        const ulong Leaf = 0x87;
        const ulong Table = 0x7;
        *(ulong*)(memory + Tables) = (Tables + 0x1000) | Table;
        *(ulong*)(memory + Tables + 0x1000) = (Tables + 0x2000) | Table;
        *(ulong*)(memory + Tables + 0x2000) = Leaf;
        *(ulong*)(memory + Tables + 0x3000) = (Tables + 0x4000) | 1;
        *(ulong*)(memory + Tables + 0x4000) = Leaf;
    }
}
