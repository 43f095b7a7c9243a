using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

/// <summary>The portal that every component is born with: hands each call to the manager.</summary>
internal readonly struct ParentService : IParent, IScratch
{
    private const int HalfShift = 32;

    private readonly ServiceThread _thread;

    internal ParentService(ServiceThread thread) => _thread = thread;

    public Span<ulong> Scratch => _thread.Scratch;

    private Request Request => _thread.Request;

    public ContractStatus Map(ulong page, uint pages) => Execute(RequestKind.Map, page, pages);

    public ContractStatus Unmap(ulong page) => Execute(RequestKind.Unmap, page);

    public ContractStatus Open(ReadOnlySpan<byte> name, ulong selector, ulong bell, out ulong session)
    {
        Request.SetText(name);
        var status = Execute(RequestKind.Open, selector, bell);
        session = Request.Result;
        return status;
    }

    public ContractStatus Close(ulong session) => Execute(RequestKind.Close, session);

    public ContractStatus Offer(ReadOnlySpan<byte> name, ulong entry, ulong threads, ulong bell)
    {
        Request.SetText(name);
        return Execute(RequestKind.Offer, entry, threads, bell);
    }

    public ContractStatus Client(ulong session, Span<byte> name, out int length)
    {
        var status = Execute(RequestKind.Client, session);
        length = 0;
        if (status == ContractStatus.Ok)
        {
            var client = Program.Manager.Slots[(int)Request.Result].Name;
            length = Math.Min(client.Length, name.Length);
            client.Slice(0, length).CopyTo(name);
        }

        return status;
    }

    public ContractStatus TakeClosed(out ulong session)
    {
        var status = Execute(RequestKind.TakeClosed);
        session = Request.Result;
        return status;
    }

    public ContractStatus Exit(uint code) => Execute(RequestKind.Exit, code);

    public ContractStatus TakeBell(ulong session, ulong selector) => Execute(RequestKind.TakeBell, session, selector);

    public ContractStatus CreateDataspace(uint pages, uint alignment, DataspaceKinds kinds, out ulong dataspace)
    {
        var status = Execute(RequestKind.CreateDataspace, pages, alignment, (uint)kinds);
        dataspace = Request.Result;
        return status;
    }

    public ContractStatus PrepareDataspace(ulong dataspace) => Execute(RequestKind.PrepareDataspace, dataspace);

    public ContractStatus AttachDataspace(ulong dataspace, ulong session, ulong page, uint pages) =>
        Execute(RequestKind.AttachDataspace, dataspace, session, page, pages);

    public ContractStatus ShareDataspace(ulong dataspace, ulong session, bool writable, uint purpose) =>
        Execute(RequestKind.ShareDataspace, dataspace, session, writable ? 1u : 0, purpose);

    public ContractStatus TakeShared(out ulong session, out ulong dataspace, out uint pages, out uint purpose)
    {
        var status = Execute(RequestKind.TakeShared);
        session = Request.Result;
        dataspace = Request.SecondResult;
        pages = (uint)Request.ThirdResult;
        purpose = (uint)(Request.ThirdResult >> HalfShift);
        return status;
    }

    public ContractStatus Release(ulong session) => Execute(RequestKind.Release, session);

    public ContractStatus DestroyDataspace(ulong dataspace) => Execute(RequestKind.DestroyDataspace, dataspace);

    public ContractStatus LocateDataspace(ulong dataspace, ulong session, uint offset, out ulong physical, out uint pages)
    {
        var status = Execute(RequestKind.LocateDataspace, dataspace, session, offset);
        physical = Request.Result;
        pages = (uint)Math.Min(Request.SecondResult, uint.MaxValue);
        return status;
    }

    public ContractStatus Quiet() => Execute(RequestKind.Quiet);

    public ContractStatus RequestTime(ulong thread, uint cpu, uint priority, uint milliseconds) =>
        Execute(RequestKind.RequestTime, thread, cpu, priority, milliseconds);

    public ContractStatus TakeRequest(
        ulong selector, Span<byte> name, out int length, out ulong number, out uint cpu, out uint priority, out uint milliseconds)
    {
        length = 0;
        var status = Execute(RequestKind.TakeRequest, selector);
        number = Request.Result;
        cpu = (uint)(Request.SecondResult >> HalfShift);
        priority = (uint)Request.ThirdResult;
        milliseconds = (uint)(Request.ThirdResult >> HalfShift);
        if (status == ContractStatus.Ok)
        {
            var owner = Program.Manager.Slots[(int)(uint)Request.SecondResult].Name;
            length = Math.Min(owner.Length, name.Length);
            owner.Slice(0, length).CopyTo(name);
        }

        return status;
    }

    public ContractStatus AnswerRequest(ulong number, ulong time) => Execute(RequestKind.AnswerRequest, number, time);

    public ContractStatus TakeReturned(out ulong number)
    {
        var status = Execute(RequestKind.TakeReturned);
        number = Request.Result;
        return status;
    }

    public ContractStatus NoteTime(ulong session, ulong time) => Execute(RequestKind.NoteTime, session, time);

    // Whoever looks may find a thread between two states.
    public ContractStatus ReadTime(ulong thread, out ulong ticks) =>
        Program.Manager.TryReadTime(Request.Caller.Component, thread, out ticks) ? ContractStatus.Ok : ContractStatus.NotFound;

    private ContractStatus Execute(RequestKind kind, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0)
    {
        Request.A = a;
        Request.B = b;
        Request.C = c;
        Request.D = d;
        return Request.Execute(kind);
    }
}

/// <summary>The function of the parent's portals.</summary>
internal struct ParentPortal : IPortalHandler
{
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived)
    {
        var thread = Program.Manager.ThreadOf(Server.Cpu);
        thread.Request.Caller = new Identity(identifier);
        var service = new ParentService(thread);
        return ParentDispatcher.Dispatch(ref service, message, arrived);
    }
}
