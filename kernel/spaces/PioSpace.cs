using System.Runtime.InteropServices;

namespace Kilonova.Kernel;

/// <summary>
/// A port space (specification, section 2.1.5): 2^16 ports, as nodes and as the bitmap that the CPU reads behind the TSS (SDM volume 1,
/// section 19.5.2). A set bit forbids the port.
/// </summary>
/// <remarks>The bitmap follows the nodes under the space's lock; the CPU reads it anew on each access, so nothing is cached.</remarks>
[StructLayout(LayoutKind.Explicit, Size = (int)RangeSpace.Size)]
public unsafe struct PioSpace
{
    /// <summary>Number of ports.</summary>
    public const ulong Ports = 1 << 16;

    /// <summary>log2 of the pages of a bitmap.</summary>
    public const uint BitmapOrder = 1;

    private const long BitmapBytes = (long)Ports / 8;

    [FieldOffset(0x00)] public KernelObject Head;

    [FieldOffset(0x00)] public RangeSpace Range;

    /// <summary>8 KiB, contiguous, in the direct map.</summary>
    [FieldOffset(0x80)] public ulong* Bitmap;

    /// <summary><see cref="Bitmap"/> once a port has been allowed, null before: then the CPU needs no bitmap to deny everything.</summary>
    [FieldOffset(0x88)] public ulong* InForce;

    /// <summary>An empty space, charged to an account, with one reference. Null if there is no memory or quota.</summary>
    public static PioSpace* Create(Quota* quota)
    {
        PioSpace* space = (PioSpace*)Space.Allocate(quota, ObjectType.PioSpace, RangeSpace.Size);
        if (space == null)
            return null;

        if (Quota.TryCharge(quota, BitmapBytes))
        {
            space->Bitmap = (ulong*)PhysicalMemory.Allocate(BitmapOrder);
            if (space->Bitmap == null)
                Quota.Credit(quota, BitmapBytes);
        }

        if (space->Bitmap == null)
        {
            Slab.Free(space, Slab.ClassOf(RangeSpace.Size));
            Quota.Credit(quota, RangeSpace.Size);
            return null;
        }

        for (ulong i = 0; i < Ports / 64; i++)
            space->Bitmap[i] = ulong.MaxValue;

        space->Range.Selectors = Ports;
        return space;
    }

    /// <summary>Whether a port may be accessed.</summary>
    public static bool IsAllowed(PioSpace* space, ulong port) => (space->Bitmap[port >> 6] & (1ul << (int)(port & 63))) == 0;

    /// <summary>Allows or forbids ports; see <see cref="RangeSpace.Map"/>.</summary>
    public static ulong Map(PioSpace* space, ulong port, ulong count, uint permissions, RangeWork* work)
    {
        ulong done = 0;
        while (done < count && work->Entries > 0)
        {
            ulong at = port + done;
            ulong run = 64 - (at & 63);
            run = run < count - done ? run : count - done;
            ulong bits = (run == 64 ? ulong.MaxValue : (1ul << (int)run) - 1) << (int)(at & 63);
            ulong* word = &space->Bitmap[at >> 6];
            *word = permissions != 0 ? *word & ~bits : *word | bits;
            if (permissions != 0)
                space->InForce = space->Bitmap;

            done += run;
            work->Entries--;
        }

        return done;
    }

    /// <summary>Gives the bitmap back. The space is about to go.</summary>
    public static void FreeBitmap(PioSpace* space)
    {
        if (space->Bitmap != null)
        {
            PhysicalMemory.Free(space->Bitmap, BitmapOrder);
            space->Bitmap = null;
            Quota.Credit(space->Head.Quota, BitmapBytes);
        }
    }
}
