using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Console;

/// <summary>The service "console", for one session.</summary>
internal readonly struct ConsoleService : IConsole, IScratch
{
    // The service has one thread: it runs on one CPU.
    private static readonly ulong[] s_scratch = new ulong[ConsoleDispatcher.ScratchWords];

    private readonly ulong _session;

    internal ConsoleService(ulong session) => _session = session;

    public Span<ulong> Scratch => s_scratch;

    public ContractStatus Write(ReadOnlySpan<byte> text)
    {
        if (!Program.TryEnterView(_session, out var view))
            return ContractStatus.Exhausted;

        Program.Views.Write(view, text);
        Program.Leave();
        return ContractStatus.Ok;
    }

    public ContractStatus ReadLine(Span<byte> line, out int length)
    {
        length = 0;
        if (!Program.TryEnterView(_session, out var view))
            return ContractStatus.Exhausted;

        var taken = Program.Views[view].TryTakeLine(line, out length);
        Program.Leave();
        return taken ? ContractStatus.Ok : ContractStatus.Busy;
    }

    public ContractStatus Notify(ObjectRange semaphore)
    {
        if (!Program.TryEnterView(_session, out var view))
            return ContractStatus.Exhausted;

        Program.SetInput(view, semaphore.Selector);
        Program.Leave();
        ServiceThreads.OpenWindow();
        return ContractStatus.Ok;
    }

    public ContractStatus ReadKeys(Span<byte> keys, out int length)
    {
        length = 0;
        if (!Program.TryEnterView(_session, out var view))
            return ContractStatus.Exhausted;

        Program.Views.MakeRaw(view);
        length = Program.Views[view].TakeKeys(keys);
        Program.Leave();
        return length != 0 ? ContractStatus.Ok : ContractStatus.Busy;
    }
}

/// <summary>Its portals.</summary>
internal struct ConsolePortal : IPortalHandler
{
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived)
    {
        var service = new ConsoleService(identifier);
        return ConsoleDispatcher.Dispatch(ref service, message, arrived);
    }
}
