using System.Runtime.CompilerServices;
using System.Threading;

namespace Kilonova.Kernel;

// Types of other rooms that the rooms under test only point to.

public struct Quota
{
}

public struct MapNode
{
}

public struct ObjectSpace
{
}

public struct HostSpace
{
}

public struct PioSpace
{
}

public struct Revocation
{
}

public struct ProtectionDomain
{
}

public struct VirtualCpu
{
}

public unsafe struct RcuHead
{
    public RcuHead* Next;
    public nint Free;
}

public static class Tlb
{
    public static void Pause() => Thread.Yield();
}

public static unsafe class Lifecycle
{
    /// <summary>What a request does on its CPU.</summary>
    public static System.Action<nint, uint>? OnAct { get; set; }

    public static void Act(Cpu* cpu, ExecutionContext* ec, uint actions) => OnAct?.Invoke((nint)ec, actions);

    public static void Act(Cpu* cpu, SchedulingContext* sc, uint actions) => OnAct?.Invoke((nint)sc, actions);

    /// <summary>Nothing under test drops the last reference.</summary>
    public static void Retire(KernelObject* o, [CallerMemberName] string by = "") =>
        throw new System.InvalidOperationException($"{by} retired the object at {(nint)o:x}");
}

public static class Faults
{
    public static void Violated(string what) => throw new System.InvalidOperationException("violated: " + what);
}

/// <summary>A CPU's block, as far as queues need it.</summary>
public unsafe struct Cpu
{
    public uint Number;
    public TimeoutQueue Timeouts;
    public RemoteQueue Remote;

    /// <summary>The one CPU that there is.</summary>
    public static Cpu* This { get; set; }

    public static Cpu* Of(uint number) => This;
}

public static class Vectors
{
    public const byte Remote = 0xfc;
}

/// <summary>Counts interrupts.</summary>
public static class Ipi
{
    private static int s_sent;

    public static int Sent => Volatile.Read(ref s_sent);

    public static void Send(uint cpu, byte vector) => Interlocked.Increment(ref s_sent);
}

public static unsafe class Scheduler
{
    /// <summary>The context has been queued; on the host nobody waits here.</summary>
    public static void WaitFor(Cpu* cpu, ExecutionContext* ec)
    {
    }
}

public static unsafe class Wakeup
{
    /// <summary>Who has been released; null: only the state changes.</summary>
    public static System.Collections.Generic.List<nint>? Released { get; set; }

    public static void Release(Cpu* cpu, ExecutionContext* ec)
    {
        Released?.Add((nint)ec);
        KernelObject.Drop(&ec->Head);
        Volatile.Write(ref *(byte*)&ec->State, (byte)EcState.Running);
    }
}
