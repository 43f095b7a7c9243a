using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Rings;
using Kilonova.Runtime;

namespace Kilonova.Sessions;

/// <summary>
/// The standard bulk transport of a session: a ring of requests from client to server and one of completions back, over one dataspace of
/// the client's. Its shape is part of the protocol; neither end believes the other's word for it.
/// </summary>
public readonly struct RecordChannelShape
{
    /// <summary>Purpose with which its memory is shared.</summary>
    public const uint Purpose = 0x6368_616e;

    private const int PageSize = 4096;

    /// <summary>Describes a channel.</summary>
    /// <param name="requestWords">Words of a request.</param>
    /// <param name="completionWords">Words of a completion.</param>
    /// <param name="capacity">Records that each ring holds, a power of two.</param>
    public RecordChannelShape(int requestWords, int completionWords, int capacity)
    {
        Requests = RingGeometry.Records(requestWords, capacity);
        Completions = RingGeometry.Records(completionWords, capacity);
    }

    /// <summary>The ring of requests, at the beginning.</summary>
    public RingGeometry Requests { get; }

    /// <summary>The ring of completions, behind it.</summary>
    public RingGeometry Completions { get; }

    /// <summary>Pages that both take.</summary>
    public uint Pages => PagesOf(Requests) + PagesOf(Completions);

    /// <summary>Words of a request.</summary>
    public int RequestWords => Requests.SlotSize / sizeof(ulong);

    /// <summary>Words of a completion.</summary>
    public int CompletionWords => Completions.SlotSize / sizeof(ulong);

    internal MappedMemory RequestMemory(Dataspace dataspace) => MemoryAt(dataspace, 0, PagesOf(Requests));

    internal MappedMemory CompletionMemory(Dataspace dataspace) => MemoryAt(dataspace, PagesOf(Requests), PagesOf(Completions));

    private static MappedMemory MemoryAt(Dataspace dataspace, uint first, uint pages) =>
        new((nuint)((dataspace.Page + first) * PageSize), (int)(pages * PageSize));

    private static uint PagesOf(RingGeometry ring) => (uint)((ring.Size + PageSize - 1) / PageSize);
}

/// <summary>
/// The client's end. <see cref="Open"/> lays fresh rings, shares them with the server and attaches; requests may be written at once. After
/// the session broke or was closed, and was opened again, so is the channel: it needs no more memory than the first time.
/// </summary>
public sealed class RecordClientChannel
{
    private const ulong ReleaseMilliseconds = 1;

    private readonly RecordChannelShape _shape;
    private Dataspace _dataspace;
    private RingBell _bells;
    private RecordProducer<MappedMemory, RingBell>? _requests;
    private RecordConsumer<MappedMemory, RingBell>? _completions;

    /// <summary>Prepares for a channel of this shape.</summary>
    public RecordClientChannel(RecordChannelShape shape) => _shape = shape;

    /// <summary>The ring of requests, once the channel has been opened.</summary>
    public RecordProducer<MappedMemory, RingBell> Requests => _requests!;

    /// <summary>The ring of completions, once the channel has been opened.</summary>
    public RecordConsumer<MappedMemory, RingBell> Completions => _completions!;

    /// <summary>Whether the server was caught writing nonsense; until the channel is opened again.</summary>
    public bool IsBroken => _requests is { IsBroken: true } || _completions is { IsBroken: true };

    /// <summary>
    /// Opens the channel by an open session. Waits until the server of a session that was closed has let go of its memory: of the rings,
    /// and of all else that was shared with it before.
    /// </summary>
    /// <returns>What the parent says. NotFound: the service has no bell, or the session is not open.</returns>
    public ContractStatus Open(ClientSession session)
    {
        GiveRingsBack();
        var status = Dataspace.Create(_shape.Pages, 0, DataspaceKinds.None, out _dataspace);
        if (status != ContractStatus.Ok)
            return status;

        _ = RingLayout.Create(_shape.RequestMemory(_dataspace), _shape.Requests);
        _ = RingLayout.Create(_shape.CompletionMemory(_dataspace), _shape.Completions);
        status = session.TakeServerBell();
        if (status != ContractStatus.Ok)
            return status;

        if (Attach(session.Bells) != RingStatus.Ok)
            return ContractStatus.Failed;

        return _dataspace.ShareWith(session, isWritable: true, RecordChannelShape.Purpose);
    }

