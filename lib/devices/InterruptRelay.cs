using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Devices;

/// <summary>
/// Threads that wait for one interrupt each and ring the driver's bell. An interrupt's semaphore can only be gone down on, and a driver's
/// thread sleeps in one place; where interrupts can be attached to any semaphore these threads are not needed. Started by one thread.
/// </summary>
public sealed class InterruptRelay : IWorker
{
    private const uint SliceMilliseconds = 10;

    private readonly Semaphore _interrupt;
    private readonly Semaphore _bell;

    private InterruptRelay(Semaphore interrupt, Semaphore bell)
    {
        _interrupt = interrupt;
        _bell = bell;
    }

    /// <summary>Starts a thread for an interrupt; ends the program when that fails.</summary>
    /// <param name="interrupt">Its semaphore, routed to <paramref name="cpu"/>.</param>
    /// <param name="bell">What it rings.</param>
    /// <param name="cpu">The CPU.</param>
    /// <param name="priority">Not below that of the thread that the bell wakes.</param>
    public static void Start(Semaphore interrupt, Semaphore bell, uint cpu, uint priority) => ComponentThreads.Start(
        new InterruptRelay(interrupt, bell), cpu, "interrupt"u8, SchedulingDescriptor.Slice(priority, SliceMilliseconds), fpu: false);

    /// <summary>The thread's life, until the platform driver is gone, and its semaphore with it: then the device is too.</summary>
    public void Run()
    {
        while (_interrupt.DownToZero() == Status.SUCCESS)
            _ = _bell.Up();
    }
}
