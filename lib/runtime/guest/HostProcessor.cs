using System;
using System.Runtime;
using System.Runtime.CompilerServices;

namespace Kilonova.Runtime;

/// <summary>The processor underneath.</summary>
public static unsafe class HostProcessor
{
    /// <summary>Executes CPUID.</summary>
    /// <param name="leaf">EAX.</param>
    /// <param name="subleaf">ECX.</param>
    /// <param name="registers">Four words: EAX, EBX, ECX, EDX.</param>
    public static void ReadCpuid(uint leaf, uint subleaf, Span<uint> registers)
    {
        const int Registers = 4;
        if (registers.Length < Registers)
            throw new ArgumentException("four words");

        fixed (uint* first = registers)
            Cpuid(leaf, subleaf, first);
    }

    /// <summary>Executes RDRAND, which the processor must have. False if it has no random number at the moment.</summary>
    public static bool TryReadRandom(out ulong value)
    {
        value = 0;
        fixed (ulong* place = &value)
            return Random(place) != 0;
    }

    [RuntimeImport("*", "processor_random")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern uint Random(ulong* value);

    [RuntimeImport("*", "processor_cpuid")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern void Cpuid(uint leaf, uint subleaf, uint* registers);
}
