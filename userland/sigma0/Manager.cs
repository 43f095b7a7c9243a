using System;
using System.Numerics;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Manifest;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

/// <summary>
/// The only thread that changes anything: it starts and ends components, maps memory, opens sessions. Service threads hand it requests,
/// event handlers report crashes; it never waits for a component.
/// </summary>
internal sealed partial class Manager
{
    private const ulong MillisecondsPerSecond = 1000;

    // How long a server may take to let go of memory.
    private const ulong GraceMilliseconds = 1000;

    private readonly PageAllocator _pages;
    private readonly ServiceDirectory _services = new();
    private readonly DataspaceTable _dataspaces = new();
    private readonly TimeTable _times = new();
    private readonly ServiceThread[] _threads;
    private readonly Semaphore _wake;
    private readonly Semaphore _logWritten;
    private readonly int _sessionOrder;
    private readonly BootDisplay _display = RootTask.Boot.Display;

    // For a capability of a component's that is only looked at.
    private readonly ulong _borrowed = RootTask.TakeSelector();

    internal Manager(ComponentLine[] lines, PageAllocator pages, Semaphore wake, Semaphore logWritten)
    {
        _pages = pages;
        _wake = wake;
        _logWritten = logWritten;
        var cpus = (int)Math.Min((uint)RootTask.Information.CpuCount, StartPage.MaxCpus);
        _sessionOrder = BitOperations.Log2((uint)cpus * 2 - 1);
        AvailableCpus = cpus == StartPage.MaxCpus ? ulong.MaxValue : (1ul << cpus) - 1;
        _threads = new ServiceThread[cpus];
        for (var cpu = 0u; cpu < cpus; cpu++)
            _threads[cpu] = new ServiceThread(cpu, Math.Max(ParentDispatcher.ScratchWords, Math.Max(ControlDispatcher.ScratchWords, LogDispatcher.ScratchWords)));

        var portals = RootTask.TakeSelectors(SelectorAllocator.MaxOrder);
        Slots = new ComponentSlot[lines.Length];
        for (var i = 0; i < lines.Length; i++)
        {
            Slots[i] = new ComponentSlot(i, lines[i], portals, TakePage(), TakePage(), TakePage());
            if (lines[i].MayOffer(AdmissionService))
                _admission = Slots[i];
        }

        if (_admission == null)
            Faults.Fail("no component offers admission"u8);
    }

    /// <summary>The components.</summary>
    internal ComponentSlot[] Slots { get; }

    /// <summary>CPUs of the machine, a bit each.</summary>
    internal ulong AvailableCpus { get; }

    /// <summary>Free pages.</summary>
    internal ulong FreePages => _pages.Free;

    /// <summary>The threads of a CPU.</summary>
    internal ServiceThread ThreadOf(uint cpu) => _threads[cpu];

    /// <summary>Makes the manager look what there is to do.</summary>
    internal void Wake() => _ = _wake.Up();

    /// <summary>Starts what is started at boot, then serves for ever.</summary>
    internal void Run()
    {
        _ = _services.Offer(ServiceDirectory.RootTask, null, "control"u8, PortalEntry<ControlPortal>.Address, 0, 0, out _);
        _ = _services.Offer(ServiceDirectory.RootTask, null, "log"u8, PortalEntry<LogPortal>.Address, 0, 0, out _);
        _ = _services.Offer(ServiceDirectory.RootTask, null, "machine"u8, PortalEntry<MachinePortal>.Address, 0, 0, out _);
        TryStart(_admission!);
        foreach (var slot in Slots)
        {
            if (slot.Line.StartsAtBoot && slot != _admission)
                TryStart(slot);
        }

        while (true)
        {
            _ = _wake.DownToZero(NextDeadline());
            foreach (var slot in Slots)
            {
                if (slot.HasCrashed && slot.State == ComponentState.Running)
                    End(slot, EndOfLife.Crashed);

                if (slot.State == ComponentState.Restarting && slot.RestartAt <= Platform.Time)
                    TryStart(slot);
            }

            EndOverdue();
            ReportFaults();

            foreach (var thread in _threads)
            {
                if (thread.Request.IsPending)
                    thread.Request.Complete(Serve(thread.Request));
            }
        }
    }

