using System;
using System.Numerics;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

// Who gives the threads of components time: admission, for all but its own first one. The manager hands it the threads and never waits for
// it. docs/notes/031-admission.md.
internal sealed partial class Manager
{
    private const uint SliceMilliseconds = 10;
    private const int HighHalf = 32;

    // The component that offers the service, whatever its name.
    private readonly ComponentSlot? _admission;

    private static ReadOnlySpan<byte> AdmissionService => "admission"u8;

    /// <summary>Ticks that the threads of a component have used. Any thread may ask; what ends meanwhile may be missing.</summary>
    internal ulong TimeOf(ComponentSlot slot)
    {
        var sum = slot == _admission ? slot.Child.ReadTime() : 0;
        foreach (var entry in _times.Entries)
        {
            if (entry.State == TimeState.Given && entry.Component == slot.Number
                && new SchedulingContext(entry.Time).ReadTime(out var used) == Status.SUCCESS)
                sum += used;
        }

        return sum;
    }

    /// <summary>The same of one thread, by the component's own selector of it.</summary>
    /// <returns>False: it has no time.</returns>
    internal bool TryReadTime(int component, ulong thread, out ulong ticks)
    {
        ticks = 0;
        foreach (var entry in _times.Entries)
        {
            if (entry.State == TimeState.Given && entry.Component == component && entry.Selector == thread && !entry.IsBySession)
                return new SchedulingContext(entry.Time).ReadTime(out ticks) == Status.SUCCESS;
        }

        return false;
    }

    private bool StartFirstThread(ComponentSlot slot)
    {
        if (slot == _admission)
            return slot.Child.Start(SchedulingDescriptor.Slice(slot.Line.Priority, SliceMilliseconds)) == Status.SUCCESS;

        return AskForTime(slot, ComponentSelectors.Thread, FirstCpu(slot), slot.Line.Priority, SliceMilliseconds) == ContractStatus.Ok;
    }

    private ContractStatus ServeTime(ComponentSlot slot, Request request)
    {
        if (request.Kind == RequestKind.RequestTime)
        {
            return slot.Line.MaySchedule
                ? AskForTime(slot, request.A, (uint)request.B, (uint)request.C, (uint)request.D)
                : ContractStatus.Denied;
        }

        if (slot != _admission)
            return ContractStatus.Denied;

        switch (request.Kind)
        {
            case RequestKind.TakeRequest:
                return TakeRequest(slot, request);
            case RequestKind.AnswerRequest:
                return AnswerRequest(slot, request.A, request.B);
            case RequestKind.TakeReturned:
                if (!_times.TryTakeReturned(out var number))
                    return ContractStatus.NotFound;

                request.Result = number;
                return ContractStatus.Ok;
            default:
                return NoteTime(slot, request.A, request.B);
        }
    }

    private ContractStatus AskForTime(ComponentSlot slot, ulong thread, uint cpu, uint priority, uint milliseconds)
    {
        var entry = _times.Add(slot.Number, cpu, priority, milliseconds);
        if (entry == null)
            return ContractStatus.Exhausted;

        if (entry.Thread == 0)
            entry.Thread = RootTask.TakeSelector();

        // A thread of an ended component may have left its capability.
        _ = RootTask.ObjectSpace.Remove(entry.Thread, 0);
        if (slot.Child.Take(thread, entry.Thread, (uint)EcPermissions.BIND_SC) != Status.SUCCESS)
        {
            _times.Forget(entry);
            return ContractStatus.InvalidArgument;
        }

        entry.Selector = thread;
        RingAdmission();
        return ContractStatus.Ok;
    }

    private ContractStatus TakeRequest(ComponentSlot admission, Request request)
    {
        var entry = _times.TakeWanted();
        if (entry == null)
            return ContractStatus.NotFound;

        // If the thread does not get there, admission finds nothing to give time to and says so.
        _ = admission.Child.Grant(entry.Thread, request.A, 0, (uint)EcPermissions.BIND_SC);
        request.Result = entry.Number;
        request.SecondResult = (uint)entry.Component | ((ulong)entry.Cpu << HighHalf);
        request.ThirdResult = entry.Priority | ((ulong)entry.Slice << HighHalf);
        return ContractStatus.Ok;
    }

    private ContractStatus AnswerRequest(ComponentSlot admission, ulong number, ulong time)
    {
        if (!_times.TryDecide(number, time != 0, out var entry))
            return ContractStatus.NotFound;

        if (time != 0)
            return Keep(admission, entry, time);

        var slot = Slots[entry.Component];
        Log.Write(LogLevel.Error, $"{slot.Name} gets no time for a thread");
        if (slot.State == ComponentState.Running)
            End(slot, EndOfLife.Failed);

        return ContractStatus.Ok;
    }

    private ContractStatus NoteTime(ComponentSlot admission, ulong number, ulong time)
    {
        var session = _services.FindSession(number);
        if (session == null || session.Server != admission.Number)
            return ContractStatus.NotFound;

        // What was given back before is not there any more.
        foreach (var entry in _times.Entries)
        {
            if (entry is { IsBySession: true, State: TimeState.Given } && new SchedulingContext(entry.Time).ReadTime(out _) != Status.SUCCESS)
                _times.Forget(entry);
        }

        var own = _times.Add(session.Client, 0, 0, 0, isBySession: true);
        return own == null ? ContractStatus.Exhausted : Keep(admission, own, time);
    }

    // A copy that goes with admission's own.
    private static ContractStatus Keep(ComponentSlot admission, ThreadTime entry, ulong time)
    {
        if (entry.Time == 0)
            entry.Time = RootTask.TakeSelector();

        return admission.Child.Take(time, entry.Time, (uint)ScPermissions.CTRL) == Status.SUCCESS
            ? ContractStatus.Ok
            : ContractStatus.InvalidArgument;
    }

    // The component ends: its threads need no time any more; or all time was admission's.
    private void EndTime(ComponentSlot slot)
    {
        if (slot == _admission)
        {
            _times.EndAdmission();
            return;
        }

        _times.EndComponent(slot.Number);
        RingAdmission();
    }

    // Before it has offered its service it looks without being told.
    private void RingAdmission()
    {
        foreach (var offer in _services.Offers)
        {
            if (offer.Server == _admission!.Number && offer.Bell != 0)
                _ = new Semaphore(offer.Bell).Up();
        }
    }

    private static uint FirstCpu(ComponentSlot slot) => (uint)BitOperations.TrailingZeroCount(slot.Cpus);
}
