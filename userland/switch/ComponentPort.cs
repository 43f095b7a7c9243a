using Kilonova.Net;
using Kilonova.Nova;
using Kilonova.Registers;
using Kilonova.Sessions;

namespace Kilonova.Switching;

/// <summary>A component's port, as the net contract has it.</summary>
internal sealed class ComponentPort : NetPort
{
    internal ComponentPort(ClientPort<PortMemory> port, Semaphore bell)
        : base(port, bell) => Port = port;

    public override ulong Address => Port.Address;

    public override uint Speed => Port.Policy.Speed;

    public override NetStatistics Statistics
    {
        get
        {
            var counted = Port.Statistics;
            return new NetStatistics(
                counted.ReceivedPackets, counted.ReceivedBytes, counted.SentPackets, counted.SentBytes, counted.Missed, counted.Refused);
        }
    }

    internal ClientPort<PortMemory> Port { get; }

    protected override void Begin(bool all) => Port.Begin(all);

    protected override void End() => Port.End();

    // The switch itself is the device: addresses are offsets.
    protected override bool TryUse(DeviceMemory memory, Dataspace data, ulong session)
    {
        Port.Use(new PortMemory(data.Memory));
        return memory.TryAppend(0, (ulong)data.Memory.Length);
    }
}
