namespace Kilonova.Kernel;

/// <summary>
/// A port space (specification, section 2.1.5): 2^16 ports, as nodes and as the bitmap that the CPU reads behind the TSS (SDM volume 1,
/// section 19.5.2), which is that of VMX and SVM too. A set bit forbids the port. SVM wants three more bits, for accesses that reach
/// beyond the last port (APM volume 2, section 15.10.1).
/// </summary>
/// <remarks>The bitmap follows the nodes under the space's lock; the CPU reads it anew on each access, so nothing is cached.</remarks>
[StructLayout(LayoutKind.Explicit, Size = (int)RangeSpace.Size)]
public unsafe struct PioSpace
{
    /// <summary>Number of ports.</summary>
    public const ulong Ports = 1 << 16;


    [FieldOffset(0x00)] public KernelObject Head;

    [FieldOffset(0x00)] public RangeSpace Range;

    /// <summary>log2 of the pages of a bitmap.</summary>
    private static uint BitmapOrder => Virtualization.Kind == PlatformFeatures.SVM ? 2u : 1u;

    /// <summary>Bytes of a bitmap.</summary>
    public static long BitmapBytes => PhysicalMemory.PageSize << (int)BitmapOrder;

    /// <summary>Contiguous, in the direct map.</summary>
    [FieldOffset(RangeSpace.BitmapOffset)] public ulong* Bitmap;

    /// <summary><see cref="Bitmap"/> once a port has been allowed, null before: then the CPU needs no bitmap to deny everything.</summary>
    [FieldOffset(0x88)] public ulong* InForce;

    /// <summary>An empty space, charged to an account, with one reference. Null if there is no memory or quota.</summary>
    public static PioSpace* Create(Quota* quota) =>
        (PioSpace*)RangeSpace.CreateWithBitmap(quota, ObjectType.PioSpace, Ports, BitmapOrder);

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
    public static void FreeBitmap(PioSpace* space) => Space.FreeBitmap(space->Head.Quota, &space->Bitmap, BitmapOrder);
}
