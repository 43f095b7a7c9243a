using System.Runtime;
using System.Runtime.CompilerServices;

namespace Kilonova.KernelTests.Virtualization;

/// <summary>The programs of guests.S, in their order.</summary>
internal enum Prog
{
    RealCpuid,
    RealPorts,
    RealMemory,
    Protected,
    Long,
    ManyCpuids,
    ManyPages,
    Interrupt,
    Window,
    Nmi,
    Vectoring,
    Software,
    Msr,
    Time,
    OpenPort,
    Count,
    MemoryOfItsOwn,
    Debug,
    Exception,
    Fpu,
}

/// <summary>Where they are.</summary>
internal static unsafe class Programs
{
    internal static byte* Start(Prog program) => (byte*)Table()[2 * (int)program];

    internal static byte* End(Prog program) => (byte*)Table()[(2 * (int)program) + 1];

    [RuntimeImport("*", "guest_programs")]
    [MethodImpl(MethodImplOptions.InternalCall)]
    private static extern ulong* Table();
}
