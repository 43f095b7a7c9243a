// How an end of a ring goes to sleep, and how the other end knows that it must wake it: the one place where rings depend on the order
// of memory accesses between CPUs.
//
// Each index only grows. An end that sleeps leaves a wake point w in its own cache line: "up my semaphore when your index exceeds w".
// An end that moves its index from a to b ups exactly if a <= w < b. An end that is awake leaves its old wake point behind: the other's
// index has passed it, so it is never crossed again. One store to sleep, nothing to undo, at most one up per sleep, however many records
// a batch has, and each line has one writer.
//
//      sleeper                                     mover
//      S1  wake point = w                          M1  index = b              (was a; data was stored before)
//      S2  full fence                              M2  full fence
//      S3  load the mover's index; > w: stay       M3  load the wake point; a <= w < b: up
//      S4  down
//
// No wake-up is lost. Let M be the move that takes the index past w. On x86 (TSO) a store sits in its CPU's store buffer, where nobody
// else sees it, until it drains; loads may overtake it. A full fence drains the buffer before any later load is done. So S1 is in memory
// before S3 loads, and M1 is in memory before M3 loads. Memory is one order: either S1 comes before M1, then M3 comes after S1 and finds
// w, and ups; or M1 comes before S1, then S3 comes after M1 and finds an index > w, and the sleeper stays. Without either fence the load
// overtakes the store in the buffer, both ends find the old values, and the sleeper sleeps for ever. Moves before M do not cross w and
// moves after it need not: whoever sees index b or more does not sleep on w.
//
// The fence is the only locked instruction of a publication, so it is paid once per batch. Acquire and release (plain moves on x86)
// suffice everywhere else: data is stored before the index that announces it, and loaded after it.
//
// A credit can be left over where both happen, the up and the finding. The sleeper's next down then returns at once, it looks again and
// sleeps again: each down is followed by another look, never by trust in the credit.
namespace Kilonova.Rings;

internal static class WakePoint
{
    /// <summary>The wake point of an end that has never slept. No index gets there.</summary>
    public const ulong Never = ulong.MaxValue;

    /// <summary>Whether a move of the index from <paramref name="from"/> to <paramref name="to"/> crosses the point.</summary>
    public static bool IsCrossed(ulong point, ulong from, ulong to) => point - from < to - from;
}
