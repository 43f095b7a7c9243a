// Kind and size of a ring.
namespace Kilonova.Rings;

/// <summary>What the slots of a ring hold.</summary>
public enum RingKind : byte
{
    /// <summary>Nothing: not a ring.</summary>
    None = 0,

    /// <summary>Each slot one record.</summary>
    Records = 1,

    /// <summary>Packets of several slots of 8 bytes each.</summary>
    Packets = 2,
}

/// <summary>Kind and size of a ring.</summary>
public readonly struct RingGeometry
{
    /// <summary>Longest record in words.</summary>
    public const int MaximumRecordWords = 512;

    /// <summary>Most slots of a ring.</summary>
    public const int MaximumCapacity = 1 << 24;

    private RingGeometry(RingKind kind, int slotSize, int capacity)
    {
        Kind = kind;
        SlotSize = slotSize;
        Capacity = capacity;
    }

    /// <summary>What the slots hold.</summary>
    public RingKind Kind { get; }

    /// <summary>Bytes of a slot.</summary>
    public int SlotSize { get; }

    /// <summary>Number of slots.</summary>
    public int Capacity { get; }

    /// <summary>Bytes of memory that the ring takes, header included.</summary>
    public long Size => RingLayout.DataOffset + (long)SlotSize * Capacity;

    /// <summary>Whether such a ring can exist.</summary>
    public bool IsValid
    {
        get
        {
            bool slots = Capacity is > 0 and <= MaximumCapacity && (Capacity & (Capacity - 1)) == 0;
            return Kind switch
            {
                RingKind.Records => slots && SlotSize is > 0 and <= MaximumRecordWords * sizeof(ulong) && SlotSize % sizeof(ulong) == 0
                    && Size <= int.MaxValue,
                RingKind.Packets => slots && SlotSize == sizeof(ulong),
                _ => false,
            };
        }
    }

    /// <summary>A ring of records.</summary>
    /// <param name="recordWords">Words of a record, 1 to <see cref="MaximumRecordWords"/>.</param>
    /// <param name="capacity">Records that fit, a power of two up to <see cref="MaximumCapacity"/>.</param>
    public static RingGeometry Records(int recordWords, int capacity) =>
        new(RingKind.Records, recordWords is > 0 and <= MaximumRecordWords ? recordWords * sizeof(ulong) : 0, capacity);

    /// <summary>A ring of packets.</summary>
    /// <param name="capacity">Bytes for packets, 8 of them for each packet's head; a power of two from 8.</param>
    public static RingGeometry Packets(int capacity) =>
        new(RingKind.Packets, sizeof(ulong), capacity % sizeof(ulong) == 0 ? capacity / sizeof(ulong) : 0);

    internal static RingGeometry FromHeader(uint kind, uint slotSize, uint capacity)
    {
        bool representable = kind <= byte.MaxValue && slotSize <= int.MaxValue && capacity <= int.MaxValue;
        return representable ? new RingGeometry((RingKind)kind, (int)slotSize, (int)capacity) : default;
    }
}
