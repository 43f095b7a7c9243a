using System;
using System.Threading;
using Kilonova.Contracts;
using Kilonova.Manifest;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

/// <summary>
/// One line of the manifest through all its lives. The manager's thread writes; event handlers write the crash report, and other threads
/// read what does not change in a life.
/// </summary>
internal sealed class ComponentSlot
{
    private const int NoCrash = 0;
    private const int CrashBegun = 1;
    private const int CrashComplete = 2;

    // Exchanged by event handlers, which run on every CPU; reset by the manager between lives.
    private int _crash;

    internal ComponentSlot(int number, ComponentLine line, ulong portals, ulong logPage, ulong crashPage, ulong counterPage)
    {
        Number = number;
        Line = line;
        Child = new Child(portals);
        Memory = new ComponentMemory(line.MemoryPages + (line.Guest?.AllPages ?? 0));
        Guest = line.Guest == null ? null : new GuestDefinition(line.Image, line.Guest);
        LogPage = logPage;
        CrashPage = crashPage;
        CounterPage = counterPage;
    }

    internal int Number { get; }

    internal ComponentLine Line { get; }

    internal Child Child { get; }

    internal ComponentMemory Memory { get; }

    /// <summary>What its guest is from its next start on; null for a component without one.</summary>
    internal GuestDefinition? Guest { get; }

    /// <summary>The file of its image.</summary>
    internal ReadOnlySpan<byte> Image => Guest == null ? Line.Image : Guest.Image;

    internal RestartGovernor Governor { get; } = new();

    /// <summary>Physical page of its log; it keeps it through all lives.</summary>
    internal ulong LogPage { get; }

    /// <summary>Physical page of its counters.</summary>
    internal ulong CounterPage { get; }

    /// <summary>Physical page of the text of its last crash.</summary>
    internal ulong CrashPage { get; }

    internal ComponentState State { get; set; }

    /// <summary>How often it was started.</summary>
    internal ulong Life { get; set; }

    /// <summary>How often it crashed.</summary>
    internal ulong Crashes { get; private set; }

    /// <summary>The life that ended in the last crash.</summary>
    internal ulong CrashLife { get; private set; }

    /// <summary>System time counter at its start.</summary>
    internal ulong StartedAt { get; set; }

    /// <summary>System time counter at which it is started again, while it is restarting.</summary>
    internal ulong RestartAt { get; set; }

    /// <summary>It starts again as soon as memory of its last life is not held by others any more.</summary>
    internal bool AwaitsMemory { get; set; }

    /// <summary>CPUs that it has.</summary>
    internal ulong Cpus { get; set; }

    /// <summary>Physical page of its start-up page.</summary>
    internal ulong StartPage { get; set; }

    /// <summary>Its first instruction.</summary>
    internal ulong Entry { get; set; }

    /// <summary>The boot module of its image.</summary>
    internal int Module { get; set; }

    /// <summary>The boot module of its symbols; -1 for none.</summary>
    internal int Symbols { get; set; }

    /// <summary>Bytes of the text of its last crash.</summary>
    internal int CrashLength { get; set; }

    internal ReadOnlySpan<byte> Name => Line.Name;

    /// <summary>Devices of its that nothing fences.</summary>
    internal int UnfencedDevices { get; set; }

    /// <summary>It has devices, and they are confined to its DMA space.</summary>
    internal bool IsConfined { get; set; }

    /// <summary>The addresses that its devices may see and that are free, while <see cref="IsConfined"/>.</summary>
    internal PageAllocator? DeviceAddresses { get; set; }

    internal bool HasCrashed => Volatile.Read(ref _crash) == CrashComplete;

    /// <summary>For event handlers: whether this is the first crash of this life.</summary>
    internal bool TryBeginCrash() => Interlocked.CompareExchange(ref _crash, CrashBegun, NoCrash) == NoCrash;

    /// <summary>For event handlers: the report is written.</summary>
    internal void CompleteCrash(int length)
    {
        CrashLength = length;
        Volatile.Write(ref _crash, CrashComplete);
    }

    /// <summary>For the manager: counts the crash and forgets it.</summary>
    internal void TakeCrash()
    {
        Crashes++;
        CrashLife = Life;
        Volatile.Write(ref _crash, NoCrash);
    }

    /// <summary>For the manager, before a new life.</summary>
    internal void ForgetCrash() => Volatile.Write(ref _crash, NoCrash);
}
