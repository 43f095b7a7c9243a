using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Admission;

/// <summary>The service "admission", for one session.</summary>
internal readonly struct AdmissionService : IAdmission, IScratch
{
    private static readonly ulong[] s_scratch = new ulong[AdmissionDispatcher.ScratchWords];

    private readonly ulong _session;

    internal AdmissionService(ulong session) => _session = session;

    public Span<ulong> Scratch => s_scratch;

    public ContractStatus Admit(
        ObjectRange thread, uint cpu, TimeClass timeClass, uint budget, uint period, out AdmissionVerdict verdict, out ulong grant)
    {
        verdict = Program.Grants.Admit(_session, thread.Selector, new CpuPlan.Reservation(budget, period, 0), cpu, timeClass, out grant);

        // The scheduling context holds its thread; the capability has served its purpose, and its window serves the next.
        _ = Component.ObjectSpace.Remove(thread.Selector, 0);
        if (verdict is not (AdmissionVerdict.Admitted or AdmissionVerdict.NoThread))
            Log.Write($"refused {budget} of {period} us on CPU {cpu}: {Reason(verdict)}");

        return ContractStatus.Ok;
    }

    public ContractStatus Release(ulong grant) =>
        Program.Grants.TryRelease(_session, grant) ? ContractStatus.Ok : ContractStatus.NotFound;

    public ContractStatus Describe(
        uint index, Span<byte> owner, out int length, out uint cpu, out TimeClass timeClass, out uint budget, out uint period,
        out ulong consumed)
    {
        length = 0;
        cpu = budget = period = 0;
        timeClass = TimeClass.Background;
        consumed = 0;
        if (index >= Grants.Capacity)
            return ContractStatus.NotFound;

        var grant = Program.Grants[index];
        if (grant.Session == 0)
            return ContractStatus.Ok;

        length = Math.Min(grant.NameLength, owner.Length);
        grant.Name.AsSpan(0, length).CopyTo(owner);
        cpu = grant.Cpu;
        timeClass = grant.Class;
        budget = grant.Budget;
        period = grant.Period;
        _ = new SchedulingContext(grant.Time).ReadTime(out consumed);
        return ContractStatus.Ok;
    }

    public ContractStatus ReadCpu(uint cpu, out uint permille)
    {
        permille = cpu < (uint)Program.Grants.Cpus ? Program.Grants.Permille(cpu) : 0;
        return permille != 0 ? ContractStatus.Ok : ContractStatus.NotFound;
    }

    private static ReadOnlySpan<byte> Reason(AdmissionVerdict verdict) => verdict switch
    {
        AdmissionVerdict.BadParameters => "no such budget and period"u8,
        AdmissionVerdict.TooMany => "too many"u8,
        AdmissionVerdict.CannotBeMet => "it could not be met"u8,
        _ => "another could not be met"u8,
    };
}
