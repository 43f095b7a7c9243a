namespace Kilonova.Kernel;

/// <summary>
/// An MSR space (specification, section 2.1.6): what virtual CPUs may access without an exit, as nodes and as the bitmap of VMX (SDM
/// volume 3, section 25.6.9) or SVM (APM volume 2, section 15.11). A set bit makes the access exit.
/// </summary>
/// <remarks>
/// Both cover the low and the high MSRs, SVM those of AMD too, 8192 each. VMX has four pieces of a bit per MSR: reads of both, then
/// writes. SVM has three of two bits per MSR, for reads and writes.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = (int)RangeSpace.Size)]
public unsafe struct MsrSpace
{
    /// <summary>Number of MSRs.</summary>
    public const ulong Registers = 1ul << 32;

    private const ulong HighBase = 0xc000_0000;
    private const ulong AmdBase = 0xc001_0000;
    private const ulong PieceSize = 0x2000;

    /// <summary>MSRs that one entry of a step stands for (<see cref="RangeWork.Entries"/>).</summary>
    private const ulong PerEntry = 16;

    [FieldOffset(0x00)] public KernelObject Head;

    [FieldOffset(0x00)] public RangeSpace Range;

    /// <summary><see cref="BitmapBytes"/>, contiguous, in the direct map.</summary>
    [FieldOffset(RangeSpace.BitmapOffset)] public ulong* Bitmap;

    private static bool IsSvm => Virtualization.Kind == PlatformFeatures.SVM;

    private static uint BitmapOrder => IsSvm ? 1u : 0u;

    /// <summary>Bytes of a bitmap.</summary>
    public static long BitmapBytes => PhysicalMemory.PageSize << (int)BitmapOrder;

    /// <summary>An empty space, charged to an account, with one reference. Null if there is no memory or quota.</summary>
    public static MsrSpace* Create(Quota* quota) =>
        (MsrSpace*)RangeSpace.CreateWithBitmap(quota, ObjectType.MsrSpace, Registers, BitmapOrder);

    /// <summary>What the NOVA MSR space refers to (specification, section 8.2.3). Null if there is no memory.</summary>
    public static ResourceMap* CreateResources()
    {
        const uint R = (uint)MsrPermissions.R;
        const uint W = (uint)MsrPermissions.W;
        ResourceMap* map = ResourceMap.Create(0);
        return map != null && AllowAll(map, ReadableAndWritable, R | W) && AllowAll(map, Writable, W) && AllowAll(map, Readable, R) ? map : null;
    }

    /// <summary>What a virtual CPU may do with an MSR without an exit.</summary>
    public static uint PermissionsOf(MsrSpace* space, ulong msr)
    {
        if (!TryFind(msr, out ulong read, out ulong write))
            return 0;

        return (Test(space, read) ? 0 : (uint)MsrPermissions.R) | (Test(space, write) ? 0 : (uint)MsrPermissions.W);
    }

    /// <summary>Allows or forbids accesses; see <see cref="RangeSpace.Map"/>. Other MSRs than the bitmap covers always exit.</summary>
    public static ulong Map(MsrSpace* space, ulong msr, ulong count, uint permissions, RangeWork* work)
    {
        ulong done = 0;
        while (done < count && work->Entries > 0)
        {
            ulong at = msr + done;
            if (!TryFind(at, out ulong read, out ulong write))
            {
                // On to where bits begin again; between pieces that are in use there are none.
                ulong next = at < HighBase ? HighBase : at < AmdBase && IsSvm ? AmdBase : ulong.MaxValue;
                done = next - msr < count ? next - msr : count;
                work->Entries--;
                continue;
            }

            // The kernel has a bit of its own in EFER (SVM), which a guest must neither see nor change.
            bool hidden = IsSvm && at == Msr.IA32_EFER;
            Set(space, read, hidden || (permissions & (uint)MsrPermissions.R) == 0);
            Set(space, write, hidden || (permissions & (uint)MsrPermissions.W) == 0);
            done++;
            if (done % PerEntry == 0)
                work->Entries--;
        }

        return done;
    }

    /// <summary>Gives the bitmap back. The space is about to go.</summary>
    public static void FreeBitmap(MsrSpace* space) => Space.FreeBitmap(space->Head.Quota, &space->Bitmap, BitmapOrder);

    /// <summary>Ranges of registers: the first, and in bits 31-24, which no register's number has but for bits 31 and 30, how many follow.</summary>
    private static ReadOnlySpan<uint> ReadableAndWritable =>
    [
        0x174 | 2 << 24, // IA32_SYSENTER_CS, IA32_SYSENTER_ESP, IA32_SYSENTER_EIP
        0x277, // IA32_PAT
        0xc000_0080, // IA32_EFER
        0xc000_0100 | 2 << 24, // IA32_FS_BASE, IA32_GS_BASE, IA32_KERNEL_GS_BASE
    ];

    private static ReadOnlySpan<uint> Writable =>
    [
        0x49, // IA32_PRED_CMD
        0x10b, // IA32_FLUSH_CMD
    ];

    private static ReadOnlySpan<uint> Readable =>
    [
        0x10, // IA32_TIME_STAMP_COUNTER
        0x17, // IA32_PLATFORM_ID
        0x8b, // IA32_BIOS_SIGN_ID
        0xcf, // IA32_CORE_CAPABILITIES
        0xe7 | 1 << 24, // IA32_MPERF, IA32_APERF
        0xfe, // IA32_MTRRCAP
        0x10a, // IA32_ARCH_CAPABILITIES
        0x123, // IA32_MCU_OPT_CTRL
        0x195, // IA32_OVERCLOCKING_STATUS
        0x198, // IA32_PERF_STATUS
        0x19c, // IA32_THERM_STATUS
        0x1b1, // IA32_PACKAGE_THERM_STATUS
        0xda0, // IA32_XSS
        0xc000_0081 | 1 << 24, // IA32_STAR, IA32_LSTAR
        0xc000_0084, // IA32_FMASK
        0xc000_0103, // IA32_TSC_AUX
    ];

    private static bool AllowAll(ResourceMap* map, ReadOnlySpan<uint> ranges, uint permissions)
    {
        bool complete = true;
        foreach (uint range in ranges)
        {
            uint first = range & 0xc0ff_ffff;
            complete &= ResourceMap.Except(map, first, first + (range >> 24 & 0x3f) + 1, permissions);
        }

        return complete;
    }

    /// <summary>The two bits of an MSR; false if it has none.</summary>
    private static bool TryFind(ulong msr, out ulong read, out ulong write)
    {
        ulong piece = msr < PieceSize ? 0u : msr - HighBase < PieceSize ? 1u : IsSvm && msr - AmdBase < PieceSize ? 2u : 3u;
        ulong index = (piece * PieceSize) + (msr & (PieceSize - 1));
        read = IsSvm ? 2 * index : index;
        write = IsSvm ? read + 1 : read + (2 * PieceSize);
        return piece < 3;
    }

    private static bool Test(MsrSpace* space, ulong bit) => (space->Bitmap[bit >> 6] & (1ul << (int)(bit & 63))) != 0;

    private static void Set(MsrSpace* space, ulong bit, bool value)
    {
        ulong* word = &space->Bitmap[bit >> 6];
        ulong mask = 1ul << (int)(bit & 63);
        *word = value ? *word | mask : *word & ~mask;
    }
}
