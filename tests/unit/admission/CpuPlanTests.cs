using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Contracts;
using Xunit;

namespace Kilonova.Admission.Tests;

public class CpuPlanTests
{
    private readonly CpuPlan _plan = new();

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(1001, 1000)]
    [InlineData(0x1_0000, 0x20_0000)]
    [InlineData(1, 0x100_0000)]
    public void Budgets_and_periods_that_the_descriptor_cannot_say_are_refused(uint budget, uint period) =>
        Assert.Equal(AdmissionVerdict.BadParameters, _plan.TryAdmit(new CpuPlan.Reservation(budget, period, 90), out _));

    [Fact]
    public void A_whole_cpu_is_not_to_be_had_because_of_what_runs_above()
    {
        Assert.Equal(AdmissionVerdict.CannotBeMet, Admit(1000, 1000, 90));
        Assert.Equal(AdmissionVerdict.CannotBeMet, Admit(10_000, 10_000, 90));
        Assert.Equal(AdmissionVerdict.Admitted, Admit(9_500, 10_000, 90));
        Assert.Equal(1000u, _plan.ReservedPermille);
    }

    [Fact]
    public void The_request_past_the_full_cpu_is_refused_and_fits_after_another_went()
    {
        Assert.Equal(AdmissionVerdict.Admitted, _plan.TryAdmit(new CpuPlan.Reservation(4_000, 10_000, 90), out int first));
        Assert.Equal(AdmissionVerdict.Admitted, Admit(5_000, 10_000, 82));

        Assert.Equal(AdmissionVerdict.CannotBeMet, Admit(1_000, 10_000, 82));
        Assert.Equal(AdmissionVerdict.BreaksAnother, Admit(1_000, 10_000, 98));
        _plan.Remove(first);
        Assert.Equal(AdmissionVerdict.Admitted, Admit(1_000, 10_000, 82));
    }

    [Fact]
    public void A_long_budget_above_a_short_period_breaks_it()
    {
        Assert.Equal(AdmissionVerdict.Admitted, Admit(100, 2_000, 82));

        Assert.Equal(AdmissionVerdict.BreaksAnother, Admit(1_500, 100_000, 98));
        Assert.Equal(AdmissionVerdict.Admitted, Admit(1_400, 100_000, 98));
    }

    [Fact]
    public void Reservations_are_bounded()
    {
        for (int i = 0; i < CpuPlan.Capacity; i++)
            Assert.Equal(AdmissionVerdict.Admitted, Admit(1, 100_000, 90));

        Assert.Equal(AdmissionVerdict.TooMany, Admit(1, 100_000, 90));
    }

    /// <summary>
    /// The plain model: a CPU simulated in steps of a microsecond from the moment on when all ask for their budgets at once, which is the
    /// worst (Liu and Layland 1973). Admitted is exactly what meets the first deadline there, and the analysis tells when.
    /// </summary>
    [Fact]
    public void What_is_admitted_is_what_the_simulation_meets() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(60),
            Prop.ForAll(Requests().ToArbitrary(), requests =>
            {
                CpuPlan plan = new();
                List<(CpuPlan.Reservation Reservation, int Index)> admitted = [];
                foreach (CpuPlan.Reservation request in requests)
                {
                    List<CpuPlan.Reservation> all = [.. admitted.Select(entry => entry.Reservation), request];
                    bool isMet = Enumerable.Range(0, all.Count).All(i => Simulate(all, i) != 0);
                    AdmissionVerdict verdict = plan.TryAdmit(request, out int index);
                    Assert.Equal(isMet, verdict == AdmissionVerdict.Admitted);
                    if (isMet)
                        admitted.Add((request, index));
                }

                List<CpuPlan.Reservation> kept = [.. admitted.Select(entry => entry.Reservation)];
                for (int i = 0; i < kept.Count; i++)
                    Assert.Equal(Simulate(kept, i), plan.ResponseTime(admitted[i].Index));
            }));

    private static Gen<CpuPlan.Reservation[]> Requests() =>
        (from budget in Gen.Choose(1, 4_000)
         from period in Gen.Choose(1, 30_000)
         from priority in Gen.Elements(82u, 90u, 98u)
         select new CpuPlan.Reservation((uint)Math.Min(budget, period), (uint)period, priority)).ArrayOf(8);

    // When reservation i has had its budget, ties lost to everybody; 0 where its period ends before.
    private static ulong Simulate(List<CpuPlan.Reservation> reservations, int index)
    {
        CpuPlan.Reservation own = reservations[index];
        List<CpuPlan.Reservation> above =
        [
            new(CpuPlan.SystemBudget, CpuPlan.SystemPeriod, uint.MaxValue),
            .. reservations.Where((other, i) => i != index && other.Priority >= own.Priority),
        ];
        uint[] left = new uint[above.Count];
        uint ownLeft = own.Budget;
        for (uint now = 0; now < own.Period; now++)
        {
            for (int i = 0; i < left.Length; i++)
                left[i] += now % above[i].Period == 0 ? above[i].Budget : 0;

            int runs = Array.FindIndex(left, l => l != 0);
            if (runs >= 0)
                left[runs]--;
            else if (--ownLeft == 0)
                return now + 1;
        }

        return 0;
    }

    private AdmissionVerdict Admit(uint budget, uint period, uint priority) =>
        _plan.TryAdmit(new CpuPlan.Reservation(budget, period, priority), out _);
}
