using System.Threading;
using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.KernelTests.HostMemory;

/// <summary>A change of memory holds on all CPUs as soon as ctrl_pd has returned.</summary>
internal static unsafe class ShootdownTests
{
    private const int Rounds = 50;

    private static Semaphore s_go;
    private static Semaphore s_done;
    private static ulong s_address;
    private static uint s_value;
    private static uint s_stop;

    internal static void Run()
    {
        Suite.Run("A_removed_page_is_gone_at_once"u8, &RemoveHere);
        Suite.Run("A_replaced_page_shows_the_new_memory_at_once"u8, &ReplaceHere);
        if (Lab.CpuCount > 1)
            Suite.Run("A_replaced_page_shows_the_new_memory_on_all_cpus"u8, &ReplaceThere);
    }

    private static Status Map(byte* memory, ulong page) =>
        RootTask.NovaHostSpace.Delegate(
            RootTask.HostSpace, Lab.PhysicalPage(memory), page, 0, MemoryPermissions.R | MemoryPermissions.W);

    private static void RemoveHere()
    {
        var page = Lab.EmptyPage();
        var memory = Lab.Memory(1);
        byte value;
        for (var i = 0; i < Rounds; i++)
        {
            Check.Succeeds(Map(memory, page), "map"u8);
            *(ulong*)(page << 12) = 1;
            Check.Succeeds(RootTask.HostSpace.Remove(page, 0), "remove"u8);
            Fault.Expect();
            Check.Equal(Probe.Load(page << 12, &value), 1, "load"u8);
            Fault.Check(HostEvent.PF, "load"u8);
        }
    }

    private static void ReplaceHere()
    {
        var page = Lab.EmptyPage();
        var first = Lab.Memory(1);
        var second = Lab.Memory(1);
        *first = 1;
        *second = 2;
        for (var i = 0; i < Rounds; i++)
        {
            Check.Succeeds(Map(first, page), "map"u8);
            Check.Equal(*(byte*)(page << 12), 1, "first"u8);
            Check.Succeeds(Map(second, page), "map"u8);
            Check.Equal(*(byte*)(page << 12), 2, "second"u8);
        }
    }

    // Reads when told to, and keeps its translation cached in between.
    private static void Read(nint argument)
    {
        while (true)
        {
            _ = s_go.Down();
            if (Volatile.Read(ref s_stop) != 0)
                break;

            Volatile.Write(ref s_value, *(byte*)s_address);
            _ = s_done.Up();
        }

        _ = s_done.Up();
    }

    private static void ReplaceThere()
    {
        var page = Lab.EmptyPage();
        var first = Lab.Memory(1);
        var second = Lab.Memory(1);
        *first = 1;
        *second = 2;
        s_address = page << 12;
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
        {
            s_go = Lab.Semaphore(0);
            s_done = Lab.Semaphore(0);
            s_stop = 0;
            Check.Succeeds(Map(first, page), "map"u8);
            _ = Lab.Run(cpu, &Read);
            for (var i = 0; i < Rounds; i++)
            {
                var isFirst = i % 2 == 0;
                Check.Succeeds(Map(isFirst ? first : second, page), "map"u8);
                _ = s_go.Up();
                Check.Succeeds(Lab.WaitFor(s_done), "read"u8);
                Check.Equal(Volatile.Read(ref s_value), isFirst ? 1u : 2u, "what the other CPU sees"u8);
            }

            // The next reader uses the same variables: this one must be gone.
            Volatile.Write(ref s_stop, 1);
            _ = s_go.Up();
            Check.Succeeds(Lab.WaitFor(s_done), "end"u8);
        }
    }
}
