using System;
using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Kilonova.Formats;
using Kilonova.Runtime;

namespace Kilonova.Hello;

/// <summary>
/// The smallest root task: it greets from ring 3, says what machine it found, and idles. Words of its command line: "poweroff" switches the
/// machine off afterwards; "crash=null", "crash=stack", "crash=throw" and "crash=divide" show a crash report instead.
/// </summary>
internal static class Program
{
    private const ulong PagesPerMiB = 256;
    private const ulong HertzPerMHz = 1_000_000;

    // Deep enough for any stack.
    private const int Endless = int.MaxValue;

    private static void Main()
    {
        Log.Write("hello: greetings from ring 3"u8);
        Describe();

        var commandLine = RootTask.CommandLine;
        var crash = CommandLine.Value(commandLine, "crash"u8);
        if (!crash.IsEmpty)
            Crash(crash);

        if (CommandLine.Has(commandLine, "poweroff"u8))
        {
            Log.Write("hello: good night"u8);
            PowerOff.Now(PowerOff.Success);
        }

        Log.Write("hello: idling"u8);
    }

    private static void Describe()
    {
        ref readonly var hip = ref RootTask.Information;
        Log.Write($"hello: {hip.CpuCount} CPUs, booted on CPU {hip.BootCpu}, time counter at {hip.StcFrequency / HertzPerMHz} MHz");
        Log.Write($"hello: {RootMemory.FreePages / PagesPerMiB} MiB of memory free, {RootTask.Boot.ModuleCount} modules");
        Log.Write($"hello: {hip.SelectorCount} selectors, {hip.PinInterrupts} interrupt pins, {hip.MessageInterrupts} message interrupts");
        Log.Write($"hello: hardware virtualization {Virtualization(hip.Features)}, IOMMU {Presence(hip.Features, PlatformFeatures.IOMMU)}");
        Log.Write($"hello: interface extensions {(ulong)hip.Features >> 32:x2}");
    }

    private static ReadOnlySpan<byte> Virtualization(PlatformFeatures features) =>
        (features & PlatformFeatures.VMX) != 0 ? "VMX"u8 : (features & PlatformFeatures.SVM) != 0 ? "SVM"u8 : "absent"u8;

    private static ReadOnlySpan<byte> Presence(PlatformFeatures features, PlatformFeatures feature) =>
        (features & feature) != 0 ? "present"u8 : "absent"u8;

    private static void Crash(ReadOnlySpan<byte> how)
    {
        if (how.SequenceEqual("null"u8))
            Log.Write($"{ReadNothing(null)}");
        else if (how.SequenceEqual("stack"u8))
            Log.Write($"{Recurse(Endless)}");
        else if (how.SequenceEqual("throw"u8))
            throw new InvalidOperationException("asked for");
        else if (how.SequenceEqual("divide"u8))
            Log.Write($"{Divide(how.Length - "divide"u8.Length)}");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ReadNothing(Nothing? nothing) => nothing!.Value;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Recurse(int depth) => depth == 0 ? 0 : Recurse(depth - 1) + Recurse(depth - 2);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Divide(int by) => 1 / by;

    private sealed class Nothing
    {
        internal int Value;
    }
}
