namespace Kilonova.Kernel;

/// <summary>
/// The memory-buffer console (specification, section C.1): a ring of characters in memory that the console's consumer may map. What was
/// written before the ring exists is kept and copied into it.
/// </summary>
/// <remarks>
/// Written under the log's lock. The consumer writes RdIdx, whenever and whatever it wants, so the kernel keeps WrIdx for itself, takes
/// RdIdx for an index only after checking it, and moves it by compare-and-swap, so that it never undoes a step of the consumer.
/// </remarks>
public static unsafe class MemoryConsole
{
    private const int EarlySize = 4096;

    private static EarlyRing s_early;
    private static uint s_earlyCount;
    private static ConsoleBuffer* s_ring;
    private static uint s_size;
    private static uint s_write;

    /// <summary>Starts with a cleared buffer of a size that is larger than the header's and at most 2^28 characters.</summary>
    public static void Initialize(void* start, ulong bytes)
    {
        s_ring = (ConsoleBuffer*)start;
        s_size = (uint)bytes - ConsoleBuffer.Size;
        s_write = 0;
        uint count = s_earlyCount < EarlySize ? s_earlyCount : EarlySize;
        for (uint i = s_earlyCount - count; i < s_earlyCount; i++)
            Write(s_early.Characters[i % EarlySize]);
    }

    /// <summary>Appends a character; the oldest one makes room where the ring is full.</summary>
    public static void Write(byte character)
    {
        if (s_ring == null)
        {
            s_early.Characters[s_earlyCount++ % EarlySize] = character;
            return;
        }

        uint next = s_write + 1 == s_size ? 0 : s_write + 1;
        uint read = Volatile.Read(ref s_ring->ReadIndex);
        if ((read & ConsoleBuffer.IndexMask) == next)
        {
            // Full. If the consumer has just moved on there is room anyway.
            _ = Interlocked.CompareExchange(ref s_ring->ReadIndex, next + 1 == s_size ? 0 : next + 1, read);
        }

        ((byte*)s_ring)[ConsoleBuffer.Size + s_write] = character;
        s_write = next;
        Volatile.Write(ref s_ring->WriteIndex, next);
    }

    /// <summary>Forgets everything. For a new start on the host.</summary>
    public static void Reset()
    {
        s_ring = null;
        s_earlyCount = 0;
    }

    private struct EarlyRing
    {
        public fixed byte Characters[EarlySize];
    }
}
