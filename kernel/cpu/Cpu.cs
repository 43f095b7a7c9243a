namespace Kilonova.Kernel;

/// <summary>
/// What one CPU owns: the block at the base of its 64 KiB per-CPU area, in which its stacks lie too, so that the address of any local
/// leads to it. Written by its CPU alone except where a field says otherwise.
/// </summary>
/// <remarks>Assembly reaches the fields through offsets.h; a test compares both.</remarks>
[StructLayout(LayoutKind.Explicit, Size = 0x2000)]
public unsafe partial struct Cpu
{
    /// <summary>Most CPUs that the kernel can use.</summary>
    public const int Max = 512;

    /// <summary>This block's own address.</summary>
    [FieldOffset(0x000)] public Cpu* Self;

    /// <summary>The execution context that this CPU resumes when it leaves the kernel.</summary>
    [FieldOffset(0x008)] public ExecutionContext* Current;

    /// <summary>Why the CPU must not leave for user mode yet: <see cref="Kernel.Hazard"/> bits. Other CPUs set
    /// bits too: changed by atomic operations only.</summary>
    [FieldOffset(0x010)] public uint Hazard;

    /// <summary>Number of this CPU, dense from 0, as in the HIP and in capabilities.</summary>
    [FieldOffset(0x014)] public uint Number;

    /// <summary>The address space in CR3; null: the kernel's own. Its CPU stores, CPUs that shoot down translations read.</summary>
    [FieldOffset(0x018)] public HostSpace* Space;

    /// <summary>Top of the kernel stack. Every entry from user mode starts there.</summary>
    [FieldOffset(0x020)] public ulong StackTop;

    /// <summary>The scheduling context whose time is being spent.</summary>
    [FieldOffset(0x028)] public SchedulingContext* CurrentSc;

    /// <summary>Runs when no scheduling context is ready.</summary>
    [FieldOffset(0x030)] public ExecutionContext* Idle;

    /// <summary>Accounts the time in which nothing was ready (specification 6.1.3.1).</summary>
    [FieldOffset(0x038)] public SchedulingContext* IdleSc;

    /// <summary>Whose FPU registers are loaded; null if nobody's.</summary>
    [FieldOffset(0x040)] public ExecutionContext* FpuOwner;

    /// <summary>The context that may use the FPU now; null while it is disabled (CR0.TS).</summary>
    [FieldOffset(0x048)] public ExecutionContext* FpuUser;

    /// <summary>The I/O permission bitmap in force; null: no port may be used.</summary>
    [FieldOffset(0x050)] public ulong* IoBitmap;

    /// <summary>Time-stamp counter when the current scheduling context began to be charged.</summary>
    [FieldOffset(0x058)] public ulong ChargedFrom;

    /// <summary>Deadline that the local timer is armed for, in ticks of the STC; ulong.MaxValue: none.</summary>
    [FieldOffset(0x060)] public ulong TimerDeadline;

    /// <summary>When the current scheduling context's budget ends.</summary>
    [FieldOffset(0x068)] public ulong BudgetEnd;

    /// <summary>The I/O permission bitmap that is mapped behind the TSS, in force or not.</summary>
    [FieldOffset(0x070)] public ulong* MappedIoBitmap;

    /// <summary>Serial number of <see cref="CurrentSc"/>.</summary>
    [FieldOffset(0x078)] public ulong Serial;

    /// <summary>Work that other CPUs ask for. Other CPUs push, this CPU takes all.</summary>
    [FieldOffset(0x080)] public RemoteQueue Remote;

    /// <summary>Guests: kernel/virtualization.</summary>
    [FieldOffset(0x100)] public GuestCpu Guests;

    /// <summary>Interrupt controller, descriptor tables and timer: kernel/arch.</summary>
    [FieldOffset(0x400)] public ArchCpu Arch;

    /// <summary>Allocator magazines, RCU and TLB state: kernel/memory.</summary>
    [FieldOffset(0x800)] public MemoryCpu Memory;

    /// <summary>The stack pointer that the CPU loads on entry from user mode (TSS.RSP0): the end of the register frame of the context
    /// whose callee-saved registers are live, hence also the mark by which the exit path sees that the context changed.</summary>
    [FieldOffset(0x1004)] public ulong FrameEnd;

    /// <summary>Where the I/O permission bitmap begins in the task state segment: <see cref="IoPermissions"/>.</summary>
    [FieldOffset(0x1066)] public ushort IoBitmapBase;

    /// <summary>Ready scheduling contexts by priority.</summary>
    [FieldOffset(0x1400)] public ReadyQueue Ready;

    /// <summary>Timeouts and budget replenishments that this CPU's timer serves.</summary>
    [FieldOffset(0x1c40)] public TimeoutQueue Timeouts;

    /// <summary>Which interrupt a vector of this CPU stands for. Written under the interrupt table's lock, read by this CPU.</summary>
    [FieldOffset(0x1c80)] public VectorMap Vectors;

    /// <summary>The block of the CPU with a number below <see cref="Machine.CpuCount"/>.</summary>
    public static Cpu* Of(uint number) => (Cpu*)(AreaBase + ((nuint)number * AreaStride));
}
