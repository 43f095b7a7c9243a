// The layout of a ring in shared memory, version 1. Little endian, all offsets in bytes. Every line has one writer; lines are 128 bytes
// apart because CPUs prefetch 64-byte lines in pairs.
//
//        0   owner     u64  magic "KNLVRING", stored last
//        8   owner     u32  version
//       12   owner     u32  kind: 1 records, 2 packets
//       16   owner     u32  slot size: bytes of a record, a multiple of 8; 8 in a ring of packets
//       20   owner     u32  capacity in slots, a power of two
//       24   owner     u64  zero
//      128   producer  u64  index: slots published since the beginning
//      136   producer  u64  wake point: up the space semaphore when the consumer's index exceeds it
//      256   consumer  u64  index: slots given back since the beginning
//      264   consumer  u64  wake point: up the data semaphore when the producer's index exceeds it
//      512   producer       slot i at 512 + (i mod capacity) * slot size
//
// A packet takes one slot for its head, u32 length in bytes and u32 tag, and as many as its bytes need behind it, wrapping at the end.
// Both ends take a private copy of the geometry when they attach and never look at the header again.
namespace Kilonova.Rings;

/// <summary>Creates rings in shared memory, and the offsets of their fields.</summary>
public static class RingLayout
{
    /// <summary>Version of the layout.</summary>
    public const uint Version = 1;

    /// <summary>Offset of the first slot, and so the smallest size of a ring.</summary>
    public const int DataOffset = 512;

    internal const ulong Magic = 0x474e_4952_564c_4e4b;
    internal const int MagicOffset = 0;
    internal const int VersionAndKindOffset = 8;
    internal const int SlotSizeAndCapacityOffset = 16;
    internal const int ReservedOffset = 24;
    internal const int ProducerIndexOffset = 128;
    internal const int ProducerWakePointOffset = 136;
    internal const int ConsumerIndexOffset = 256;
    internal const int ConsumerWakePointOffset = 264;

    private const int HighHalf = 32;

    /// <summary>
    /// Lays an empty ring into memory that no end uses yet. The owner does this once, before it tells the ends.
    /// Ends that attach meanwhile get <see cref="RingStatus.NoRing"/>.
    /// </summary>
    /// <returns><see cref="RingStatus.WrongGeometry"/> where the geometry is impossible or the memory too small for it.</returns>
    public static RingStatus Create<TMemory>(TMemory memory, RingGeometry geometry)
        where TMemory : struct, ISharedMemory
    {
        if (!geometry.IsValid || geometry.Size > memory.Length)
            return RingStatus.WrongGeometry;
        memory.WriteWord(MagicOffset, 0);
        memory.WriteWord(VersionAndKindOffset, Version | ((ulong)geometry.Kind << HighHalf));
        memory.WriteWord(SlotSizeAndCapacityOffset, (uint)geometry.SlotSize | ((ulong)(uint)geometry.Capacity << HighHalf));
        memory.WriteWord(ReservedOffset, 0);
        memory.WriteWord(ProducerIndexOffset, 0);
        memory.WriteWord(ProducerWakePointOffset, WakePoint.Never);
        memory.WriteWord(ConsumerIndexOffset, 0);
        memory.WriteWord(ConsumerWakePointOffset, WakePoint.Never);
        memory.WriteWord(MagicOffset, Magic);
        return RingStatus.Ok;
    }

    /// <summary>Takes a private, verified copy of the geometry; each word of the header is loaded once.</summary>
    internal static RingStatus ReadGeometry<TMemory>(ref TMemory memory, out RingGeometry geometry)
        where TMemory : struct, ISharedMemory
    {
        geometry = default;
        if (memory.Length < DataOffset || memory.ReadWord(MagicOffset) != Magic)
            return RingStatus.NoRing;
        ulong versionAndKind = memory.ReadWord(VersionAndKindOffset);
        if ((uint)versionAndKind != Version)
            return RingStatus.WrongVersion;
        ulong slotSizeAndCapacity = memory.ReadWord(SlotSizeAndCapacityOffset);
        geometry = RingGeometry.FromHeader((uint)(versionAndKind >> HighHalf),
            (uint)slotSizeAndCapacity, (uint)(slotSizeAndCapacity >> HighHalf));
        bool fits = geometry.IsValid && geometry.Size <= memory.Length && memory.ReadWord(ReservedOffset) == 0;
        return fits ? RingStatus.Ok : RingStatus.WrongGeometry;
    }
}
