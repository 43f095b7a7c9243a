using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Sigma0;

/// <summary>The service "control". What changes something goes to the manager; what only looks may find a component between two states.</summary>
internal readonly struct ControlService : IControl, IScratch
{
    private const int HighHalf = 32;

    private readonly ServiceThread _thread;

    internal ControlService(ServiceThread thread) => _thread = thread;

    public Span<ulong> Scratch => _thread.Scratch;

    public ContractStatus Describe(
        uint index, Span<byte> name, out int length, out ComponentState state, out ulong life, out ulong crashes, out ulong memory,
        out ulong kernelMemory, out ulong time)
    {
        length = 0;
        state = ComponentState.Stopped;
        life = crashes = memory = kernelMemory = time = 0;
        if (index >= Program.Manager.Slots.Length)
            return ContractStatus.NotFound;

        var slot = Program.Manager.Slots[index];
        length = Math.Min(slot.Name.Length, name.Length);
        slot.Name.Slice(0, length).CopyTo(name);
        state = slot.State;
        life = slot.Life;
        crashes = slot.Crashes;
        memory = slot.Memory.Used | (slot.Memory.Quota << HighHalf);
        kernelMemory = (ulong)slot.Line.KernelPages << HighHalf;
        if (state == ComponentState.Running)
        {
            kernelMemory |= slot.Child.ReadKernelPages();
            time = Program.Manager.TimeOf(slot);
        }

        return ContractStatus.Ok;
    }

    public ContractStatus Start(ReadOnlySpan<byte> name) => Execute(RequestKind.Start, name);

    public ContractStatus Stop(ReadOnlySpan<byte> name) => Execute(RequestKind.Stop, name);

    public ContractStatus Kill(ReadOnlySpan<byte> name) => Execute(RequestKind.Kill, name);

    public ContractStatus ReadCrash(ReadOnlySpan<byte> name, uint offset, Span<byte> text, out int length)
    {
        length = 0;
        var slot = Program.Manager.Find(name);
        if (slot == null || slot.Crashes == 0)
            return ContractStatus.NotFound;

        var report = MachinePages.Bytes(slot.CrashPage, 1).Slice(0, slot.CrashLength);
        if (offset < (uint)report.Length)
        {
            report = report.Slice((int)offset);
            length = Math.Min(report.Length, text.Length);
            report.Slice(0, length).CopyTo(text);
        }

        return ContractStatus.Ok;
    }

    public ContractStatus ReadLog(ReadOnlySpan<byte> name, uint back, Span<byte> text, out int length, out ulong time, out LogLevel level)
    {
        length = 0;
        time = 0;
        level = LogLevel.Information;
        var slot = Program.Manager.Find(name);
        if (slot == null || text.Length < LogLayout.MaxText)
            return ContractStatus.NotFound;

        var page = MachinePages.LogPage(slot.LogPage);
        var head = page.Head;
        return back < head && back < LogLayout.Slots && page.TryRead(head - 1 - back, text, out length, out time, out _, out level)
            ? ContractStatus.Ok
            : ContractStatus.NotFound;
    }

    public ContractStatus ReadCounter(ReadOnlySpan<byte> name, uint index, Span<byte> counter, out int length, out ulong value)
    {
        length = 0;
        value = 0;
        var slot = Program.Manager.Find(name);
        return slot != null && counter.Length >= CounterLayout.MaxName
            && MachinePages.CounterPage(slot.CounterPage).TryRead(index, counter, out length, out value) ? ContractStatus.Ok : ContractStatus.NotFound;
    }

    public ContractStatus ReadActivity(uint index, out ulong calls, out ulong answers, out ulong records)
    {
        calls = answers = records = 0;
        if (index >= Program.Manager.Slots.Length)
            return ContractStatus.NotFound;

        var slot = Program.Manager.Slots[index];
        if (slot.State == ComponentState.Running)
            ThreadBlocks.Sum(slot.Memory, out calls, out answers, out records);

        return ContractStatus.Ok;
    }

    public ContractStatus ReadFree(out ulong pages, out ulong kernelPages)
    {
        pages = Program.Manager.FreePages;
        _ = RootTask.Domain.MoveQuota(RootTask.Domain, 0, out kernelPages, out _);
        return ContractStatus.Ok;
    }

    public ContractStatus DescribeGuest(
        uint index, Span<byte> monitor, out int length, out GuestCondition condition, out uint cpus, out uint memory)
    {
        length = 0;
        condition = GuestCondition.None;
        cpus = memory = 0;
        if (index >= Program.Manager.Slots.Length)
            return ContractStatus.NotFound;

        var slot = Program.Manager.Slots[index];
        if (slot.Guest == null)
            return ContractStatus.Ok;

        var name = slot.Guest.Monitor;
        length = Math.Min(name.Length, monitor.Length);
        name.Slice(0, length).CopyTo(monitor);
        condition = slot.State != ComponentState.Running ? GuestCondition.Off
            : Manager.IsPaused(slot) ? GuestCondition.Paused
            : GuestCondition.Running;
        cpus = slot.Guest.VirtualCpus;
        memory = (uint)(slot.Guest.MemoryPages >> GuestDefinition.MebiByteShift);
        return ContractStatus.Ok;
    }

    public ContractStatus Order(ReadOnlySpan<byte> name, GuestOrder order)
    {
        _thread.Request.A = (uint)order;
        return Execute(RequestKind.Order, name);
    }

    public ContractStatus Define(ReadOnlySpan<byte> name, ReadOnlySpan<byte> definition)
    {
        _thread.Request.SetDefinition(definition);
        return Execute(RequestKind.Define, name);
    }

    public ContractStatus PowerOff() => Execute(RequestKind.PowerOff, default);

    private ContractStatus Execute(RequestKind kind, ReadOnlySpan<byte> name)
    {
        _thread.Request.SetText(name);
        return _thread.Request.Execute(kind);
    }
}

/// <summary>Its portals.</summary>
internal struct ControlPortal : IPortalHandler
{
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived)
    {
        var service = new ControlService(Program.Manager.ThreadOf(Server.Cpu));
        return ControlDispatcher.Dispatch(ref service, message, arrived);
    }
}

/// <summary>The service "log".</summary>
internal readonly struct LogService : ILog, IScratch
{
    private readonly ServiceThread _thread;
    private readonly ulong _session;

    internal LogService(ServiceThread thread, ulong session)
    {
        _thread = thread;
        _session = session;
    }

    public Span<ulong> Scratch => _thread.Scratch;

    public ContractStatus Take(Span<byte> name, out int nameLength, Span<byte> text, out int textLength, out ulong time, out LogLevel level)
    {
        nameLength = 0;
        textLength = 0;
        time = 0;
        level = LogLevel.Information;
        var status = LogPrinter.Attach(_session);
        if (status != ContractStatus.Ok)
            return status;

        if (text.Length < LogLayout.MaxText || !LogPrinter.TryTake(text, out var log, out textLength, out time, out level))
            return ContractStatus.NotFound;

        var owner = LogPrinter.NameOf(log);
        nameLength = Math.Min(owner.Length, name.Length);
        owner.Slice(0, nameLength).CopyTo(name);
        return ContractStatus.Ok;
    }
}

/// <summary>Its portals.</summary>
internal struct LogPortal : IPortalHandler
{
    public static MessageSize Handle(ulong identifier, Span<ulong> message, MessageSize arrived)
    {
        var service = new LogService(Program.Manager.ThreadOf(Server.Cpu), identifier);
        return LogDispatcher.Dispatch(ref service, message, arrived);
    }
}
