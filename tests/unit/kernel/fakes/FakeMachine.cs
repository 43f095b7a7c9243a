using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Kilonova.Kernel;

/// <summary>
/// The machine under the kernel rooms that the tests compile: RAM in one block, CPUs that a test switches between by hand or that
/// threads take, interrupts that are delivered when they are sent.
/// </summary>
public static unsafe class FakeMachine
{
    /// <summary>Physical address of the RAM.</summary>
    public const ulong RamBase = 0x1000_0000;

    private const nuint CpuStride = 0x2_0000;

    [ThreadStatic]
    private static Cpu* s_current;

    private static byte* s_ram;
    private static ulong s_ramSize;
    private static byte* s_cpus;

    /// <summary>The CPU that this thread plays.</summary>
    public static Cpu* Current
    {
        get => s_current;
        set => s_current = value;
    }

    /// <summary>Objects whose last reference has gone, in that order.</summary>
    public static List<nint> Retired { get; } = [];

    /// <summary>What an interrupt does on the CPU that gets it; null: nothing.</summary>
    public static Action<uint, byte>? OnInterrupt { get; set; }

    /// <summary>Interrupts sent so far, as CPU and vector.</summary>
    public static List<(uint Cpu, byte Vector)> Interrupts { get; } = [];

    /// <summary>Starts a machine anew: cleared CPUs, this thread is CPU 0, all RAM belongs to the kernel's allocator.</summary>
    public static void Start(uint cpus = 1, uint pages = 2048)
    {
        NativeMemory.AlignedFree(s_ram);
        NativeMemory.AlignedFree(s_cpus);
        s_ramSize = (ulong)pages * PhysicalMemory.PageSize;
        s_ram = (byte*)NativeMemory.AlignedAlloc((nuint)s_ramSize, 0x20_0000);
        new Span<byte>(s_ram, (int)s_ramSize).Fill(0xcc);
        s_cpus = (byte*)NativeMemory.AlignedAlloc(cpus * CpuStride, CpuStride);
        NativeMemory.Clear(s_cpus, cpus * CpuStride);
        Machine.CpuCount = cpus;
        for (uint i = 0; i < cpus; i++)
        {
            CpuAt(i)->Number = i;
        }

        s_current = CpuAt(0);
        Retired.Clear();
        Interrupts.Clear();
        OnInterrupt = null;
        Tlb.Clear();
        Faults.Clear();
        Rcu.Reset();
        PhysicalMemory.Reset();
        PhysicalMemory.AddRegion(RamBase, s_ramSize);
        if (!Slab.Initialize() || !ObjectSpace.Initialize())
        {
            throw new InvalidOperationException("no memory for the slabs");
        }
    }

    public static Cpu* CpuAt(uint number) => (Cpu*)(s_cpus + (number * CpuStride));

    /// <summary>Does something as another CPU.</summary>
    public static void On(uint cpu, Action action)
    {
        Cpu* previous = s_current;
        s_current = CpuAt(cpu);
        action();
        s_current = previous;
    }

    /// <summary>Every CPU leaves the kernel, again and again, until all callbacks have run.</summary>
    public static void Settle()
    {
        for (int round = 0; round < 64; round++)
        {
            for (uint i = 0; i < Machine.CpuCount; i++)
            {
                On(i, () =>
                {
                    Cpu* cpu = Cpu.This;
                    cpu->Hazard &= ~Hazard.Rcu;
                    cpu->Memory.RcuUrgent = cpu->Memory.RcuNextCount != 0 ? 1u : 0u;
                    Rcu.Quiescent(cpu);
                });
            }
        }
    }

    /// <summary>Settles, empties the CPUs' caches and returns the number of free pages.</summary>
    public static ulong FreePagesAtRest()
    {
        Settle();
        for (uint i = 0; i < Machine.CpuCount; i++)
        {
            On(i, () =>
            {
                Slab.Drain();
                PhysicalMemory.Drain();
            });
        }

        for (uint i = 0; i < Machine.CpuCount; i++)
        {
            On(i, Slab.Drain);
        }

        return PhysicalMemory.FreePages;
    }

    public static void Interrupt(uint cpu, byte vector)
    {
        if (Tlb.Recording)
        {
            Interrupts.Add((cpu, vector));
        }

        if (OnInterrupt != null)
        {
            On(cpu, () => OnInterrupt(cpu, vector));
        }
    }

    public static void Retire(KernelObject* o) => Retired.Add((nint)o);

    public static void* ToVirtual(ulong physical)
    {
        if (physical - RamBase >= s_ramSize)
        {
            throw new InvalidOperationException($"the kernel touches physical address {physical:x}, which is not its RAM");
        }

        return s_ram + (physical - RamBase);
    }

    public static ulong ToPhysical(void* address)
    {
        ulong offset = (ulong)((byte*)address - s_ram);
        return offset < s_ramSize ? RamBase + offset : throw new InvalidOperationException("the address is not in the direct map");
    }
}
