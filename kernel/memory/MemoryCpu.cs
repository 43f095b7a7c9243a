namespace Kilonova.Kernel;

/// <summary>Free objects of one size that a CPU keeps at hand: a list through their first words. Its own CPU's alone.</summary>
public unsafe struct Magazine
{
    public void* First;

    public ulong Count;
}

/// <summary>A queue of RCU callbacks.</summary>
public unsafe struct RcuQueue
{
    public RcuHead* First;

    public RcuHead* Last;
}

/// <summary>Which address space a process-context identifier of one CPU stands for, and how recent its translations are.</summary>
public struct PcidSlot
{
    /// <summary>The <see cref="HostSpace.Stamp"/> that the cached translations reflect; 0: none.</summary>
    public ulong Stamp;
}

/// <summary>
/// One CPU's part of memory management, inside struct Cpu: magazines of the allocators, RCU callbacks, address-space identifiers.
/// Its own CPU's alone, with interrupts off, except where a field says otherwise.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public unsafe struct MemoryCpu
{
    /// <summary>Bytes that struct Cpu has for this.</summary>
    public const int Size = 0x800;

    /// <summary>Offset of this in struct Cpu.</summary>
    public const int Offset = 0x800;

    /// <summary>Offset of <see cref="FirstMagazine"/>.</summary>
    public const int MagazinesOffset = 0x100;

    /// <summary>Offset of <see cref="FirstPcid"/>.</summary>
    public const int PcidOffset = 0x400;

    /// <summary>Offset of <see cref="NoPcid"/>.</summary>
    public const int NoPcidOffset = 0x0a0;

    /// <summary>Process-context identifiers in use per CPU: 1 to this. Identifier 0 belongs to the kernel's own address space.</summary>
    public const uint PcidSlots = 64;

    /// <summary>Shootdowns asked of this CPU so far. Other CPUs increment.</summary>
    [FieldOffset(0x008)] public ulong ShootdownRequests;

    /// <summary>The shootdowns that this CPU has served. Other CPUs wait for it.</summary>
    [FieldOffset(0x010)] public ulong ShootdownsServed;

    /// <summary>State of the generator of treap priorities.</summary>
    [FieldOffset(0x018)] public uint Random;

    /// <summary>Zeroed pages at hand.</summary>
    [FieldOffset(0x020)] public Magazine Pages;

    /// <summary>
    /// The last grace period for which this CPU has been seen outside the kernel. It, or the starter on behalf of an idle CPU.
    /// </summary>
    [FieldOffset(0x040)] public ulong RcuReported;

    /// <summary>The grace period at whose end <see cref="RcuWaiting"/> may run; 0: none. Its CPU stores, completing CPUs read.</summary>
    [FieldOffset(0x048)] public ulong RcuWaitsFor;

    /// <summary>1 while the CPU sleeps and holds no kernel pointer. Its CPU stores, starting CPUs read.</summary>
    [FieldOffset(0x050)] public uint RcuIdle;

    /// <summary>1: a callback in <see cref="RcuNext"/> should not wait for company.</summary>
    [FieldOffset(0x054)] public uint RcuUrgent;

    /// <summary>Callbacks in <see cref="RcuNext"/>.</summary>
    [FieldOffset(0x058)] public ulong RcuNextCount;

    /// <summary>Callbacks without a grace period yet.</summary>
    [FieldOffset(0x060)] public RcuQueue RcuNext;

    /// <summary>Callbacks whose grace period runs.</summary>
    [FieldOffset(0x070)] public RcuQueue RcuWaiting;

    /// <summary>Callbacks whose grace period is over.</summary>
    [FieldOffset(0x080)] public RcuQueue RcuDone;

    /// <summary>An identifier that never has a space: whoever looks for one there takes the long way.</summary>
    [FieldOffset(NoPcidOffset)] public PcidSlot NoPcid;

    /// <summary>The first of <see cref="Slab.Classes"/> magazines.</summary>
    [FieldOffset(MagazinesOffset)] public Magazine FirstMagazine;

    /// <summary>The first of <see cref="PcidSlots"/> identifiers; the slot at index i is identifier i + 1.</summary>
    [FieldOffset(PcidOffset)] public PcidSlot FirstPcid;
}
