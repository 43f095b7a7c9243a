using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Management;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.ManagementComponent;

/// <summary>
/// The system as this component's sessions show it. The control service always answers, it is the parent's. The views are the console's,
/// which may be away: a session that broke is opened again at the next call.
/// </summary>
internal readonly struct ManagedSystem : IManagedSystem
{
    private const int HalfShift = 32;
    private const int LongestLine = 128;
    private const int LongestCounter = 48;
    private const int LongestName = 32;

    private readonly ulong _control;
    private readonly ViewsSession _views;

    private ManagedSystem(ulong control, ViewsSession views)
    {
        _control = control;
        _views = views;
    }

    public ulong Frequency => Component.Information.StcFrequency;

    public ulong Now => Platform.Time;

    private ControlClient<PortalTransport> Control => new(new PortalTransport(new Portal(_control + Server.Cpu)));

    /// <summary>Opens what must be there.</summary>
    internal static ManagedSystem Open()
    {
        var control = Component.TakeSelectors(SelectorAllocator.MaxOrder);
        Component.Require(Component.Parent.Open("control"u8, control, out _), "control"u8);
        return new ManagedSystem(control, new ViewsSession());
    }

    public ContractStatus Describe(uint index, Span<byte> name, out int length, out ComponentDescription component)
    {
        var status = Control.Describe(
            index, name, out length, out var state, out var life, out var crashes, out var memory, out var kernelMemory, out var time);
        _ = Control.ReadActivity(index, out var calls, out var answers, out var records);
        component = new ComponentDescription(
            state, life, crashes, (uint)memory, (uint)(memory >> HalfShift), (uint)kernelMemory, (uint)(kernelMemory >> HalfShift), time,
            calls, answers, records);
        return status;
    }

    public ContractStatus Start(ReadOnlySpan<byte> name) => Control.Start(name);

    public ContractStatus Stop(ReadOnlySpan<byte> name) => Control.Stop(name);

    public ContractStatus Kill(ReadOnlySpan<byte> name) => Control.Kill(name);

    public ContractStatus ReadCrash(ReadOnlySpan<byte> name, uint offset, Span<byte> text, out int length) =>
        Control.ReadCrash(name, offset, text, out length);

    public ContractStatus ReadLog(ReadOnlySpan<byte> name, uint back, Span<byte> text, out int length, out ulong time, out LogLevel level) =>
        Control.ReadLog(name, back, text.Slice(0, LongestLine), out length, out time, out level);

    public ContractStatus ReadCounter(ReadOnlySpan<byte> name, uint index, Span<byte> counter, out int length, out ulong value) =>
        Control.ReadCounter(name, index, counter.Slice(0, LongestCounter), out length, out value);

    public ContractStatus ReadFree(out ulong pages, out ulong kernelPages) => Control.ReadFree(out pages, out kernelPages);

    public ContractStatus DescribeView(uint index, Span<byte> name, out int length, out ViewDescription view)
    {
        length = 0;
        view = default;
        if (!_views.TryOpen(out var views))
            return ContractStatus.NoSession;

        var status = views.Describe(index, name, out length, out var number, out var written, out var hasFocus);
        view = new ViewDescription(number, written, hasFocus);
        return _views.Note(status);
    }

    public ContractStatus ReadView(ulong view, ulong position, Span<byte> text, out int length, out ulong start)
    {
        length = 0;
        start = 0;
        return _views.TryOpen(out var views) ? _views.Note(views.Read(view, position, text, out length, out start)) : ContractStatus.NoSession;
    }

    public ContractStatus Type(ulong view, ReadOnlySpan<byte> keys) =>
        _views.TryOpen(out var views) ? _views.Note(views.Type(view, keys)) : ContractStatus.NoSession;

    // Components are asked in their order; those without a guest do not count.
    public ContractStatus DescribeGuest(
        uint index, Span<byte> name, out int length, Span<byte> monitor, out int monitorLength, out GuestDescription guest)
    {
        length = 0;
        guest = default;
        for (var component = 0u; ; component++)
        {
            var status = Control.DescribeGuest(
                component, monitor.Slice(0, LongestName), out monitorLength, out var condition, out var cpus, out var memory);
            if (status != ContractStatus.Ok)
                return status;

            if (condition == GuestCondition.None || index-- != 0)
                continue;

            guest = new GuestDescription(condition, cpus, memory);
            return Control.Describe(component, name, out length, out _, out _, out _, out _, out _, out _);
        }
    }

    public ContractStatus Order(ReadOnlySpan<byte> name, GuestOrder order) => Control.Order(name, order);

    public ContractStatus Define(ReadOnlySpan<byte> name, ReadOnlySpan<byte> definition) => Control.Define(name, definition);
}
