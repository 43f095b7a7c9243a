using System.Threading;
using Kilonova.Contracts;
using Kilonova.Devices;
using Kilonova.Net;
using Kilonova.Registers;
using Kilonova.Runtime;
using Kilonova.Sessions;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Nic;

using Controller = Nic<MappedRegisters, MappedDmaMemory, SystemClock>;

/// <summary>A controller as a port.</summary>
internal sealed class NicPort : NetPort
{
    private const int PageShift = 12;

    // Written by the driver's thread for the others; each read on its own.
    private uint _speed;

    internal NicPort(Controller controller, Semaphore bell, bool isPolled)
        : base(controller, bell)
    {
        Controller = controller;
        IsPolled = isPolled;
    }

    public override ulong Address => Controller.Address;

    public override uint Speed => Volatile.Read(ref _speed);

    public override NetStatistics Statistics
    {
        get
        {
            var counted = Controller.Statistics;
            return new NetStatistics(
                counted.ReceivedPackets, counted.ReceivedBytes, counted.SentPackets, counted.SentBytes, counted.Missed, counted.Damaged);
        }
    }

    /// <summary>The controller, for the driver's thread.</summary>
    internal Controller Controller { get; }

    /// <summary>The controller has no messages: it is asked from time to time.</summary>
    internal bool IsPolled { get; }

    /// <summary>For the driver's thread: lets the others see the link.</summary>
    internal void PublishLink() => Volatile.Write(ref _speed, Controller.Speed);

    protected override void Begin(bool all) => _ = Controller.TrySetFilter(default, default, all);

    protected override void End() => _ = Controller.TrySetFilter(default, default, false);

    // Nothing fences the controller: it reaches memory by physical addresses.
    protected override bool TryUse(DeviceMemory memory, Dataspace data, ulong session)
    {
        for (var done = 0u; done < data.Pages;)
        {
            if (Component.Parent.LocateDataspace(data.Number, session, done, out var physical, out var count) != ContractStatus.Ok
                || count == 0 || !memory.TryAppend(physical << PageShift, (ulong)count << PageShift))
                return false;

            done += count;
        }

        return true;
    }
}
