using System.Runtime.InteropServices;
using Kilonova.Abi;

namespace Kilonova.Kernel;

/// <summary>
/// An MSR space (specification, section 2.1.6): what virtual CPUs may access without an exit, as nodes and as the bitmap of VMX (SDM
/// volume 3, section 25.6.9). A set bit makes the access exit.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = (int)RangeSpace.Size)]
public unsafe struct MsrSpace
{
    /// <summary>Number of MSRs.</summary>
    public const ulong Registers = 1ul << 32;

    // The bitmap has four quarters of 8192 bits: reads of the low and of the high MSRs, then writes.
    private const ulong HighBase = 0xc000_0000;
    private const ulong Quarter = 0x2000;
    private const ulong WordsPerQuarter = Quarter / 64;

    [FieldOffset(0x00)] public KernelObject Head;

    [FieldOffset(0x00)] public RangeSpace Range;

    /// <summary>4 KiB in the direct map.</summary>
    [FieldOffset(0x80)] public ulong* Bitmap;

    /// <summary>An empty space, charged to an account, with one reference. Null if there is no memory or quota.</summary>
    public static MsrSpace* Create(Quota* quota)
    {
        MsrSpace* space = (MsrSpace*)Space.Allocate(quota, ObjectType.MsrSpace, RangeSpace.Size);
        if (space == null)
            return null;

        space->Bitmap = (ulong*)Space.TryTakePage(quota);
        if (space->Bitmap == null)
        {
            Slab.Free(space, Slab.ClassOf(RangeSpace.Size));
            Quota.Credit(quota, RangeSpace.Size);
            return null;
        }

        for (ulong i = 0; i < 4 * WordsPerQuarter; i++)
            space->Bitmap[i] = ulong.MaxValue;

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
        if (!HasBits(msr))
            return 0;

        ulong* word = WordOf(space, msr);
        ulong bit = 1ul << (int)(msr & 63);
        return ((*word & bit) == 0 ? (uint)MsrPermissions.R : 0) | ((word[2 * WordsPerQuarter] & bit) == 0 ? (uint)MsrPermissions.W : 0);
    }

    /// <summary>Allows or forbids accesses; see <see cref="RangeSpace.Map"/>. Other MSRs than the bitmap covers always exit.</summary>
    public static ulong Map(MsrSpace* space, ulong msr, ulong count, uint permissions, RangeWork* work)
    {
        for (ulong done = 0; done < count; work->Entries--)
        {
            ulong at = msr + done;
            if (work->Entries <= 0)
                return done;

            if (!HasBits(at))
            {
                // On to the next MSR that has bits.
                ulong skip = at < HighBase ? HighBase - at : count;
                done += skip;
                continue;
            }

            ulong run = 64 - (at & 63);
            run = run < count - done ? run : count - done;
            ulong bits = (run == 64 ? ulong.MaxValue : (1ul << (int)run) - 1) << (int)(at & 63);
            ulong* read = WordOf(space, at);
            ulong* write = read + (2 * WordsPerQuarter);
            *read = (permissions & (uint)MsrPermissions.R) != 0 ? *read & ~bits : *read | bits;
            *write = (permissions & (uint)MsrPermissions.W) != 0 ? *write & ~bits : *write | bits;
            done += run;
        }

        return count;
    }

    /// <summary>Gives the bitmap back. The space is about to go.</summary>
    public static void FreeBitmap(MsrSpace* space)
    {
        if (space->Bitmap != null)
        {
            Space.FreePage(space->Head.Quota, space->Bitmap);
            space->Bitmap = null;
        }
    }

    private static bool Allow(ResourceMap* map, ulong msr, ulong count, uint permissions) =>
        ResourceMap.Except(map, msr, msr + count, permissions);

    private static bool HasBits(ulong msr) => msr < Quarter || msr - HighBase < Quarter;

    private static ulong* WordOf(MsrSpace* space, ulong msr) =>
        space->Bitmap + (msr < Quarter ? msr >> 6 : WordsPerQuarter + ((msr - HighBase) >> 6));
}
