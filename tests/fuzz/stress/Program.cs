using System;
using Kilonova.Abi;
using Kilonova.Fuzz;
using Kilonova.KernelTests;
using Kilonova.Runtime;

namespace Kilonova.Stress;

/// <summary>
/// Everything at once on all CPUs: nested calls with helping and donation, semaphores with timeouts, recall, delegation against revoke,
/// destruction against use, domains killed while they are called. Unlike fuzzing, each operation knows which answers are right; after
/// each round what the operations did must add up, the kernel's memory must all be there, and its invariants are walked.
/// Command line: rounds=N milliseconds=N seed=N.
/// </summary>
internal static unsafe class Program
{
    private const int WarmUps = 2;
    private const int SettledTries = 60;
    private const int MostTries = 2000;

    private static void Main()
    {
        Suite.Begin("stress"u8);
        Suite.Run("Everything_at_once_adds_up"u8, &Stress);
        Suite.End();
    }

    private static void Stress()
    {
        var rounds = Argument("rounds="u8, 3);
        var milliseconds = Argument("milliseconds="u8, 1500);
        var seed = Argument("seed="u8, 1);
        Log.Write($"seed {seed}: {rounds} rounds of {milliseconds} ms");
        Shared.Prepare();
        Workers.Prepare();
        for (var i = 0ul; i < WarmUps; i++)
            Round(seed - 1 - i, 200);

        var before = Settle(0);
        for (var round = 1ul; round <= rounds && !Suite.HasFailed; round++)
        {
            Round(seed + (round << 32), milliseconds);
            Check.Equal(Settle(before), before, "pages of kernel memory in use after a round"u8);
            Log.Write($"round {round}: {Workers.Operations} operations");
        }

        Workers.Report();
    }

    private static void Round(ulong seed, ulong milliseconds)
    {
        Arena.Create();
        Shared.Begin();
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
            Victim.Create(cpu);

        Workers.Run(seed, milliseconds);
        for (var cpu = 0u; cpu < Lab.CpuCount; cpu++)
            Victim.Remove(cpu);

        Shared.End();
        Arena.Remove();
    }

    /// <summary>Waits until the kernel has given everything back, and walks its invariants; tells what is in use then, in pages.</summary>
    private static ulong Settle(ulong expected)
    {
        if (expected == 0)
            Walker.Begin();
        else
            Walker.Walk();

        var last = ulong.MaxValue;
        var same = 0;
        var tries = 0;
        ulong used;
        do
        {
            Lab.Sleep(5);
            Check.Succeeds(Lab.Domain.MoveQuota(Lab.Domain, 0, out _, out used), "quota"u8);
            same = used == last ? same + 1 : 0;
            last = used;
        }
        while (expected == 0 ? same < SettledTries : used != expected && ++tries < MostTries);

        return used;
    }

    private static ulong Argument(ReadOnlySpan<byte> name, ulong otherwise)
    {
        var text = RootTask.CommandLine;
        var at = text.IndexOf(name);
        if (at < 0)
            return otherwise;

        var value = 0ul;
        for (var i = at + name.Length; i < text.Length && text[i] is >= (byte)'0' and <= (byte)'9'; i++)
            value = value * 10 + (uint)(text[i] - '0');

        return value;
    }
}
