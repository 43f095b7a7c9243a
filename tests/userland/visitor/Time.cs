using System;
using System.Numerics;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Rings;
using Kilonova.Runtime;
using Kilonova.Sessions;
using ExecutionContext = Kilonova.Nova.ExecutionContext;

namespace Kilonova.Visitor;

/// <summary>Threads, time from the admission service, and timeouts.</summary>
internal static class Time
{
    private const ulong Second = 1000;
    private const uint Thousand = 1000;
    private const ulong Spread = 0x9e37_79b9_7f4a_7c15;
    private const int SpreadShift = 40;

    // Threads that ran, a bit per CPU; each sets its own.
    private static ulong s_ran;

    private static readonly ClientSession s_admission = new("admission"u8);

    private struct Mark : IThread
    {
        public static void Run()
        {
            Log.Write($"a thread on CPU {Server.Cpu}");
            _ = Interlocked.Or(ref s_ran, 1ul << (int)Server.Cpu);
        }
    }

    private struct Spin : IThread
    {
        public static void Run()
        {
            while (true)
            {
            }
        }
    }

    /// <summary>A thread on each CPU, of the first class that comes to mind.</summary>
    internal static void RunEverywhere()
    {
        Component.Require(s_admission.Open(), "admission"u8);
        var cpus = Component.Information.Cpus;
        for (var rest = cpus; rest != 0; rest &= rest - 1)
            _ = Admit<Mark>((uint)BitOperations.TrailingZeroCount(rest), TimeClass.Normal, 0, 0, out _);

        while (Volatile.Read(ref s_ran) != cpus)
            Component.Sleep(1);

        Log.Write($"threads ran on {BitOperations.PopCount(cpus)} CPUs");
    }

    /// <summary>A thread that tries to give itself time, then asks for it.</summary>
    internal static void AskForOneMore()
    {
        const uint Priority = 20;
        const uint Milliseconds = 10;
        Component.Require(ComponentThreads.Create<Mark>(Server.Cpu, "worker"u8, out var thread), "thread"u8);
        var own = SchedulingContext.Create(
            Component.TakeSelectors(0), Component.Domain, new ExecutionContext(thread), SchedulingDescriptor.Slice(Priority, Milliseconds));
        Log.Write($"create_sc: {StatusText.Name(own)}");
        var taken = Component.Parent.TakeRequest(Component.TakeSelectors(0), default, out _, out _, out _, out _, out _);
        Log.Write($"as if it were admission: {(uint)taken}");
        Log.Write($"asked for: {(uint)Component.Parent.RequestTime(thread, Server.Cpu, Priority, Milliseconds)}");
    }

    /// <summary>Reservations until the CPU is full, then one given back; what a spinning thread gets of its reservation.</summary>
    internal static void Reserve()
    {
        const uint Period = 20 * Thousand;
        const uint Budget = 4 * Thousand;
        Component.Require(s_admission.Open(), "admission"u8);
        var cpu = Server.Cpu;
        var spinning = Admit<Spin>(cpu, TimeClass.Driver, Budget, Period, out _);
        Log.Write($"first: {(uint)spinning}");
        var verdict = AdmissionVerdict.Admitted;
        var count = 1;
        ulong last = 0;
        while (verdict == AdmissionVerdict.Admitted)
        {
            verdict = Admit<Mark>(cpu, TimeClass.Service, Budget, Period, out var grant);
            last = verdict == AdmissionVerdict.Admitted ? grant : last;
            count += verdict == AdmissionVerdict.Admitted ? 1 : 0;
        }

        Log.Write($"admitted {count}, then verdict {(uint)verdict}");
        Log.Write($"a whole CPU: {(uint)Admit<Mark>(cpu, TimeClass.Realtime, Period, Period, out _)}");
        AdmissionClient<PortalTransport> admission = new(s_admission.Transport);
        _ = admission.ReadCpu(cpu, out var permille);
        Log.Write($"given back: {(uint)admission.Release(last)}, reserved before {permille}");
        Log.Write($"again: {(uint)Admit<Mark>(cpu, TimeClass.Service, Budget, Period, out _)}");
        Report(admission);
    }

    // The share of a spinning thread over a second, as the service shows it: the only one that was asked for with the class of drivers.
    private static void Report(AdmissionClient<PortalTransport> admission)
    {
        Span<byte> owner = stackalloc byte[StartPage.MaxName];
        var place = 0u;
        var length = 0;
        TimeClass timeClass;
        uint budget;
        while (admission.Describe(place, owner, out length, out _, out timeClass, out budget, out _, out _) == ContractStatus.Ok
            && (budget == 0 || timeClass != TimeClass.Driver))
            place++;

        _ = admission.Describe(place, owner, out _, out _, out _, out _, out _, out var before);
        var start = Platform.Time;
        Component.Sleep(Second);
        _ = admission.Describe(place, owner, out length, out _, out _, out budget, out var period, out var after);
        Log.Write($"{owner.Slice(0, length)} has {budget} of {period} us");
        Log.Write($"took {Thousand * (after - before) / (Platform.Time - start)} of 1000");
    }

    /// <summary>Sets so many timeouts over two seconds and checks that each comes once, in order and not before its time.</summary>
    internal static void Wait(int count)
    {
        var timer = new TimerChannel("timer"u8);
        Component.Require(timer.Open(), "timer"u8);
        var start = Platform.Time + Component.Milliseconds(Second);
        var span = Component.Milliseconds(Second);
        for (var token = 0; token < count; token++)
        {
            var deadline = start + ((ulong)token * Spread >> SpreadShift) * span / (1ul << (64 - SpreadShift));
            while (timer.Set((ulong)token, deadline) == RingStatus.Full)
                Check(timer.Wait(orSpace: true));
        }

        Check(timer.Publish());
        Log.Write($"{count} timeouts set {(Platform.Time < start ? "in time"u8 : "late"u8)}");
        var seen = new ulong[(count + 63) / 64];
        ulong last = 0;
        ulong worst = 0;
        ulong sum = 0;
        for (var i = 0; i < count; i++)
        {
            RingStatus status;
            ulong token;
            ulong deadline;
            ulong noticed;
            while ((status = timer.TryTake(out token, out deadline, out noticed)) == RingStatus.Empty)
                Check(timer.Wait());

            Check(status);
            if (noticed < deadline || deadline < last || (seen[token / 64] >> (int)(token % 64) & 1) != 0)
                Faults.Fail("a timeout that is refused, early, out of order or twice"u8);

            seen[token / 64] |= 1ul << (int)(token % 64);
            last = deadline;
            worst = Math.Max(worst, noticed - deadline);
            sum += noticed - deadline;
        }

        var microsecond = Component.Milliseconds(Second) / 1_000_000;
        Log.Write($"{count} timeouts came in order, late by {sum / (ulong)count / microsecond} us, at most {worst / microsecond} us");
    }

    private static AdmissionVerdict Admit<TThread>(uint cpu, TimeClass timeClass, uint budget, uint period, out ulong grant)
        where TThread : struct, IThread
    {
        Component.Require(ComponentThreads.Create<TThread>(cpu, "worker"u8, out var thread), "thread"u8);
        AdmissionClient<PortalTransport> admission = new(s_admission.Transport);
        Component.Require(
            admission.Admit(
                new ObjectRange(thread, 0, (uint)EcPermissions.BIND_SC), cpu, timeClass, budget, period, out var verdict, out grant), "admit"u8);
        return verdict;
    }

    private static void Check(RingStatus status)
    {
        if (status != RingStatus.Ok)
            Faults.Fail("the ring to the timer is broken"u8);
    }
}
