using System;
using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests;

/// <summary>
/// Exceptions of the first thread, as tests expect them: the next one is recorded and ends the <see cref="Probe"/> function that raised it.
/// Any other ends the run with a crash report. Takes the place of the run time's portals on the boot CPU.
/// </summary>
public static unsafe class Fault
{
    /// <summary>What a handler may do instead of ending the function: change the state and say which parts of it.</summary>
    public static delegate*<ArchitecturalState*, Mtd> Action;

    // Written by the first thread before a fault, read and cleared by the handler, which runs meanwhile.
    private static bool s_isExpected;
    private static uint s_count;
    private static ulong s_number;
    private static ulong s_handlerMtd;
    private static State s_state;
    private static ulong s_handler;

    private struct State
    {
        internal fixed byte Bytes[ArchitecturalState.Size];
    }

    private const Mtd FullState = Mtd.GPR0_7 | Mtd.GPR8_15 | Mtd.RFLAGS | Mtd.RIP | Mtd.QUAL;

    /// <summary>Number of the exception that came last.</summary>
    public static ulong Number => s_number;

    /// <summary>MTD that its handler received.</summary>
    public static ulong HandlerMtd => s_handlerMtd;

    /// <summary>The state that came with it.</summary>
    public static ref ArchitecturalState Last => ref Unsafe.As<State, ArchitecturalState>(ref s_state);

    /// <summary>The local thread that handles the boot CPU's exceptions.</summary>
    public static ulong Handler => s_handler;

    /// <summary>The portal of an exception.</summary>
    public static Portal PortalOf(uint number) => new(RootSelectors.BootEvents + number);

    /// <summary>From here on the next exception of the first thread is expected.</summary>
    public static void Expect()
    {
        s_count = 0;
        s_isExpected = true;
    }

    /// <summary>Exactly one exception of this number has come since <see cref="Expect"/>.</summary>
    public static void Check(uint number, ReadOnlySpan<byte> what)
    {
        KernelTests.Check.Equal(s_count, 1, what);
        if (s_count == 1)
            KernelTests.Check.Equal(s_number, number, what);

        s_isExpected = false;
    }

    /// <summary>Exactly one exception, whatever its portal calls it, has come since <see cref="Expect"/>.</summary>
    public static void CheckOnce(ReadOnlySpan<byte> what)
    {
        KernelTests.Check.Equal(s_count, 1, what);
        s_isExpected = false;
    }

    /// <summary>The test has looked by itself.</summary>
    public static void Forget() => s_isExpected = false;

    /// <summary>No exception has come since <see cref="Expect"/>.</summary>
    public static void CheckNone(ReadOnlySpan<byte> what)
    {
        KernelTests.Check.Equal(s_count, 0, what);
        s_isExpected = false;
    }

    /// <summary>Sets the state that an exception's portal transfers; <see cref="ResetMtd"/> undoes it.</summary>
    public static void SetMtd(uint number, Mtd mtd) => KernelTests.Check.Succeeds(PortalOf(number).Configure(number, mtd), "ctrl_pt"u8);

    /// <summary>The exception's portal transfers all state again.</summary>
    public static void ResetMtd(uint number) => SetMtd(number, FullState);

    internal static void Install()
    {
        s_handler = RootTask.TakeSelector();
        RootTask.Require(
            Threads.CreateLocal(s_handler, RootTask.Hip->BootCpu, RootSelectors.NoEvents, "faults"u8, out _), "fault handler"u8);
        for (var number = 0u; number < RootTask.Hip->HostArchitecturalEvents; number++)
        {
            RootTask.Require(RootTask.ObjectSpace.Remove(RootSelectors.BootEvents + number, 0), "event portal"u8);
            RootTask.Require(
                EventPortals.Bind(RootTask.Domain, s_handler, RootSelectors.BootEvents + number, number, FullState, &OnException),
                "event portal"u8);
        }
    }

    internal static void CheckNonePending()
    {
        if (!s_isExpected)
            return;

        s_isExpected = false;
        KernelTests.Check.True(false, "an expected exception was never looked at"u8);
    }

    private static void OnException(ulong identifier, uint mtd)
    {
        var state = Server.State;
        s_number = identifier;
        s_handlerMtd = mtd;
        s_count++;
        new ReadOnlySpan<byte>(state, ArchitecturalState.Size).CopyTo(new Span<byte>(Unsafe.AsPointer(ref s_state), ArchitecturalState.Size));
        if (!s_isExpected)
        {
            CrashReport.Write(identifier, state);
            Log.Write("FAIL unexpected exception"u8);
            PowerOff.Now(PowerOff.Failure);
        }

        var action = Action;
        if (action != null)
            Server.Resume(action(state));

        s_isExpected = false;
        state->RIP = Probe.RecoverAddress();
        Server.Resume(Mtd.RIP);
    }
}
