// The semaphore that an end sleeps on and the other end wakes it with.
namespace Kilonova.Rings;

/// <summary>A counting semaphore shared by both ends.</summary>
public interface ISemaphore
{
    /// <summary>Adds a credit and wakes a sleeper. A counter at its limit counts as success: the sleeper has plenty.</summary>
    SemaphoreStatus Up();

    /// <summary>
    /// Takes one credit or all of them, sleeping while there is none. Rings tolerate credits left over from earlier, so either will do.
    /// </summary>
    /// <param name="deadline">Absolute time in the semaphore's own clock, 0 for no deadline.</param>
    SemaphoreStatus Down(ulong deadline);

    /// <summary>For whoever counts: so many records or packets were published, by the running thread.</summary>
    void Note(ulong records);
}

/// <summary>Outcome of an operation on a semaphore.</summary>
public enum SemaphoreStatus : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>The deadline passed without a credit.</summary>
    TimedOut,

    /// <summary>The semaphore does not exist any more.</summary>
    Gone,
}
