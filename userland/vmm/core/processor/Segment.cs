// Segment registers as the processor caches them.
using Kilonova.Abi;

namespace Kilonova.Vmm.Processor;

/// <summary>Numbers of the segment registers, in the order of their encoding, then the two system segments.</summary>
public enum SegmentRegister : byte
{
    Es,
    Cs,
    Ss,
    Ds,
    Fs,
    Gs,
    Ldtr,
    Tr,
}

/// <summary>A segment register with its hidden part.</summary>
public struct Segment
{
    private const uint TypeCode = 1 << 3;
    private const uint TypeExpandDown = 1 << 2;
    private const uint TypeWritable = 1 << 1;

    /// <summary>The visible part.</summary>
    public ushort Selector;

    /// <summary>Access rights as in <see cref="SegmentAccessRights"/>.</summary>
    public ushort Rights;

    /// <summary>The last valid offset in bytes, granularity already applied.</summary>
    public uint Limit;

    /// <summary>Linear address of offset 0.</summary>
    public ulong Base;

    /// <summary>Describes a segment.</summary>
    public Segment(ushort selector, ulong @base, uint limit, uint rights)
    {
        Selector = selector;
        Base = @base;
        Limit = limit;
        Rights = (ushort)rights;
    }

    /// <summary>Whether a memory access through the register raises a fault whatever its offset.</summary>
    public readonly bool IsUnusable => (Rights & SegmentAccessRights.Unusable) != 0 || (Rights & SegmentAccessRights.Present) == 0;

    /// <summary>D/B: 32-bit code or stack.</summary>
    public readonly bool IsBig => (Rights & SegmentAccessRights.Big) != 0;

    /// <summary>L: 64-bit code.</summary>
    public readonly bool IsLong => (Rights & SegmentAccessRights.Long) != 0;

    /// <summary>Descriptor privilege level.</summary>
    public readonly int Dpl => (int)((Rights >> SegmentAccessRights.DplShift) & SegmentAccessRights.DplMask);

    /// <summary>Whether the type allows data to be read.</summary>
    public readonly bool IsReadable => (Rights & TypeCode) == 0 || (Rights & TypeWritable) != 0;

    /// <summary>Whether the type allows data to be written.</summary>
    public readonly bool IsWritable => (Rights & TypeCode) == 0 && (Rights & TypeWritable) != 0;

    /// <summary>Whether all bytes of an access lie within the limit (Intel SDM volume 3, section 6.3).</summary>
    /// <param name="offset">32-bit offset.</param>
    /// <param name="size">Bytes, at least 1.</param>
    public readonly bool Covers(ulong offset, int size)
    {
        ulong last = offset + (ulong)size - 1;
        if ((Rights & (TypeCode | TypeExpandDown)) != TypeExpandDown)
            return last <= Limit;
        ulong top = IsBig ? uint.MaxValue : ushort.MaxValue;
        return offset > Limit && last <= top;
    }
}
