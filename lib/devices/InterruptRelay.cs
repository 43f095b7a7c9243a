using Kilonova.Abi;
using Kilonova.Nova;
using Kilonova.Runtime;

namespace Kilonova.Devices;

/// <summary>
/// Threads that wait for one interrupt each and ring the driver's bell. An interrupt's semaphore can only be gone down on, and a driver's
/// thread sleeps in one place; where interrupts can be attached to any semaphore these threads are not needed. Started by one thread.
/// </summary>
public static class InterruptRelay
{
    /// <summary>Most interrupts.</summary>
    public const int MaxInterrupts = 32;

    private const uint SliceMilliseconds = 10;

    // Each pair is written before its thread starts.
    private static readonly Semaphore[] s_interrupts = new Semaphore[MaxInterrupts];
    private static readonly Semaphore[] s_bells = new Semaphore[MaxInterrupts];
    private static int s_started;
    private static int s_taken;

    /// <summary>Starts a thread for an interrupt; false when there are too many.</summary>
    /// <param name="interrupt">Its semaphore, routed to <paramref name="cpu"/>.</param>
    /// <param name="bell">What it rings.</param>
    /// <param name="cpu">The CPU.</param>
    /// <param name="priority">Not below that of the thread that the bell wakes.</param>
    public static bool TryStart(Semaphore interrupt, Semaphore bell, uint cpu, uint priority)
    {
        if (s_started == MaxInterrupts)
            return false;

        s_interrupts[s_started] = interrupt;
        s_bells[s_started++] = bell;
        _ = ComponentThreads.Start<Relay>(cpu, "interrupt"u8, SchedulingDescriptor.Slice(priority, SliceMilliseconds), fpu: false);
        return true;
    }

    private struct Relay : IThread
    {
        public static void Run()
        {
            var number = System.Threading.Interlocked.Increment(ref s_taken) - 1;

            // Until the platform driver is gone, and its semaphore with it: then the device is too.
            while (s_interrupts[number].DownToZero() == Status.SUCCESS)
                _ = s_bells[number].Up();
        }
    }
}
