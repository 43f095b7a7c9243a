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

public struct ProtectionDomain
{
}

public struct Semaphore
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
    /// <summary>Nothing under test drops the last reference.</summary>
    public static void Retire(KernelObject* o, [CallerMemberName] string by = "") =>
        throw new System.InvalidOperationException($"{by} retired the object at {(nint)o:x}");
}

public static class Faults
{
    public static void Violated(string what) => throw new System.InvalidOperationException("violated: " + what);
}
