using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Admission;

/// <summary>Time that is given out. One thread uses it.</summary>
internal sealed class Grants
{
    /// <summary>Most grants.</summary>
    internal const int Capacity = 256;

    private const int MaxOfSession = 32;
    private const int MaxName = 32;
    private const uint SliceMilliseconds = 10;

    // Reservations go before everything that has none; the root task's own priorities lie above 100.
    private static ReadOnlySpan<byte> ReservedPriorities => [82, 86, 90, 94, 98];

    private static ReadOnlySpan<byte> SharedPriorities => [5, 20, 40, 60, 80];

    private readonly CpuPlan[] _plans;
    private readonly Grant[] _grants = new Grant[Capacity];
    private ulong _lastNumber;

    internal Grants(int cpus)
    {
        _plans = new CpuPlan[cpus];
        for (var i = 0; i < cpus; i++)
            _plans[i] = new CpuPlan();

        for (var i = 0; i < Capacity; i++)
            _grants[i] = new Grant();
    }

    /// <summary>Number of CPUs.</summary>
    internal int Cpus => _plans.Length;

    /// <summary>How much of a CPU is reserved.</summary>
    internal uint Permille(uint cpu) => _plans[cpu].ReservedPermille;

    /// <summary>A grant by its place; its session is 0 where there is none.</summary>
    internal Grant this[uint index] => _grants[index];

    /// <summary>Decides, and gives the time.</summary>
    /// <param name="session">Who asks.</param>
    /// <param name="thread">Selector of the thread.</param>
    /// <param name="request">Budget and period as asked for, both 0 for turns; the priority is this class's business.</param>
    /// <param name="cpu">The CPU.</param>
    /// <param name="timeClass">How urgent it is.</param>
    /// <param name="number">The grant's number.</param>
    internal AdmissionVerdict Admit(
        ulong session, ulong thread, CpuPlan.Reservation request, uint cpu, TimeClass timeClass, out ulong number)
    {
        number = 0;
        if (cpu >= (uint)_plans.Length)
            return AdmissionVerdict.NoThread;

        var unused = FindUnused(session);
        if (unused == null)
            return AdmissionVerdict.TooMany;

        var place = -1;
        var descriptor = SchedulingDescriptor.Slice(SharedPriorities[(int)timeClass], SliceMilliseconds);
        if (request.Budget != 0 || request.Period != 0)
        {
            var priority = (uint)ReservedPriorities[(int)timeClass];
            var verdict = _plans[cpu].TryAdmit(request with { Priority = priority }, out place);
            if (verdict != AdmissionVerdict.Admitted)
                return verdict;

            descriptor = SchedulingDescriptor.Reserved(priority, request.Budget, request.Period);
        }

        if (unused.Time == 0)
            unused.Time = Component.TakeSelectors(0);

        var status = SchedulingContext.Create(unused.Time, Component.Domain, new ExecutionContext(thread), descriptor);
        if (status != Status.SUCCESS)
        {
            if (place >= 0)
                _plans[cpu].Remove(place);

            return AdmissionVerdict.NoThread;
        }

        unused.Number = ++_lastNumber;
        unused.Session = session;
        unused.Cpu = cpu;
        unused.Class = timeClass;
        unused.Place = place;
        unused.Budget = request.Budget;
        unused.Period = request.Period;
        number = unused.Number;
        _ = Component.Parent.Client(session, unused.Name, out var length);
        unused.NameLength = length;
        return AdmissionVerdict.Admitted;
    }

    /// <summary>Takes a session's grant back.</summary>
    internal bool TryRelease(ulong session, ulong number)
    {
        foreach (var grant in _grants)
        {
            if (grant.Session != session || grant.Number != number)
                continue;

            Release(grant);
            return true;
        }

        return false;
    }

    /// <summary>Takes back all that a session has.</summary>
    internal void EndSession(ulong session)
    {
        foreach (var grant in _grants)
        {
            if (grant.Session == session)
                Release(grant);
        }
    }

    private void Release(Grant grant)
    {
        _ = Component.ObjectSpace.Remove(grant.Time, 0);
        if (grant.Place >= 0)
            _plans[grant.Cpu].Remove(grant.Place);

        grant.Session = 0;
    }

    private Grant? FindUnused(ulong session)
    {
        Grant? unused = null;
        var ofSession = 0;
        foreach (var grant in _grants)
        {
            if (grant.Session == 0)
                unused ??= grant;
            else if (grant.Session == session)
                ofSession++;
        }

        return ofSession < MaxOfSession ? unused : null;
    }

    /// <summary>Time of one thread.</summary>
    internal sealed class Grant
    {
        /// <summary>Its number, never used again.</summary>
        internal ulong Number { get; set; }

        /// <summary>Whose it is; 0 for an unused entry.</summary>
        internal ulong Session { get; set; }

        /// <summary>Selector of the scheduling context; the entry keeps it.</summary>
        internal ulong Time { get; set; }

        internal uint Cpu { get; set; }

        internal TimeClass Class { get; set; }

        /// <summary>Its place in the CPU's plan; -1 for none.</summary>
        internal int Place { get; set; }

        internal uint Budget { get; set; }

        internal uint Period { get; set; }

        /// <summary>Name of the component, UTF-8.</summary>
        internal byte[] Name { get; } = new byte[MaxName];

        internal int NameLength { get; set; }
    }
}
