// The component's side of what a machine asks of the place it runs in: time, locks, the processor underneath, guest memory.
using System;
using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Nova;
using Kilonova.Runtime;
using Kilonova.Sessions;
using Kilonova.Vmm.Exits;
using Kilonova.Vmm.Policy;

namespace Kilonova.Vmm.Monitors;

/// <summary>Guest time: the system time counter since the machine was made.</summary>
internal sealed class MachineClock : IClock
{
    private readonly Frequency _frequency = new(Component.Information.StcFrequency);

    /// <summary>The system time counter at time 0.</summary>
    internal ulong Start { get; } = Platform.Time;

    public ulong Now => _frequency.Nanoseconds(Platform.Time - Start);

    /// <summary>The counter at a time, or a little later.</summary>
    internal ulong CounterAt(ulong nanoseconds) => Start + _frequency.Ticks(nanoseconds) + 1;
}

/// <summary>A lock on which threads sleep.</summary>
internal sealed class MachineLock : ILock
{
    // Not read-only: its state changes in place.
    private SemaphoreLock _lock = new(NewSemaphore());

    public void Enter() => _lock.Enter();

    public void Leave() => _lock.Leave();

    /// <summary>A semaphore of the component's own with counter 0.</summary>
    internal static Semaphore NewSemaphore()
    {
        var semaphore = new Semaphore(Component.TakeSelectors(0));
        Component.Require(Semaphore.Create(semaphore.Selector, Component.Domain, 0), "semaphore"u8);
        return semaphore;
    }
}

/// <summary>CPUID of the processor underneath.</summary>
internal sealed class HostCpuid : ICpuid
{
    public CpuidLeaf Read(uint leaf, uint subleaf)
    {
        Span<uint> registers = stackalloc uint[4];
        HostProcessor.ReadCpuid(leaf, subleaf, registers);
        return new CpuidLeaf { Eax = registers[0], Ebx = registers[1], Ecx = registers[2], Edx = registers[3] };
    }
}

/// <summary>The time of day at the machine's start, as the service "timer" tells it; 1970 where the component's line does not use it.</summary>
internal sealed class MachineWallClock : IWallClock
{
    internal MachineWallClock(MachineClock clock)
    {
        var session = new ClientSession("timer"u8);
        if (session.Open() != ContractStatus.Ok)
            return;

        var status = new WallTimeClient<PortalTransport>(session.Transport).Tell(out var counter, out var seconds);
        session.Close();
        if (status == ContractStatus.Ok)
            SecondsAtStart = (long)(seconds + (clock.Start - counter) / Component.Information.StcFrequency);
    }

    public long SecondsAtStart { get; }
}

/// <summary>A piece of the guest memory that the parent gave.</summary>
internal sealed class GuestBacking : DirectBacking
{
    private readonly ulong _offset;

    internal GuestBacking(ulong offset, ulong length)
    {
        _offset = offset;
        Length = length;
    }

    public override ulong Length { get; }

    public override Span<byte> Slice(ulong offset, int length) => GuestImages.Memory(_offset + offset, length);

    public override ulong Load(ulong offset) => GuestImages.Load(_offset + offset);
}

/// <summary>The kernel's side of a virtual CPU.</summary>
internal sealed class CpuHost : IVirtualCpuHost
{
    private readonly uint _number;
    private readonly VirtualCpuContext _context;

    internal CpuHost(uint number, VirtualCpuContext context)
    {
        _number = number;
        _context = context;
    }

    public void Recall() => _context.Recall();

    public void Sleep() => _context.Wait(0);

    public Mtd Emulate(ref ArchitecturalState state) => _context.DoRest(ref state);

    public void Wake() => _ = _context.Wake.Up();

    public void Report(ReadOnlySpan<byte> reason, in ArchitecturalState state) => VirtualCpus.Report(reason, _number, state);

    public void TransferAll(bool all) => _context.Change(ExitPortals.RecallEvent, all ? ExitPortals.FullRecall : ExitPortals.LeanRecall);
}
