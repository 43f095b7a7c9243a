using System;
using Kilonova.Abi;
using Kilonova.KernelTests;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Fuzz;

/// <summary>
/// Hypercall fuzzing. Two hostile components on each CPU are made, let loose, killed, round after round, until enough hypercalls have been
/// issued; bystanders must not notice, and after each round the kernel's memory must all be there again. Command line: calls=N seed=N.
/// </summary>
internal static unsafe class Program
{
    private const ulong CallsPerRound = 500;
    private const ulong PatienceMilliseconds = 400;
    private const uint PerCpu = 2;
    private const int SettledTries = 100;
    private const int MostTries = 1000;

    private static HostileDomain* s_hostile;
    private static uint s_count;
    private static ulong s_shared;
    private static ulong s_seed;
    private static ulong s_wanted;
    private static ulong s_done;
    private static ulong s_exceptions;
    private static ulong s_served;
    private static Totals s_statuses;
    private static Totals s_numbers;

    private struct Totals
    {
        internal fixed ulong Words[16];
    }

    private static void Main()
    {
        s_seed = Argument("seed="u8, 1);
        s_wanted = Argument("calls="u8, 100_000);
        Suite.Begin("fuzz"u8);
        Log.Write($"seed {s_seed}, {s_wanted} hypercalls");
        Suite.Run("Hostile_hypercalls_harm_nobody"u8, &Fuzz);
        Suite.End();
    }

    private static void Fuzz()
    {
        s_count = PerCpu * Lab.CpuCount;
        s_hostile = (HostileDomain*)Lab.Memory(1 + ((ulong)sizeof(HostileDomain) * s_count >> 12));
        for (var i = 0u; i < s_count; i++)
            s_hostile[i].Prepare(i % Lab.CpuCount);

        s_shared = Lab.Selector();
        Bystander.Start();
        Dice dice = new(s_seed);

        // Tables of the root domain's own spaces are made once and stay.
        Round(ref dice, 0);
        var before = Settle(0);
        for (var round = 1ul; s_done < s_wanted; round++)
        {
            Round(ref dice, CallsPerRound);
            Check.Equal(Settle(before), before, "kernel memory in use after a round"u8);
            if (Suite.HasFailed)
            {
                Log.Write($"  in round {round}");
                return;
            }

            if (round % 8 == 0)
                Log.Write($"round {round}: {s_done} hypercalls, {s_exceptions} exceptions, {s_served} messages, bystanders {Bystander.Rounds}");
        }

        for (var i = 0u; i < 16; i++)
        {
            Log.Write($"hypercall 0x{i:x}: {s_numbers.Words[i]}; status 0x{i:x}: {s_statuses.Words[i]}");
            Check.True(s_numbers.Words[i] != 0, "every hypercall was issued"u8);
        }

        Check.True(s_exceptions != 0 && s_served != 0, "hostile servers and handlers ran"u8);
        Check.True(Bystander.Rounds >= Lab.CpuCount * 10, "bystanders got on"u8);
    }

    private static void Round(ref Dice dice, ulong calls)
    {
        RootTask.Require(Semaphore.Create(s_shared, Lab.Domain, 1), "semaphore"u8);
        for (var i = 0u; i < s_count; i++)
            s_hostile[i].Create(dice.Next(), calls, ref dice);

        for (var i = 0u; i < s_count; i++)
        {
            s_hostile[i].Equip(
                s_hostile[(i + Lab.CpuCount) % s_count], s_hostile[(i + 1) % s_count], s_shared, Bystander.PortalFor(i % Lab.CpuCount), ref dice);
        }

        for (var i = 0u; i < s_count; i++)
            s_hostile[i].Start();

        // Some are killed while the others are at work.
        Await(calls * s_count / 2);
        var first = (uint)dice.Below(s_count);
        for (var i = 0u; i < s_count / 4; i++)
            s_hostile[(first + i) % s_count].Kill();

        Await(calls * s_count);
        for (var i = s_count / 4; i < s_count; i++)
            s_hostile[(first + i) % s_count].Kill();

        for (var i = 0u; i < s_count; i++)
            s_hostile[i].Forget();

        Check.Succeeds(RootTask.ObjectSpace.Remove(s_shared, 0), "remove"u8);
        Add();
    }

    private static ulong Sum()
    {
        var sum = 0ul;
        for (var i = 0u; i < s_count; i++)
            sum += s_hostile[i].Figures.Calls;

        return sum;
    }

    private static void Await(ulong calls)
    {
        var seen = 0ul;
        var since = Platform.Time;
        while (true)
        {
            var sum = Sum();
            if (sum >= calls)
                return;

            if (sum != seen)
            {
                seen = sum;
                since = Platform.Time;
            }
            else if (Platform.Time - since > Lab.Milliseconds(PatienceMilliseconds))
            {
                return;
            }

            Lab.Sleep(2);
        }
    }

    private static void Add()
    {
        s_done += Sum();
        for (var i = 0u; i < s_count; i++)
        {
            ref var figures = ref s_hostile[i].Figures;
            s_exceptions += figures.Exceptions;
            s_served += figures.Served;
            for (var j = 0; j < 16; j++)
            {
                s_statuses.Words[j] += figures.Statuses[j];
                s_numbers.Words[j] += figures.Numbers[j];
            }
        }
    }

    /// <summary>
    /// Waits until the kernel has given everything back, and walks its invariants; tells what is in use then, in pages. What waits for a
    /// grace period comes back some time after all CPUs have come to rest.
    /// </summary>
    private static ulong Settle(ulong expected)
    {
        Bystander.Pause();
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

        Bystander.Resume();
        return used;
    }

    private static ulong Argument(ReadOnlySpan<byte> name, ulong otherwise)
    {
        var text = RootTask.CommandLine;
        for (var i = 0; i + name.Length < text.Length; i++)
        {
            if (!text.Slice(i, name.Length).SequenceEqual(name))
                continue;

            var value = 0ul;
            for (i += name.Length; i < text.Length && text[i] is >= (byte)'0' and <= (byte)'9'; i++)
                value = value * 10 + (uint)(text[i] - '0');

            return value;
        }

        return otherwise;
    }
}
