// A lock for the run time's own rare and short sections. Waiters yield, so that a preempted holder gets the processor back.
using System.Runtime.Intrinsics.X86;
using System.Threading;

namespace Internal.Runtime;

internal struct RuntimeLock
{
    // 0 free, 1 held.
    private int _state;

    internal void Acquire()
    {
        const int SpinsBeforeYield = 64;
        for (int spins = 0; Interlocked.Exchange(ref _state, 1) != 0; spins++)
        {
            if (spins < SpinsBeforeYield)
                X86Base.Pause();
            else
                Platform.Yield();
        }
    }

    internal void Release() => Volatile.Write(ref _state, 0);
}
