using Kilonova.Contracts;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Platform;

/// <summary>
/// The platform driver. Its arguments are the policy, see <see cref="DevicePolicy"/>; docs/devices.md.
/// </summary>
internal static class Program
{
    // Written once, before the service is offered.
    internal static DeviceTable Devices { get; private set; } = null!;

    private static void Main()
    {
        if (!DevicePolicy.IsWellFormed(Component.Arguments, out var wrong))
        {
            Log.Write($"the policy makes no sense at: {wrong}");
            Component.Exit(1);
        }

        var session = new ClientSession("machine"u8);
        Component.Require(session.Open(), "machine"u8);
        var machine = new MachineClient<PortalTransport>(session.Transport);
        var space = new ConfigurationSpace(machine);
        Devices = new DeviceTable(machine, space);
        Devices.StopAll();
        for (var i = 0; i < Devices.Count; i++)
        {
            var device = Devices[i];
            var at = device.Address;
            Log.Write($"{at.Bus:x2}:{at.Device:x2}.{at.Function:x1} {device.Vendor:x4}:{device.Device:x4} class {device.Class:x6}");
        }

        var bell = Component.NewSemaphore();
        Component.Require(ServiceThreads.Offer<PlatformPortal>("platform"u8, bell), "offer"u8);
        while (true)
        {
            _ = bell.DownToZero();
            while (Component.Parent.TakeClosed(out var ended) == ContractStatus.Ok)
            {
                Devices.TakeBack(ended);
                _ = Component.Parent.Release(ended);
            }
        }
    }
}
