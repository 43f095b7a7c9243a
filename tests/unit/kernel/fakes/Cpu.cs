using System.Runtime.InteropServices;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>The per-CPU block, as far as the rooms under test need it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 0x2000)]
public unsafe struct Cpu
{
    [FieldOffset(0x010)] public uint Hazard;

    [FieldOffset(0x014)] public uint Number;

    [FieldOffset(0x018)] public HostSpace* Space;

    [FieldOffset(0x100)] public GuestCpu Guests;

    [FieldOffset(0x400)] public ArchCpu Arch;

    [FieldOffset(0x800)] public MemoryCpu Memory;

    public static Cpu* This => FakeMachine.Current;

    public static Cpu* Of(uint number) => FakeMachine.CpuAt(number);
}

public static class Hazard
{
    public const uint Rcu = 1 << 2;
    public const uint Reschedule = 1 << 3;
}

public struct ArchCpu
{
    public uint ApicId;
}

public static unsafe class Machine
{
    public static uint CpuCount { get; set; }

    public static Quota* Quota { get; set; }
}

/// <summary>Only its address is of interest.</summary>
public struct ExecutionContext
{
}

/// <summary>A machine with the virtualization that a test wants.</summary>
public static class Virtualization
{
    public static PlatformFeatures Kind { get; set; }

    public static uint LargestLevel => 1;

    public static ulong Attributes(uint permissions, uint attributes) => HostSpace.Attributes(permissions, attributes);
}

public static class Msr
{
    public const uint IA32_EFER = 0xc000_0080;
}

public static class Vectors
{
    public const byte Iommu = 0xfa;

    public const byte Remote = 0xfc;
}

public static unsafe class Lifecycle
{
    public static void Retire(KernelObject* o) => FakeMachine.Retire(o);
}
