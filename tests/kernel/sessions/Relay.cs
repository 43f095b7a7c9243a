using System;
using System.Runtime.CompilerServices;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.KernelTests.Sessions;

/// <summary>A protocol with one operation for each thing that needs a real kernel.</summary>
[Protocol(0x7265_6c61, 1)]
internal interface IRelay
{
    /// <summary>Four words there, with the header: what the budget of a generated call is measured with.</summary>
    [Operation(1)]
    ContractStatus Add(ulong a, ulong b, ulong c, out ulong sum);

    [Operation(2)]
    ContractStatus Upper([MaxLength(32)] ReadOnlySpan<byte> text, [MaxLength(32)] Span<byte> upper, out int length);

    [Operation(3)]
    ContractStatus Wake([Delegated] ObjectRange semaphore);

    [Operation(4)]
    ContractStatus Origin([Translated] ObjectRange known, out ulong selector);

    [Operation(5)]
    ContractStatus Open([Delegated] out ObjectRange semaphore);
}

/// <summary>The server of the protocol.</summary>
internal readonly struct RelayServer : IRelay, IScratch
{
    // One for all: the portals' threads run one at a time.
    private static readonly ulong[] s_scratch = new ulong[RelayDispatcher.ScratchWords];

    // What Open gives away.
    private readonly ulong _semaphore;

    internal RelayServer(ulong semaphore) => _semaphore = semaphore;

    public Span<ulong> Scratch => s_scratch;

    public ContractStatus Add(ulong a, ulong b, ulong c, out ulong sum)
    {
        sum = a + b + c;
        return ContractStatus.Ok;
    }

    public ContractStatus Upper(ReadOnlySpan<byte> text, Span<byte> upper, out int length)
    {
        length = 0;
        foreach (var letter in text)
            upper[length++] = letter is >= (byte)'a' and <= (byte)'z' ? (byte)(letter - 'a' + 'A') : letter;

        return ContractStatus.Ok;
    }

    public ContractStatus Wake(ObjectRange semaphore) =>
        new Semaphore(semaphore.Selector).Up() == Status.SUCCESS ? ContractStatus.Ok : ContractStatus.Failed;

    public ContractStatus Origin(ObjectRange known, out ulong selector)
    {
        selector = known.Selector;
        return ContractStatus.Ok;
    }

    public ContractStatus Open(out ObjectRange semaphore)
    {
        semaphore = new ObjectRange(_semaphore);
        return ContractStatus.Ok;
    }
}

/// <summary>The portal that calls of the protocol come through.</summary>
internal struct RelayPortal : IPortalHandler
{
    // Touched by the threads that answer the portals, one at a time, and by the first thread before there are any.
    private static RelayServer s_server;

    internal static void Serve(ulong semaphore) => s_server = new RelayServer(semaphore);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived) =>
        RelayDispatcher.Dispatch(ref s_server, message, arrived);
}
