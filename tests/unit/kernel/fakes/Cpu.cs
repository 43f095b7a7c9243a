using System.Runtime.InteropServices;

namespace Kilonova.Kernel;

/// <summary>The per-CPU block, as far as the rooms under test need it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 0x2000)]
public unsafe struct Cpu
{
    [FieldOffset(0x010)] public uint Hazard;

    [FieldOffset(0x014)] public uint Number;

    [FieldOffset(0x800)] public MemoryCpu Memory;

    public static Cpu* This => FakeMachine.Current;

    public static Cpu* Of(uint number) => FakeMachine.CpuAt(number);
}

public static class Hazard
{
    public const uint Rcu = 1 << 2;
}

public static class Machine
{
    public static uint CpuCount { get; set; }
}

public static class Vectors
{
    public const byte Remote = 0xfc;
}

public static unsafe class Lifecycle
{
    public static void Retire(KernelObject* o) => FakeMachine.Retire(o);
}