    private ulong NextDeadline()
    {
        var next = _dataspaces.NextDeadline();
        foreach (var slot in Slots)
        {
            if (slot.State == ComponentState.Restarting && (next == 0 || slot.RestartAt < next))
                next = slot.RestartAt;
        }

        return next;
    }

    private void TryStart(ComponentSlot slot)
    {
        if (_dataspaces.HeldOfEnded(slot.Number) != 0)
        {
            // What it may have, others still hold: until they let go or are ended.
            slot.State = ComponentState.Restarting;
            slot.RestartAt = _dataspaces.NextDeadline();
            slot.AwaitsMemory = true;
            return;
        }

        slot.AwaitsMemory = false;
        slot.Life++;
        slot.ForgetCrash();
        var failure = Start(slot);
        if (failure.IsEmpty)
        {
            slot.State = ComponentState.Running;
            slot.StartedAt = Platform.Time;
            Log.Write($"started {slot.Name}, life {slot.Life}");
            return;
        }

        EndTime(slot);
        TakeBack(slot);
        slot.State = ComponentState.GivenUp;
        Log.Write(LogLevel.Error, $"cannot start {slot.Name}: {failure}");
    }

    /// <summary>The component of a name; null when there is none.</summary>
    internal ComponentSlot? Find(ReadOnlySpan<byte> name)
    {
        foreach (var slot in Slots)
        {
            if (name.SequenceEqual(slot.Name))
                return slot;
        }

        return null;
    }

    private void End(ComponentSlot slot, EndOfLife end)
    {
        CloseSessions(slot);
        StopDevices(slot);
        EndTime(slot);
        TakeBack(slot);
        EndDataspaces(slot);
        if (end == EndOfLife.Crashed)
            slot.TakeCrash();

        var ticksPerMillisecond = RootTask.Information.StcFrequency / MillisecondsPerSecond;
        var lived = (Platform.Time - slot.StartedAt) / ticksPerMillisecond;
        if (slot.Governor.Decide(slot.Line.Restart, end, lived, out var delay))
        {
            slot.State = ComponentState.Restarting;
            slot.RestartAt = Platform.Time + delay * ticksPerMillisecond;
        }
        else
        {
            var failed = end is EndOfLife.Crashed or EndOfLife.Failed && slot.Line.Restart != RestartPolicy.Never;
            slot.State = failed ? ComponentState.GivenUp : ComponentState.Stopped;
        }

        var level = end is EndOfLife.Crashed or EndOfLife.Failed ? LogLevel.Error : LogLevel.Information;
        Log.Write(level, $"{slot.Name} {Text(end)}{(slot.State == ComponentState.Restarting ? ", starts again" : "")}");
    }

    private static string Text(EndOfLife end) => end switch
    {
        EndOfLife.Done => "is done",
        EndOfLife.Failed => "failed",
        EndOfLife.Crashed => "crashed",
        EndOfLife.Killed => "was killed",
        _ => "was stopped",
    };

    // Everything that the component had goes back; nothing of it is anywhere else afterwards.
    private void TakeBack(ComponentSlot slot)
    {
        slot.Child.End();
        for (var i = 0; i < slot.Memory.Count; i++)
        {
            if (!slot.Memory[i].IsShared)
                _pages.Add(slot.Memory[i].Physical, slot.Memory[i].Pages);
        }

        slot.Memory.Clear();
    }

    private ulong TakePage()
    {
        if (!_pages.TryTake(1, 1, out var page))
            Faults.Fail("out of memory for components"u8);

        MachinePages.Clear(page, 1);
        return page;
    }
}
