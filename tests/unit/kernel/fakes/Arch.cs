using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace Kilonova.Kernel;

// What kernel/arch/x86_64 gives the other rooms, here without a processor.

public static unsafe class DirectMap
{
    public static void* ToVirtual(ulong physical) => FakeMachine.ToVirtual(physical);

    public static ulong ToPhysical(void* address) => FakeMachine.ToPhysical(address);
}

public static unsafe class Memory
{
    public static void Zero(void* destination, nuint bytes) => NativeMemory.Clear(destination, bytes);

    public static void Copy(void* destination, void* source, nuint bytes) => NativeMemory.Copy(source, destination, bytes);
}

public static class Assembly
{
    /// <summary>No interrupt comes.</summary>
    public static void InterruptWindow()
    {
    }
}

public static class Tlb
{
    public const ulong KeepTranslations = 1ul << 63;

    /// <summary>Addresses invalidated one by one.</summary>
    public static List<ulong> Invalidated { get; } = [];

    /// <summary>Values written to CR3, by any CPU.</summary>
    public static List<ulong> Loaded { get; } = [];

    /// <summary>Off for runs in which threads play CPUs.</summary>
    public static bool Recording { get; set; } = true;

    public static void InvalidatePage(ulong address)
    {
        if (Recording)
        {
            Invalidated.Add(address);
        }
    }

    public static void WriteCr3(ulong value)
    {
        if (Recording)
        {
            Loaded.Add(value);
        }

        // Serializing.
        Interlocked.MemoryBarrier();
    }

    public static unsafe void Enter(ulong root, ulong generation, ulong* current)
    {
        WriteCr3(root);
        if (*current != generation)
        {
            HostSpace.Synchronize(FakeMachine.Current, FakeMachine.Current->Space);
        }
    }

    public static void Pause() => Thread.Yield();

    public static void Clear()
    {
        Recording = true;
        Invalidated.Clear();
        Loaded.Clear();
    }
}

public static class Ipi
{
    public static void Send(uint cpu, byte vector) => FakeMachine.Interrupt(cpu, vector);
}

/// <summary>Failures injected into allocations and charges.</summary>
public static class Faults
{
    private static long s_countdown = -1;

    /// <summary>Allocations asked for since <see cref="Clear"/> or <see cref="FailAt"/>.</summary>
    public static long Asked { get; private set; }

    /// <summary>Whether the failure that was asked for has happened.</summary>
    public static bool Hit { get; private set; }

    /// <summary>Counts, and fails, once.</summary>
    public static bool AllocationFails
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        get
        {
            Asked++;
            if (s_countdown < 0 || s_countdown-- != 0)
            {
                return false;
            }

            Hit = true;
            return true;
        }
    }

    /// <summary>Lets the allocation with this number from now on, from 0, fail.</summary>
    public static void FailAt(long number)
    {
        Asked = 0;
        Hit = false;
        s_countdown = number;
    }

    public static void Clear() => FailAt(-1);

    public static void Violated(string what) => throw new InvalidOperationException("violated: " + what);
}
