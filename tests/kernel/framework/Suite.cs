using System;
using System.Diagnostics.CodeAnalysis;
using Kilonova.Abi;
using Kilonova.Runtime;

namespace Kilonova.KernelTests;

/// <summary>
/// Runs the tests of one root task: a line per test, "ok name" or "FAIL name: what: got X expected Y" with the first thing that was wrong,
/// at the end "tests: N passed, N failed", and the machine is switched off.
/// </summary>
public static unsafe class Suite
{
    // Written by the first thread only.
    private static int s_passed;
    private static int s_failed;

    /// <summary>Whether something was wrong in the running test. Written by any of its threads; only the first failure is printed.</summary>
    internal static int Failures;

    /// <summary>Whether something was wrong in the running test so far.</summary>
    public static bool HasFailed => Failures != 0;

    /// <summary>Says what is tested.</summary>
    public static void Begin(ReadOnlySpan<byte> name)
    {
        Fault.Install();
        Log.Write($"suite: {name} on {RootTask.Information.CpuCount} CPUs");
    }

    /// <summary>Runs one test.</summary>
    public static void Run(ReadOnlySpan<byte> name, delegate*<void> test)
    {
        Failures = 0;
        test();
        Fault.CheckNonePending();
        if (Failures == 0)
        {
            s_passed++;
            Log.Write($"ok {name}");
        }
        else
        {
            s_failed++;
            Log.Write($"FAIL {name}");
        }
    }

    /// <summary>Prints the verdict and switches off.</summary>
    [DoesNotReturn]
    public static void End()
    {
        Log.Write($"tests: {s_passed} passed, {s_failed} failed");
        PowerOff.Now(s_failed == 0 ? PowerOff.Success : PowerOff.Failure);
    }
}

/// <summary>What must hold. Any thread of a test may check.</summary>
public static class Check
{
    /// <summary>Two numbers are equal.</summary>
    public static void Equal(ulong got, ulong expected, ReadOnlySpan<byte> what)
    {
        if (got != expected && Fails())
            Log.Write($"  {what}: got 0x{got:x} expected 0x{expected:x}");
    }

    /// <summary>A hypercall has returned a status.</summary>
    public static void Is(Status got, Status expected, ReadOnlySpan<byte> what)
    {
        if (got != expected && Fails())
            Log.Write($"  {what}: got {StatusText.Name(got)} ({(uint)got}) expected {StatusText.Name(expected)}");
    }

    /// <summary>A hypercall was successful.</summary>
    public static void Succeeds(Status got, ReadOnlySpan<byte> what) => Is(got, Status.SUCCESS, what);

    /// <summary>A condition holds.</summary>
    public static void True(bool condition, ReadOnlySpan<byte> what)
    {
        if (!condition && Fails())
            Log.Write($"  {what}: does not hold");
    }

    /// <summary>A number lies between two others, both included.</summary>
    public static void Between(ulong got, ulong low, ulong high, ReadOnlySpan<byte> what)
    {
        if ((got < low || got > high) && Fails())
            Log.Write($"  {what}: got {got} expected {low} to {high}");
    }

    // Only the first failures of a test are worth their lines.
    private static bool Fails() => System.Threading.Interlocked.Increment(ref Suite.Failures) <= 5;
}
