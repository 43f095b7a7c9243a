using System;
using Kilonova.Contracts;

namespace Kilonova.Admission;

/// <summary>
/// The reservations of one CPU, and the test by which another one is admitted.
/// </summary>
/// <remarks>
/// A reservation has a budget C in each period T and a fixed priority; the kernel enforces the budget by sporadic replenishment, so that no
/// reservation disturbs lower ones more than a periodic task of the same C and T would. The test is response-time analysis, which is exact
/// for such tasks with deadlines at the ends of their periods (Joseph and Pandya 1986; Audsley et al. 1993). The longest that reservation
/// i takes for its budget is the smallest R with
/// <code>R = C(i) + sum over all j with priority(j) >= priority(i), j other than i, of ceil(R / T(j)) * C(j)</code>
/// Equals count as higher, since they take turns. All reservations are met where each R is at most T. What runs above all of them, the
/// root task and the kernel, counts as a reservation too: <see cref="SystemBudget"/> in each <see cref="SystemPeriod"/>.
/// </remarks>
public sealed class CpuPlan
{
    /// <summary>Most reservations of a CPU.</summary>
    public const int Capacity = 64;

    /// <summary>Microseconds that what runs above reservations may take in each <see cref="SystemPeriod"/>.</summary>
    public const uint SystemBudget = 500;

    /// <summary>Microseconds.</summary>
    public const uint SystemPeriod = 10_000;

    /// <summary>Longest budget in microseconds; the scheduling context descriptor has 16 bits for it.</summary>
    public const uint MaxBudget = 0xffff;

    /// <summary>Longest period in microseconds; the scheduling context descriptor has 24 bits for it.</summary>
    public const uint MaxPeriod = 0xff_ffff;

    private const ulong Thousand = 1000;

    private readonly Reservation[] _reservations = new Reservation[Capacity];

    /// <summary>Time that somebody may rely on.</summary>
    /// <param name="Budget">Microseconds in each period; 0 for an unused entry.</param>
    /// <param name="Period">Microseconds.</param>
    /// <param name="Priority">Higher goes first.</param>
    public readonly record struct Reservation(uint Budget, uint Period, uint Priority);

    /// <summary>A thousandth part of the CPU per unit: what is reserved, the system's share included, rounded up.</summary>
    public uint ReservedPermille
    {
        get
        {
            var permille = Permille(SystemBudget, SystemPeriod);
            foreach (var reservation in _reservations)
            {
                if (reservation.Budget != 0)
                    permille += Permille(reservation.Budget, reservation.Period);
            }

            return permille;
        }
    }

    /// <summary>A reservation, used or not.</summary>
    public Reservation this[int index] => _reservations[index];

    /// <summary>Admits a reservation if then all are met.</summary>
    /// <param name="reservation">The request.</param>
    /// <param name="index">Its number if it is admitted.</param>
    public AdmissionVerdict TryAdmit(Reservation reservation, out int index)
    {
        index = -1;
        if (reservation.Budget is 0 or > MaxBudget || reservation.Period > MaxPeriod || reservation.Budget > reservation.Period)
            return AdmissionVerdict.BadParameters;

        var unused = Array.FindIndex(_reservations, entry => entry.Budget == 0);
        if (unused < 0)
            return AdmissionVerdict.TooMany;

        _reservations[unused] = reservation;
        var verdict = IsMet(unused) ? AdmissionVerdict.Admitted : AdmissionVerdict.CannotBeMet;
        for (var i = 0; i < Capacity && verdict == AdmissionVerdict.Admitted; i++)
        {
            if (_reservations[i].Budget != 0 && !IsMet(i))
                verdict = AdmissionVerdict.BreaksAnother;
        }

        if (verdict == AdmissionVerdict.Admitted)
            index = unused;
        else
            _reservations[unused] = default;

        return verdict;
    }

    /// <summary>Takes a reservation back.</summary>
    public void Remove(int index) => _reservations[index] = default;

    /// <summary>The longest that a reservation takes for its budget in microseconds; 0 where that is longer than its period.</summary>
    public ulong ResponseTime(int index)
    {
        var own = _reservations[index];
        ulong response = own.Budget;

        // Each round takes at least a microsecond more, or is the last.
        while (response <= own.Period)
        {
            var next = own.Budget + Interference(response, SystemBudget, SystemPeriod);
            for (var i = 0; i < Capacity; i++)
            {
                var other = _reservations[i];
                if (i != index && other.Budget != 0 && other.Priority >= own.Priority)
                    next += Interference(response, other.Budget, other.Period);
            }

            if (next == response)
                return response;

            response = next;
        }

        return 0;
    }

    private bool IsMet(int index) => ResponseTime(index) != 0;

    private static ulong Interference(ulong response, uint budget, uint period) => (response + period - 1) / period * budget;

    private static uint Permille(uint budget, uint period) => (uint)((Thousand * budget + period - 1) / period);
}
