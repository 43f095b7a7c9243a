using System;
using System.Threading;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Sigma0;

/// <summary>What components ask for.</summary>
internal enum RequestKind
{
    Map,
    Unmap,
    Open,
    Close,
    Offer,
    Client,
    TakeClosed,
    Exit,
    TakeBell,
    RequestTime,
    TakeRequest,
    AnswerRequest,
    TakeReturned,
    NoteTime,
    CreateDataspace,
    PrepareDataspace,
    AttachDataspace,
    ShareDataspace,
    TakeShared,
    Release,
    DestroyDataspace,
    LocateDataspace,
    Quiet,
    Start,
    Stop,
    Kill,
    Order,
    Define,
    PowerOff,
    MapRegisters,
    GrantRegisters,
    RevokeRegisters,
    TakeMessage,
    ConfineDevice,
}

/// <summary>
/// A request on its way from the service thread of a CPU to the manager and back. There is one per CPU, since a service thread answers one
/// call at a time; if its caller dies meanwhile, the thread finishes on the time of the next one. The service thread fills it and sleeps;
/// from then on until it is done it belongs to the manager.
/// </summary>
internal sealed class Request
{
    private readonly byte[] _text = new byte[ServiceOffer.MaxName];
    private readonly byte[] _definition = new byte[GuestDefinition.MaxText];
    private readonly Semaphore _done;
    private int _definitionLength;

    // Written by the service thread (1) and the manager (0); publishes everything else.
    private int _pending;

    internal Request(Semaphore done) => _done = done;

    internal RequestKind Kind { get; set; }

    /// <summary>The caller, as its portal identifies it.</summary>
    internal Identity Caller { get; set; }

    /// <summary>For services of the root task: the session by which it comes.</summary>
    internal ulong Session { get; set; }

    internal ulong A { get; set; }

    internal ulong B { get; set; }

    internal ulong C { get; set; }

    internal ulong D { get; set; }

    internal int TextLength { get; private set; }

    internal ReadOnlySpan<byte> Text => _text.AsSpan(0, TextLength);

    internal bool IsPending => Volatile.Read(ref _pending) != 0;

    internal ContractStatus Status { get; private set; }

    /// <summary>A number in answer.</summary>
    internal ulong Result { get; set; }

    /// <summary>Further ones.</summary>
    internal ulong SecondResult { get; set; }

    internal ulong ThirdResult { get; set; }

    internal void SetText(ReadOnlySpan<byte> text)
    {
        TextLength = Math.Min(text.Length, _text.Length);
        text.Slice(0, TextLength).CopyTo(_text);
    }

    /// <summary>What a guest is to be.</summary>
    internal ReadOnlySpan<byte> Definition => _definition.AsSpan(0, _definitionLength);

    internal void SetDefinition(ReadOnlySpan<byte> text)
    {
        _definitionLength = Math.Min(text.Length, _definition.Length);
        text.Slice(0, _definitionLength).CopyTo(_definition);
    }

    /// <summary>For service threads: hands the request over and sleeps until it is done.</summary>
    internal ContractStatus Execute(RequestKind kind)
    {
        Kind = kind;
        Result = 0;
        SecondResult = 0;
        ThirdResult = 0;
        Volatile.Write(ref _pending, 1);
        Program.Manager.Wake();
        while (_done.Down() != Abi.Status.SUCCESS)
        {
        }

        return Status;
    }

    /// <summary>For the manager.</summary>
    internal void Complete(ContractStatus status)
    {
        Status = status;
        Volatile.Write(ref _pending, 0);
        _ = _done.Up();
    }
}
