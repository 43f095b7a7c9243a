// What is asked of the machine as a whole: by the guest, and by whoever manages it from outside.
using System.Threading;
using Kilonova.Abi;
using Kilonova.Runtime;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Vmm.Monitors;

/// <summary>
/// Notes the first wish of the guest's, and follows the orders of the parent's; the first thread of the component waits for both, on the
/// semaphore by which the parent tells of orders.
/// </summary>
internal sealed class MachineControl : IMachineControl
{
    private readonly Semaphore _asked = new(ComponentSelectors.GuestOrdered);
    private int _request = -1;

    // Orders that were followed.
    private ulong _followed;

    public void Request(MachineRequest request)
    {
        if (Interlocked.CompareExchange(ref _request, (int)request, -1) == -1)
            _ = _asked.Up();
    }

    /// <summary>Follows orders until there is a wish.</summary>
    internal MachineRequest Wait(IGuestMachine machine)
    {
        while (Volatile.Read(ref _request) == -1)
        {
            var orders = GuestImages.Orders;
            if (orders == _followed)
                _ = _asked.DownToZero();
            else
                Follow(machine, orders);
        }

        return (MachineRequest)_request;
    }

    private void Follow(IGuestMachine machine, ulong orders)
    {
        var changed = orders ^ _followed;
        if ((changed & GuestOrders.Paused) != 0)
        {
            var isPaused = (orders & GuestOrders.Paused) != 0;
            VirtualCpus.Pause(isPaused);
            Log.Write(isPaused ? "the guest is paused"u8 : "the guest goes on"u8);
        }

        // However often it was pressed since: the guest sees that it was.
        if (changed >> GuestOrders.PressesShift != 0)
            machine.PressButton();

        if ((orders & GuestOrders.Off) != 0)
            Request(MachineRequest.PowerOff);
        else if ((orders & GuestOrders.Reset) != 0)
            Request(MachineRequest.Reset);

        _followed = orders;
    }
}