    /// <summary>Publishes requests, gives read completions back, and sleeps until there is a completion to read.</summary>
    /// <param name="orSpace">
    /// Also wake up when a request can be written. Without that, who found the ring full and has no request on its way sleeps for ever.
    /// </param>
    /// <param name="deadline">System time; 0 for none.</param>
    /// <returns>Ok, TimedOut, Gone or Broken.</returns>
    public RingStatus Wait(bool orSpace, ulong deadline = 0)
    {
        while (true)
        {
            var status = Requests.Publish();
            if (status == RingStatus.Ok)
                status = Completions.Arm();

            if (status == RingStatus.Empty && orSpace)
                status = Requests.ArmForSpace();

            if (status is not (RingStatus.Empty or RingStatus.Full))
                return status;

            var slept = _bells.Down(deadline);
            if (slept == SemaphoreStatus.TimedOut)
                return RingStatus.TimedOut;

            // What was completed before the end can still be read.
            if (slept == SemaphoreStatus.Gone)
                return Completions.Arm() == RingStatus.Ok ? RingStatus.Ok : RingStatus.Gone;
        }
    }

    // A server that lives on moves the indices of the old rings until it has let go of them: new ones must not lie there before. The parent
    // ends a server that does not let go.
    private void GiveRingsBack()
    {
        if (_dataspace.Number == 0)
            return;

        while (_dataspace.Destroy() == ContractStatus.Busy)
            Component.Sleep(ReleaseMilliseconds);

        _dataspace = default;
    }

    private RingStatus Attach(RingBell bells)
    {
        _bells = bells;
        var memory = _shape.RequestMemory(_dataspace);
        var status = _requests == null
            ? RecordProducer<MappedMemory, RingBell>.Attach(memory, bells, bells, _shape.RequestWords, out _requests)
            : _requests.Reattach(memory, bells, bells);
        if (status != RingStatus.Ok)
            return status;

        memory = _shape.CompletionMemory(_dataspace);
        return _completions == null
            ? RecordConsumer<MappedMemory, RingBell>.Attach(memory, bells, bells, _shape.CompletionWords, out _completions)
            : _completions.Reattach(memory, bells, bells);
    }
}

/// <summary>The server's end, from a pool: it serves one session after the other and allocates nothing after the first.</summary>
public sealed class RecordServerChannel
{
    private readonly RecordChannelShape _shape;
    private readonly Semaphore _bell;
    private readonly ulong _clientBell = Component.TakeSelectors(0);
    private RecordConsumer<MappedMemory, RingBell>? _requests;
    private RecordProducer<MappedMemory, RingBell>? _completions;
    private Dataspace _dataspace;

    /// <summary>Prepares for channels of this shape.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="bell">The bell of the service, as it was offered.</param>
    public RecordServerChannel(RecordChannelShape shape, Semaphore bell)
    {
        _shape = shape;
        _bell = bell;
    }

    /// <summary>The session that it serves; 0 for none.</summary>
    public ulong Session { get; private set; }

    /// <summary>The ring of requests.</summary>
    public RecordConsumer<MappedMemory, RingBell> Requests => _requests!;

    /// <summary>The ring of completions.</summary>
    public RecordProducer<MappedMemory, RingBell> Completions => _completions!;

    /// <summary>Attaches to the rings of a session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="dataspace">The memory that its client shared for them.</param>
    /// <returns>What the parent says; InvalidArgument where there are no such rings. Then nothing has changed.</returns>
    public ContractStatus Attach(ulong session, ulong dataspace)
    {
        if (Session != 0)
            return ContractStatus.Busy;

        var status = Dataspace.Attach(dataspace, session, _shape.Pages, 0, out _dataspace);
        if (status != ContractStatus.Ok)
            return status;

        Session = session;
        status = Component.Parent.TakeBell(session, _clientBell);
        if (status == ContractStatus.Ok && AttachRings() != RingStatus.Ok)
            status = ContractStatus.InvalidArgument;

        if (status != ContractStatus.Ok)
            Detach();

        return status;
    }

    /// <summary>Lets go of the session's memory, when it has ended or is not trusted any more.</summary>
    public void Detach()
    {
        if (Session == 0)
            return;

        _ = Component.Parent.Release(Session);
        _dataspace.ReturnAddresses();
        _ = Component.ObjectSpace.Remove(_clientBell, 0);
        Session = 0;
    }

    private RingStatus AttachRings()
    {
        var bell = new RingBell(_bell, new Semaphore(_clientBell), Component.ObjectSpace.Selector);
        var requests = _shape.RequestMemory(_dataspace);
        var completions = _shape.CompletionMemory(_dataspace);
        var status = _requests == null
            ? RecordConsumer<MappedMemory, RingBell>.Attach(requests, bell, bell, _shape.RequestWords, out _requests)
            : _requests.Reattach(requests, bell, bell);
        if (status != RingStatus.Ok)
            return status;

        return _completions == null
            ? RecordProducer<MappedMemory, RingBell>.Attach(completions, bell, bell, _shape.CompletionWords, out _completions)
            : _completions.Reattach(completions, bell, bell);
    }
}
