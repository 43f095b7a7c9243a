using System.Runtime;
using System.Runtime.CompilerServices;

namespace Kilonova.Bench;

/// <summary>The loops of paths.S.</summary>
internal static unsafe class Loops
{
    [RuntimeImport("*", "bench_null"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern void Null(ulong count);

    [RuntimeImport("*", "bench_call"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern void Call(ulong identifier, ulong mtd, ulong count);

    [RuntimeImport("*", "bench_item"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern void Item(ulong identifier, ulong mtd, ulong items, ulong* hotspot, ulong count);

    [RuntimeImport("*", "bench_hypercall"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern void Hypercall(ulong identifier, ulong rsi, ulong rdx, ulong rax, ulong r8, ulong count);

    [RuntimeImport("*", "bench_sequence"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern void Sequence(ulong identifier, ulong rsi, ulong rdx, ulong rax, ulong r8, ulong count);

    [RuntimeImport("*", "bench_map"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern void Map(ulong identifier, ulong rsi, ulong rdx, ulong rax, ulong r8, ulong count);

    [RuntimeImport("*", "bench_ping"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern void Ping(ulong up, ulong down, ulong count);

    [RuntimeImport("*", "bench_ping_until"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern void PingUntil(ulong up, ulong down, ulong deadline, ulong count);

    [RuntimeImport("*", "bench_undefined"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern void Undefined(ulong count);

    [RuntimeImport("*", "bench_touch"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern void Touch(ulong address, ulong count);

    // Entry points of portals: only their addresses are used.
    [RuntimeImport("*", "bench_echo_address"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern ulong Echo();

    [RuntimeImport("*", "bench_skip_address"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern ulong Skip();

    [RuntimeImport("*", "bench_pager_address"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern ulong Pager();

    [RuntimeImport("*", "bench_prepare_address"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern ulong Prepare();

    [RuntimeImport("*", "bench_wake_address"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern ulong Wake();

    [RuntimeImport("*", "bench_sleep_address"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern ulong Sleep();

    [RuntimeImport("*", "bench_guest_cpuid_address"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern ulong GuestCpuid();

    [RuntimeImport("*", "bench_guest_touch_address"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern ulong GuestTouch();

    [RuntimeImport("*", "bench_guest_code_address"), MethodImpl(MethodImplOptions.InternalCall)]
    internal static extern byte* GuestCode();
}
