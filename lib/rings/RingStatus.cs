// What an operation on a ring came to.
namespace Kilonova.Rings;

/// <summary>Outcome of an operation on a ring.</summary>
public enum RingStatus : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>The consumer finds too little in the ring; it may wait.</summary>
    Empty,

    /// <summary>The producer finds too little space in the ring; it may wait.</summary>
    Full,

    /// <summary>The deadline passed while asleep.</summary>
    TimedOut,

    /// <summary>The semaphore is gone, and with it the other end. What it published before can still be read.</summary>
    Gone,

    /// <summary>The other end wrote what no honest end writes. The ring is dead from here on; nothing else is affected.</summary>
    Broken,

    /// <summary>A record of another size, a packet that never fits, or a wait for more than half the ring.</summary>
    WrongSize,

    /// <summary>The next packet is longer than the buffer; it is still there.</summary>
    BufferTooSmall,

    /// <summary>The memory holds no ring, or one whose owner has not finished creating it.</summary>
    NoRing,

    /// <summary>The ring has a layout of another version.</summary>
    WrongVersion,

    /// <summary>The header does not describe a ring of the expected kind that fits the memory.</summary>
    WrongGeometry,

    /// <summary>This end was attached before: an end starts at index 0 and cannot be taken over.</summary>
    NotFresh,
}
