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
    internal const int Capacity = 512;

    /// <summary>In place of a session: the parent asked, for a component's thread.</summary>
    internal const ulong OfParent = ulong.MaxValue;

    private const int MaxOfSession = 32;
    private const int MaxName = 32;
    private const uint SliceMilliseconds = 10;

    // What a component may ask for by its parent lies just below the lowest reservation.
    private const uint MaxSharedPriority = 81;
    private const uint AllPermissions = (uint)HypercallRegister.PermissionMask;

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

        if (!TryCreate(unused, thread, descriptor))
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
        _ = Component.Parent.NoteTime(session, unused.Time);
        return AdmissionVerdict.Admitted;
    }

    /// <summary>Gives a thread turns that its component's parent asks for.</summary>
    /// <param name="request">The parent's number.</param>
    /// <param name="thread">Selector of the thread.</param>
    /// <param name="name">The component.</param>
    /// <param name="cpu">The thread's CPU.</param>
    /// <param name="priority">As asked for.</param>
    /// <param name="milliseconds">Length of a turn, as asked for.</param>
    /// <returns>Selector of the scheduling context; 0 when there is none.</returns>
    internal ulong Give(ulong request, ulong thread, ReadOnlySpan<byte> name, uint cpu, uint priority, uint milliseconds)
    {
        priority = Math.Clamp(priority, 1, MaxSharedPriority);
        var descriptor = SchedulingDescriptor.Slice(priority, Math.Clamp(milliseconds, 1, SliceMilliseconds));
        var unused = FindUnused(OfParent);
        if (unused == null || !TryCreate(unused, thread, descriptor))
            return 0;

        unused.Number = request;
        unused.Session = OfParent;
        unused.Cpu = cpu;
        unused.Class = ClassOf(priority);
        unused.Place = -1;
        unused.Budget = 0;
        unused.Period = 0;
        unused.NameLength = Math.Min(name.Length, MaxName);
        name.Slice(0, unused.NameLength).CopyTo(unused.Name);
        return unused.Time;
    }

    /// <summary>Takes back what a request of the parent's got.</summary>
    internal void Return(ulong request) => _ = TryRelease(OfParent, request);

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

    // The class whose priority comes next from below.
    private static TimeClass ClassOf(uint priority)
    {
        var timeClass = SharedPriorities.Length - 1;
        while (timeClass > 0 && SharedPriorities[timeClass] > priority)
            timeClass--;

        return (TimeClass)timeClass;
    }

    private static bool TryCreate(Grant grant, ulong thread, SchedulingDescriptor descriptor)
    {
        if (grant.Time == 0)
            grant.Time = Component.TakeSelectors(0);

        return SchedulingContext.Create(grant.Time, Component.Domain, new ExecutionContext(thread), descriptor) == Status.SUCCESS;
    }

    // From the parent, too, which reads what was used.
    private void Release(Grant grant)
    {
        _ = Extension.Revoke(ComponentSelectors.ObjectSpace, grant.Time, 0, AllPermissions, true);
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

        return ofSession < MaxOfSession || session == OfParent ? unused : null;
    }

    /// <summary>Time of one thread.</summary>
    internal sealed class Grant
    {
        /// <summary>Its number, never used again: its own, or the parent's.</summary>
        internal ulong Number { get; set; }

        /// <summary>Whose it is; 0 for an unused entry, <see cref="OfParent"/> for what the parent asked for.</summary>
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
