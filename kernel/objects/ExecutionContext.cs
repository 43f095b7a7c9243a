namespace Kilonova.Kernel;

/// <summary>Where an execution context stands in its life. Changed on the context's own CPU only.</summary>
public enum EcState : byte
{
    /// <summary>A local thread that waits for a message on any of its portals, or a global thread that has no scheduling context yet.</summary>
    Waiting,

    /// <summary>Runs, or would if it had time.</summary>
    Running,

    /// <summary>Sits in a semaphore's queue; its scheduling contexts wait with it.</summary>
    Blocked,

    /// <summary>Killed. Never runs again; lives until its last reference goes.</summary>
    Dead,
}

/// <summary>Properties of an execution context that never change (create_ec), and the mark of its death.</summary>
[System.Flags]
public enum EcFlags : byte
{
    None = 0,

    /// <summary>A global thread: takes scheduling contexts instead of portals.</summary>
    Global = 1 << 0,

    /// <summary>A virtual CPU.</summary>
    Guest = 1 << 1,

    /// <summary>Its callee link means help for that context, not an open call.</summary>
    Helping = 1 << 2,

    /// <summary>Its call was caused by an event: the reply carries architectural state.</summary>
    InEvent = 1 << 3,

    /// <summary>Has a receive window open: whatever arrives takes the path of messages with items.</summary>
    Window = 1 << 4,
}

/// <summary>
/// The execution context (specification, section 2.2): registers, a user thread control block, a continuation. It is bound to one CPU,
/// and everything about its execution is read and written on that CPU with interrupts off; other CPUs send requests (RemoteQueue).
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 0x300)]
public unsafe struct ExecutionContext
{
    /// <summary>Resume by SYSRET: the context is in a hypercall.</summary>
    public const nint ReturnFromHypercall = 0;

    /// <summary>Resume by IRET: the context was interrupted or raised an exception.</summary>
    public const nint ReturnFromInterrupt = 1;

    /// <summary>What a call adds to <see cref="Position"/>.</summary>
    public const int OneDeeper = 0x100;

    /// <summary>Distance from the context to the end of its register frame, where the CPU begins to push on entry.</summary>
    public const int FrameEnd = 0x140;

    [FieldOffset(0x000)] public KernelObject Head;

    // What is used most lies within 128 bytes, whose addresses take three bytes less in each instruction.

    /// <summary>The CPU to which the context is bound.</summary>
    [FieldOffset(0x040)] public ushort CpuNumber;

    /// <summary>CPU, flags and state as one number: the CPU's number if a message without items can be delivered there at once.</summary>
    [FieldOffset(0x040)] public uint Readiness;

    [FieldOffset(0x042)] public EcFlags Flags;

    [FieldOffset(0x043)] public EcState State;

    /// <summary>State and depth as one number: a callee's is its running caller's and <see cref="OneDeeper"/>.</summary>
    [FieldOffset(0x043)] public ushort Position;

    /// <summary>How many open calls led here from a thread with time of its own; at most <see cref="Chain.Deepest"/>.</summary>
    [FieldOffset(0x044)] public byte Depth;

    /// <summary>Why this context must not return to user mode yet: <see cref="Kernel.Hazard"/> bits. Its own CPU sets them.</summary>
    [FieldOffset(0x046)] public ushort Hazard;

    /// <summary>The UTCB through the kernel's direct map; of a guest context, null or the vAPIC page.</summary>
    [FieldOffset(0x048)] public ulong* Utcb;

    /// <summary>The open call that this context waits for, or, with <see cref="EcFlags.Helping"/>, the context it helps.</summary>
    [FieldOffset(0x050)] public ExecutionContext* Callee;

    /// <summary>Who gets the reply; null if nobody does (any more).</summary>
    [FieldOffset(0x058)] public ExecutionContext* Caller;

    [FieldOffset(0x060)] public ObjectSpace* Objects;

    [FieldOffset(0x068)] public HostSpace* Host;

    /// <summary>This context if it may use the FPU, else null: comparable with <see cref="Cpu.FpuUser"/>.</summary>
    [FieldOffset(0x070)] public ExecutionContext* FpuSelf;

    /// <summary>The rest of a guest context.</summary>
    [FieldOffset(0x078)] public VirtualCpu* Virtual;

    /// <summary>What to do when the CPU resumes the context: one of the two constants above, or a managed function
    /// <c>delegate*&lt;ExecutionContext*, void&gt;</c> that is called on an empty kernel stack.</summary>
    [FieldOffset(0x080)] public nint Continuation;

    /// <summary>The user registers. Entry code of this CPU fills them in.</summary>
    [FieldOffset(0x088)] public Registers Registers;

    /// <summary>Serial number of the scheduling context that the current message came with. If that one still pays at the reply, the
    /// caller may go on at once.</summary>
    [FieldOffset(0x140)] public ulong Donor;

    [FieldOffset(0x148)] public PioSpace* Ports;

    [FieldOffset(0x150)] public ProtectionDomain* Domain;

    /// <summary>Event selector base: an event's portal is at this plus the event's number.</summary>
    [FieldOffset(0x158)] public ulong EventBase;

    /// <summary>XSAVE area; null without FPU.</summary>
    [FieldOffset(0x160)] public void* FpuState;

    /// <summary>Scheduling contexts that found this context blocked and wait for it.</summary>
    [FieldOffset(0x168)] public ScQueue Waiters;

    /// <summary>The semaphore in whose queue the context is. Written under that semaphore's lock.</summary>
    [FieldOffset(0x178)] public Semaphore* Semaphore;

    /// <summary>Neighbours in the semaphore's queue. Guarded by that semaphore's lock.</summary>
    [FieldOffset(0x180)] public ExecutionContext* NextBlocked;

    [FieldOffset(0x188)] public ExecutionContext* PreviousBlocked;

    /// <summary>Absolute timeout of the semaphore operation.</summary>
    [FieldOffset(0x190)] public Timeout Timeout;

    /// <summary>Request of another CPU to this context's CPU. Free when its <c>Pending</c> bits are zero.</summary>
    [FieldOffset(0x1c0)] public RemoteRequest Request;

    /// <summary>Page number of the UTCB in the host space.</summary>
    [FieldOffset(0x1e0)] public ulong UtcbPage;

    /// <summary>Receive windows for the next message with items; see <see cref="Windows"/>.</summary>
    [FieldOffset(0x1e8)] public Windows Window;

    /// <summary>Neighbours in the domain's list of execution contexts. Guarded by the domain's lock.</summary>
    [FieldOffset(0x218)] public ExecutionContext* NextInDomain;

    [FieldOffset(0x220)] public ExecutionContext* PreviousInDomain;

    /// <summary>Where a restartable operation of this context stands; what it means is the operation's business.</summary>
    [FieldOffset(0x228)] public OperationCursor Cursor;

    /// <summary>The event that is being delivered, while its portal's thread is busy.</summary>
    [FieldOffset(0x278)] public uint EventNumber;

    /// <summary>The revocation that this context carries out, between its steps too; see <see cref="Cursor"/> for its space.</summary>
    [FieldOffset(0x280)] public Revocation Revocation;
}
