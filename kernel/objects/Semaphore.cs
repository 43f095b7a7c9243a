using System.Runtime.InteropServices;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>
/// The semaphore (specification, section 2.5): a counter and, when it is zero, a FIFO queue of blocked contexts of any CPU.
/// </summary>
/// <remarks>
/// <see cref="_lock"/> guards counter and queue, and each queued context's <see cref="ExecutionContext.Semaphore"/> and links. Whoever
/// unlinks a context under the lock owns the decision how its operation ends; everybody else finds the context unlinked. A blocked
/// context holds a reference to itself, not to the semaphore: when the last capability goes, the waiters are released with ABORTED.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Semaphore
{
    public KernelObject Head;

    private SpinLock _lock;

    /// <summary>For interrupt semaphores, the number of the interrupt plus 1; else 0. Constant.</summary>
    public uint InterruptPlusOne;

    private ulong _counter;
    private ExecutionContext* _first;
    private ExecutionContext* _last;

    public static void Initialize(Semaphore* sm, ulong counter, uint interruptPlusOne)
    {
        sm->_counter = counter;
        sm->InterruptPlusOne = interruptPlusOne;
    }

    /// <summary>Releases the context that has waited longest, or counts. OVRFLOW if the counter cannot grow.</summary>
    public static Status Up(Semaphore* sm)
    {
        sm->_lock.Acquire();
        ExecutionContext* ec = sm->_first;
        if (ec == null)
        {
            ulong next = sm->_counter + 1;
            if (next == 0)
            {
                sm->_lock.Release();
                return Status.OVRFLOW;
            }

            sm->_counter = next;
            sm->_lock.Release();
            return Status.SUCCESS;
        }

        Unlink(sm, ec);
        sm->_lock.Release();
        Wakeup.Release(ec);
        return Status.SUCCESS;
    }

    /// <summary>
    /// Takes one (or, with <paramref name="zero"/>, all) of the counter. False if it was zero: then <paramref name="ec"/> has been
    /// queued and must give up the CPU.
    /// </summary>
    public static bool TryDown(Semaphore* sm, ExecutionContext* ec, bool zero)
    {
        sm->_lock.Acquire();
        ulong counter = sm->_counter;
        if (counter != 0)
        {
            sm->_counter = zero ? 0 : counter - 1;
            sm->_lock.Release();
            return true;
        }

        ec->Semaphore = sm;
        ec->State = EcState.Blocked;
        ec->NextBlocked = null;
        ec->PreviousBlocked = sm->_last;
        if (sm->_last != null)
        {
            sm->_last->NextBlocked = ec;
        }
        else
        {
            sm->_first = ec;
        }

        sm->_last = ec;
        KernelObject.Hold(&ec->Head);
        sm->_lock.Release();
        return false;
    }

    /// <summary>
    /// Ends a wait early (timeout, death of the context). True if the context was still in the queue: then the caller wakes it.
    /// </summary>
    public static bool Cancel(Semaphore* sm, ExecutionContext* ec)
    {
        sm->_lock.Acquire();
        bool queued = ec->Semaphore == sm;
        if (queued)
        {
            Unlink(sm, ec);
        }

        sm->_lock.Release();
        return queued;
    }

    /// <summary>Releases up to <paramref name="most"/> waiters of a vanished semaphore with ABORTED. True when none is left.</summary>
    public static bool Abandon(Semaphore* sm, int most)
    {
        for (int i = 0; i < most; i++)
        {
            sm->_lock.Acquire();
            ExecutionContext* ec = sm->_first;
            if (ec == null)
            {
                sm->_lock.Release();
                return true;
            }

            ec->Registers.Rdi = (ulong)Status.ABORTED;
            Unlink(sm, ec);
            sm->_lock.Release();
            Wakeup.Release(ec);
        }

        return false;
    }

    private static void Unlink(Semaphore* sm, ExecutionContext* ec)
    {
        if (ec->PreviousBlocked != null)
        {
            ec->PreviousBlocked->NextBlocked = ec->NextBlocked;
        }
        else
        {
            sm->_first = ec->NextBlocked;
        }

        if (ec->NextBlocked != null)
        {
            ec->NextBlocked->PreviousBlocked = ec->PreviousBlocked;
        }
        else
        {
            sm->_last = ec->PreviousBlocked;
        }

        ec->Semaphore = null;
    }
}
