// What guests ask of the machine as a whole, and the thread that does it.
using System.Threading;
using Semaphore = Kilonova.Nova.Semaphore;

namespace Kilonova.Vmm.Monitors;

/// <summary>Notes the first wish of the guest's; the first thread of the component waits for it.</summary>
internal sealed class MachineControl : IMachineControl
{
    private readonly Semaphore _asked = MachineLock.NewSemaphore();
    private int _request = -1;

    public void Request(MachineRequest request)
    {
        if (Interlocked.CompareExchange(ref _request, (int)request, -1) == -1)
            _ = _asked.Up();
    }

    /// <summary>Waits for a wish.</summary>
    internal MachineRequest Wait()
    {
        while (Volatile.Read(ref _request) == -1)
            _ = _asked.Down();

        return (MachineRequest)_request;
    }
}
