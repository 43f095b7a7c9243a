// The monitor "linux": boots the kernel that its manifest line names, and lives as long as the guest's machine is on.
using System;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Vmm.Boot;

namespace Kilonova.Vmm.Linux;

/// <summary>The first thread: makes the machine, then waits for the guest to want it off, reset, or to come to its end.</summary>
internal static class Program
{
    private const uint Done = 0;
    /// <summary>What the component ends with when it is to be started again.</summary>
    internal const uint AgainPlease = 1;

    private const ulong PatienceMilliseconds = 500;
    private const uint SliceMilliseconds = 10;

    private static void Main()
    {
        if (GuestImages.MemoryLength == 0)
        {
            Log.Write("this component's line names no guest"u8);
            Component.Exit(AgainPlease);
        }

        var machine = new Machine();
        var status = machine.Load();
        if (status != LoadStatus.Ok)
        {
            Log.Write($"the kernel cannot be loaded: {(uint)status}");
            Component.Exit(AgainPlease);
        }

        _ = ComponentThreads.Start<ConsoleThread>(
            Component.Information.Cpu, "console"u8, SchedulingDescriptor.Slice(Component.Information.Priority + 1, SliceMilliseconds));
        Log.Write($"{Component.Information.VirtualCpus} virtual CPUs, {GuestImages.MemoryLength >> 20} MiB");
        machine.Start();
        var allocated = GC.GetTotalAllocatedBytes();
        var request = machine.Control.Wait();
        Machine.Console.Flush(PatienceMilliseconds);
        Log.Write(Text(request));
        machine.ReportExits();
        GuestDisk.ReportAll();
        GuestNic.ReportAll();
        Log.Write($"{GC.GetTotalAllocatedBytes() - allocated} bytes allocated since the guest's first instruction, {allocated} before");
        Component.Exit(request == MachineRequest.PowerOff ? Done : AgainPlease);
    }

    private static ReadOnlySpan<byte> Text(MachineRequest request) => request switch
    {
        MachineRequest.PowerOff => "the guest switched its machine off"u8,
        MachineRequest.Reset => "the guest reset its machine"u8,
        _ => "the guest cannot go on"u8,
    };

    private struct ConsoleThread : IThread
    {
        public static void Run() => Machine.Console.Run();
    }
}
