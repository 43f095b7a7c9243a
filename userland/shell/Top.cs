using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Shell;

/// <summary>What components use: two looks a second apart, and what there was between them.</summary>
internal static class Top
{
    private const ulong PauseMilliseconds = 1000;
    private const int MaxComponents = 80;
    private const ulong Thousand = 1000;
    private const ulong PageKiB = 4;
    private const int HalfShift = 32;

    private struct Look
    {
        internal ulong Life;
        internal ulong Time;
        internal ulong Calls;
        internal ulong Answers;
        internal ulong Records;
    }

    internal static void Show(ControlClient<PortalTransport> control)
    {
        Span<byte> name = stackalloc byte[Bounds.Longest];
        Span<Look> before = stackalloc Look[MaxComponents];
        var start = Platform.Time;
        for (var i = 0; i < MaxComponents && TryLook(control, i, name, out _, out before[i], out _, out _); i++)
        {
        }

        Component.Sleep(PauseMilliseconds);
        var passed = Platform.Time - start;
        View.WriteLine($"component: CPU, calls made/answered/ring records in a second, memory");
        for (var i = 0; i < MaxComponents && TryLook(control, i, name, out var length, out var now, out var memory, out var kernel); i++)
        {
            // A new life has used what it has used.
            var then = before[i].Life == now.Life ? before[i] : default;
            var permille = Thousand * Since(now.Time, then.Time) / passed;
            View.WriteLine(
                $"{name.Slice(0, length)}: {permille / 10}.{permille % 10} %, {Rate(now.Calls, then.Calls, passed)}/{Rate(now.Answers, then.Answers, passed)}/{Rate(now.Records, then.Records, passed)}, memory {Low(memory)} of {High(memory)} KiB, kernel memory {Low(kernel)} of {High(kernel)} KiB");
        }
    }

    private static bool TryLook(
        ControlClient<PortalTransport> control, int index, Span<byte> name, out int length, out Look look, out ulong memory, out ulong kernel)
    {
        look = default;
        return control.Describe((uint)index, name, out length, out _, out look.Life, out _, out memory, out kernel, out look.Time) == ContractStatus.Ok
            && control.ReadActivity((uint)index, out look.Calls, out look.Answers, out look.Records) == ContractStatus.Ok;
    }

    private static ulong Rate(ulong now, ulong then, ulong passed) => Since(now, then) * Component.Milliseconds(PauseMilliseconds) / passed;

    // A thread that ended takes with it what it had used.
    private static ulong Since(ulong now, ulong then) => now > then ? now - then : 0;

    private static ulong Low(ulong pages) => (uint)pages * PageKiB;

    private static ulong High(ulong pages) => (pages >> HalfShift) * PageKiB;
}
