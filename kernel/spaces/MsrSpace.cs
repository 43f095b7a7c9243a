using System.Runtime.InteropServices;
using Kilonova.Abi;

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
    [FieldOffset(0x80)] public ulong* Bitmap;

    private static bool IsSvm => Virtualization.Kind == PlatformFeatures.SVM;

    private static uint BitmapOrder => IsSvm ? 1u : 0u;

    /// <summary>Bytes of a bitmap.</summary>
    public static long BitmapBytes => PhysicalMemory.PageSize << (int)BitmapOrder;

    /// <summary>An empty space, charged to an account, with one reference. Null if there is no memory or quota.</summary>
    public static MsrSpace* Create(Quota* quota)
    {
        MsrSpace* space = (MsrSpace*)Space.Allocate(quota, ObjectType.MsrSpace, RangeSpace.Size);
        if (space == null)
            return null;

        space->Bitmap = Space.TryTakeBitmap(quota, BitmapOrder);
        if (space->Bitmap == null)
        {
            Space.Abandon(&space->Head);
            return null;
        }

        space->Range.Selectors = Registers;
        return space;
    }

    /// <summary>What the NOVA MSR space refers to (specification, section 8.2.3). Null if there is no memory.</summary>
    public static ResourceMap* CreateResources()
    {
        const uint R = (uint)MsrPermissions.R;
        const uint W = (uint)MsrPermissions.W;
        ResourceMap* map = ResourceMap.Create(0);
        if (map == null)
            return null;

        bool complete =
            Allow(map, 0x174, 3, R | W) // IA32_SYSENTER_CS, IA32_SYSENTER_ESP, IA32_SYSENTER_EIP
            && Allow(map, 0x277, 1, R | W) // IA32_PAT
            && Allow(map, 0xc000_0080, 1, R | W) // IA32_EFER
            && Allow(map, 0xc000_0100, 3, R | W) // IA32_FS_BASE, IA32_GS_BASE, IA32_KERNEL_GS_BASE
            && Allow(map, 0x49, 1, W) // IA32_PRED_CMD
            && Allow(map, 0x10b, 1, W) // IA32_FLUSH_CMD
            && Allow(map, 0x10, 1, R) // IA32_TIME_STAMP_COUNTER
            && Allow(map, 0x17, 1, R) // IA32_PLATFORM_ID
            && Allow(map, 0x8b, 1, R) // IA32_BIOS_SIGN_ID
            && Allow(map, 0xcf, 1, R) // IA32_CORE_CAPABILITIES
            && Allow(map, 0xe7, 2, R) // IA32_MPERF, IA32_APERF
            && Allow(map, 0xfe, 1, R) // IA32_MTRRCAP
            && Allow(map, 0x10a, 1, R) // IA32_ARCH_CAPABILITIES
            && Allow(map, 0x123, 1, R) // IA32_MCU_OPT_CTRL
            && Allow(map, 0x195, 1, R) // IA32_OVERCLOCKING_STATUS
            && Allow(map, 0x198, 1, R) // IA32_PERF_STATUS
            && Allow(map, 0x19c, 1, R) // IA32_THERM_STATUS
            && Allow(map, 0x1b1, 1, R) // IA32_PACKAGE_THERM_STATUS
            && Allow(map, 0xda0, 1, R) // IA32_XSS
            && Allow(map, 0xc000_0081, 2, R) // IA32_STAR, IA32_LSTAR
            && Allow(map, 0xc000_0084, 1, R) // IA32_FMASK
            && Allow(map, 0xc000_0103, 1, R); // IA32_TSC_AUX
        return complete ? map : null;
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

    private static bool Allow(ResourceMap* map, ulong msr, ulong count, uint permissions) =>
        ResourceMap.Except(map, msr, msr + count, permissions);

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
