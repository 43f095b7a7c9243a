using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

/// <summary>The portal that every component is born with: hands each call to the manager.</summary>
internal readonly struct ParentService : IParent, IScratch
{
    private readonly ServiceThread _thread;

    internal ParentService(ServiceThread thread) => _thread = thread;

    public Span<ulong> Scratch => _thread.Scratch;

    private Request Request => _thread.Request;

    public ContractStatus Map(ulong page, uint pages) => Execute(RequestKind.Map, page, pages);

    public ContractStatus Unmap(ulong page) => Execute(RequestKind.Unmap, page);

    public ContractStatus Open(ReadOnlySpan<byte> name, ulong selector, out ulong session)
    {
        Request.SetText(name);
        var status = Execute(RequestKind.Open, selector);
        session = Request.Result;
        return status;
    }

    public ContractStatus Close(ulong session) => Execute(RequestKind.Close, session);

    public ContractStatus Offer(ReadOnlySpan<byte> name, ulong entry, ulong threads, ulong closed)
    {
        Request.SetText(name);
        return Execute(RequestKind.Offer, entry, threads, closed);
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

    private ContractStatus Execute(RequestKind kind, ulong a = 0, ulong b = 0, ulong c = 0)
    {
        Request.A = a;
        Request.B = b;
        Request.C = c;
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
