// The life of a monitor: from its line's guest to what the guest's machine ends with.
using System;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Vmm.Boot;

namespace Kilonova.Vmm.Monitors;

/// <summary>A machine, as the first thread of its monitor sees it.</summary>
internal interface IGuestMachine
{
    /// <summary>What the guest asks of the machine as a whole.</summary>
    MachineControl Control { get; }

    /// <summary>Loads what the guest boots.</summary>
    LoadStatus Load();

    /// <summary>Starts its threads, those of virtual CPUs last.</summary>
    void Start();

    /// <summary>Presses the power button.</summary>
    void PressButton();

    /// <summary>Writes to the log what it has done.</summary>
    void Report();
}

/// <summary>What the first thread does.</summary>
internal static class Life
{
    /// <summary>Length of a time slice of the monitor's threads.</summary>
    internal const uint SliceMilliseconds = 10;

    private const uint Done = 0;
    private const uint AgainPlease = 1;
    private const ulong PatienceMilliseconds = 500;

    /// <summary>The guest's console. There is one from <see cref="Begin"/> on.</summary>
    internal static SerialConsole Console { get; private set; } = null!;

    /// <summary>How urgent threads are that serve the virtual CPUs.</summary>
    internal static SchedulingDescriptor Urgent => SchedulingDescriptor.Slice(Component.Information.Priority + 1, SliceMilliseconds);

    /// <summary>How urgent threads are that serve nobody who waits.</summary>
    internal static SchedulingDescriptor Patient => SchedulingDescriptor.Slice(Component.Information.Priority, SliceMilliseconds);

    /// <summary>Begins, if the component's line names a guest.</summary>
    internal static void Begin()
    {
        if (GuestImages.MemoryLength == 0)
            Fail("this component's line names no guest"u8);

        Console = new SerialConsole();
    }

    /// <summary>Ends the component as failed, for a reason that has been told.</summary>
    internal static void Fail() => Component.Exit(AgainPlease);

    /// <summary>Runs the machine until the guest wants it off, resets it, or comes to its end.</summary>
    internal static void Live(IGuestMachine machine)
    {
        var status = machine.Load();
        if (status != LoadStatus.Ok)
        {
            Log.Write($"the kernel cannot be loaded: {(uint)status}");
            Fail();
        }

        _ = ComponentThreads.Start<ConsoleThread>(Component.Information.Cpu, "console"u8, Urgent);
        Log.Write($"{Component.Information.VirtualCpus} virtual CPUs, {GuestImages.MemoryLength >> 20} MiB");
        machine.Start();
        var allocated = GC.GetTotalAllocatedBytes();
        var request = machine.Control.Wait(machine);
        Console.Flush(PatienceMilliseconds);
        Log.Write(Text(request));
        machine.Report();
        Log.Write($"{GC.GetTotalAllocatedBytes() - allocated} bytes allocated since the guest's first instruction, {allocated} before");
        Component.Exit(request == MachineRequest.PowerOff ? Done : AgainPlease);
    }

    private static void Fail(ReadOnlySpan<byte> why)
    {
        Log.Write(why);
        Fail();
    }

    private static ReadOnlySpan<byte> Text(MachineRequest request) => request switch
    {
        MachineRequest.PowerOff => "the guest switched its machine off"u8,
        MachineRequest.Reset => "the guest reset its machine"u8,
        _ => "the guest cannot go on"u8,
    };

    private struct ConsoleThread : IThread
    {
        public static void Run() => Console.Run();
    }
}
