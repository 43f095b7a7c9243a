// Where loaders put what a kernel expects below 1 MiB.
using Kilonova.Abi;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Boot;

/// <summary>Why a kernel could not be loaded.</summary>
public enum LoadStatus : byte
{
    /// <summary>Loaded; the virtual CPU stands at the entry.</summary>
    Ok,

    /// <summary>The image is not of this kind, or damaged.</summary>
    BadImage,

    /// <summary>The image is of a version that is not supported.</summary>
    Unsupported,

    /// <summary>Guest memory does not hold the kernel, its modules and its tables.</summary>
    NoMemory,

    /// <summary>The command line is longer than the kernel takes.</summary>
    CommandLineTooLong,
}

/// <summary>Addresses below 1 MiB, and the processor state of flat protected mode.</summary>
internal static class LowMemory
{
    public const ulong DescriptorTable = 0x500;
    public const ulong BootParameters = 0x7000;
    public const ulong PageTables = 0x9000;
    public const ulong CommandLine = 0x2_0000;
    public const ulong End = 0x9_fc00;
    public const ulong High = 0x10_0000;

    public const ushort CodeSelector = 0x10;
    public const ushort DataSelector = 0x18;

    private const ulong Code32 = 0x00cf_9b00_0000_ffff;
    private const ulong Code64 = 0x00af_9b00_0000_ffff;
    private const ulong Data = 0x00cf_9300_0000_ffff;

    /// <summary>Sets up flat segments with a descriptor table to match, interrupts off. The caller loads GDTR from it.</summary>
    public static bool EnterFlat(GuestMemory memory, CpuState cpu, bool is64Bit)
    {
        const uint Rights = SegmentAccessRights.Present | SegmentAccessRights.CodeOrData | SegmentAccessRights.Granularity;
        bool written = memory.TryStore(DescriptorTable, 8, 0) && memory.TryStore(DescriptorTable + 8, 8, 0)
            && memory.TryStore(DescriptorTable + CodeSelector, 8, is64Bit ? Code64 : Code32)
            && memory.TryStore(DescriptorTable + DataSelector, 8, Data);
        cpu.Reset();
        cpu.Cr0 = Cr0.ProtectionEnable | Cr0.ExtensionType;
        for (int i = 0; i <= (int)SegmentRegister.Gs; i++)
            cpu.Segments[i] = new Segment(DataSelector, 0, uint.MaxValue, Rights | SegmentAccessRights.Big | 3);
        uint mode = is64Bit ? SegmentAccessRights.Long : SegmentAccessRights.Big;
        cpu.Segments[(int)SegmentRegister.Cs] = new Segment(CodeSelector, 0, uint.MaxValue, Rights | mode | 0xb);
        for (int i = 0; i < cpu.Gpr.Length; i++)
            cpu.Gpr[i] = 0;
        return written;
    }

    /// <summary>Maps the first 4 GiB to themselves with pages of 2 MiB and switches to long mode.</summary>
    public static bool EnterLongMode(GuestMemory memory, CpuState cpu)
    {
        const ulong Table = 3;
        const ulong LargePage = 0x83;
        const ulong PageSize = 0x1000;
        const int Directories = 4;
        bool written = memory.TryStore(PageTables, 8, (PageTables + PageSize) | Table);
        for (ulong i = 1; i < 512; i++)
            written &= memory.TryStore(PageTables + (8 * i), 8, 0);
        for (ulong i = 0; i < 512; i++)
        {
            ulong directory = i < Directories ? (PageTables + ((2 + i) * PageSize)) | Table : 0;
            written &= memory.TryStore(PageTables + PageSize + (8 * i), 8, directory);
        }

        for (ulong i = 0; i < 512 * Directories; i++)
            written &= memory.TryStore(PageTables + (2 * PageSize) + (8 * i), 8, (i << 21) | LargePage);
        cpu.Cr3 = PageTables;
        cpu.Cr4 = Cr4.PhysicalAddressExtension;
        cpu.Efer = Efer.LongModeEnable | Efer.LongModeActive;
        cpu.Cr0 |= Cr0.Paging;
        return written;
    }
}
