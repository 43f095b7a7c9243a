using System;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Console;

/// <summary>The service "views". A view's number is its session's; the log's is 0.</summary>
internal readonly struct ViewsService : IViews, IScratch
{
    private const ulong LogNumber = 0;

    // The service has one thread: it runs on one CPU.
    private static readonly ulong[] s_scratch = new ulong[ViewsDispatcher.ScratchWords];

    public Span<ulong> Scratch => s_scratch;

    public ContractStatus Describe(uint index, Span<byte> name, out int length, out ulong view, out ulong written, out bool hasFocus)
    {
        length = 0;
        view = written = 0;
        hasFocus = false;
        Program.Enter();
        var at = Program.Views.At(index);
        if (at >= 0)
        {
            var found = Program.Views[at];
            length = Math.Min(found.Name.Length, name.Length);
            found.Name.Slice(0, length).CopyTo(name);
            view = at == Multiplexer.LogView ? LogNumber : found.Session;
            written = (ulong)found.Written;
            hasFocus = at == Program.Focus;
        }

        Program.Leave();
        return at >= 0 ? ContractStatus.Ok : ContractStatus.NotFound;
    }

    public ContractStatus Read(ulong view, ulong position, Span<byte> text, out int length, out ulong start)
    {
        length = 0;
        start = 0;
        Program.Enter();
        var at = Find(view);
        if (at >= 0)
            length = Program.Views[at].Read(position, text, out start);

        Program.Leave();
        return at >= 0 ? ContractStatus.Ok : ContractStatus.NotFound;
    }

    public ContractStatus Type(ulong view, ReadOnlySpan<byte> keys)
    {
        if (view == LogNumber)
            return ContractStatus.Denied;

        Program.Enter();
        var at = Find(view);
        for (var i = 0; i < keys.Length && at >= 0; i++)
            Program.Notify(Program.Views.Type(at, keys[i]));

        Program.Leave();
        return at >= 0 ? ContractStatus.Ok : ContractStatus.NotFound;
    }

    private static int Find(ulong view) => view == LogNumber ? Multiplexer.LogView : Program.Views.Find(view);
}

/// <summary>Its portals.</summary>
internal struct ViewsPortal : IPortalHandler
{
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived)
    {
        var service = new ViewsService();
        return ViewsDispatcher.Dispatch(ref service, message, arrived);
    }
}
