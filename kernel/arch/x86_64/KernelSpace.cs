using Kilonova.Formats;

namespace Kilonova.Kernel;

/// <summary>
/// The kernel half of every address space, made once at boot: image, direct map, per-CPU areas with guard pages, device registers.
/// Nothing is writable and executable, in no alias; page 0 and everything else below the upper half is unmapped.
/// </summary>
/// <remarks>Top-level slots are filled before the first user space copies them and never change. Built by the boot CPU alone.</remarks>
public static unsafe class KernelSpace
{
    /// <summary>Bit n: page n of a per-CPU area is mapped. The others are guards. Mirrored in layout.h.</summary>
    public const uint AreaPages = 0xaafb;

    private const uint AreaFrames = 11;
    private const ulong PageSize = 4096;
    private const int TopLevel = 4;

    /// <summary>Where the image lies: physical address minus virtual address.</summary>
    private static ulong s_imageToPhysical;
    private static ulong s_root;
    private static ulong s_ones;
    private static ulong s_mmioNext;
    private static uint s_reusableArea;
    private static RangeList s_readable;

    /// <summary>Physical address of the kernel's own top-level table, which maps nothing in the user half; 0 before it exists.</summary>
    public static ulong Root => s_root;

    /// <summary>Physical address of something in the image.</summary>
    public static ulong ImageToPhysical(ulong address) => address + s_imageToPhysical;

    /// <summary>Notes how far from its link address the image lies.</summary>
    public static void SetImageDistance(ulong distance) => s_imageToPhysical = distance - Layout.ImageBase;

    /// <summary>Makes the tables and switches to them.</summary>
    public static void Build()
    {
        ulong root = EarlyMemory.Allocate(1);
        s_root = root;
        MapImage();
        MapRam();

        ImageLayout* image = ImageLayout.Get();
        s_ones = EarlyMemory.Allocate(1);
        ulong* ones = (ulong*)DirectMap.ToVirtual(s_ones);
        for (uint i = 0; i < PageSize / sizeof(ulong); i++)
            ones[i] = ulong.MaxValue;

        MapArea(0, ImageToPhysical(image->BootArea));
        s_mmioNext = Layout.MmioBase;
        _ = Table(Layout.MmioBase, TopLevel - 1);
        Tlb.WriteCr3(root);
    }

    /// <summary>Makes the area of a CPU other than the first. False if there is no memory for it.</summary>
    public static bool TryMakeArea(uint cpu)
    {
        if (cpu == s_reusableArea)
        {
            s_reusableArea = 0;
            return true;
        }

        // A table of areas covers 2 MiB.
        if (EarlyMemory.Left < (AreaFrames + 2) * PageSize)
            return false;

        MapArea(cpu, EarlyMemory.Allocate(AreaFrames));
        return true;
    }

    /// <summary>Keeps the area that was made last for the next CPU, since the one that it was made for does not run.</summary>
    public static void ReuseArea(uint cpu) => s_reusableArea = cpu;

    /// <summary>Lets the task state segment of a CPU have another I/O permission bitmap: two frames, or 0 for no port at all.</summary>
    public static void SetIoBitmap(Cpu* cpu, ulong first, ulong second)
    {
        ulong address = (ulong)cpu + Descriptors.BitmapOffset;
        ulong* entry = Entry(address, 1);
        entry[0] = (first == 0 ? s_ones : first) | PageAttributes.KernelConstant;
        entry[1] = (second == 0 ? s_ones : second) | PageAttributes.KernelConstant;
        Tlb.InvalidatePage(address);
        Tlb.InvalidatePage(address + PageSize);
    }

    /// <summary>
    /// Maps device registers, uncacheable, for good. At boot only. The physical address may lie anywhere in a page.
    /// </summary>
    public static nint MapMmio(ulong physical, uint size)
    {
        ulong first = physical & ~(PageSize - 1);
        ulong end = (physical + size + PageSize - 1) & ~(PageSize - 1);
        ulong address = s_mmioNext;
        Map(address, first, end - first, PageAttributes.KernelMmio);
        s_mmioNext += end - first;
        return (nint)(address + (physical - first));
    }

    /// <summary>
    /// Makes physical memory that is no RAM, such as firmware's tables, readable at its place in the direct map. False if that has no room
    /// for it. At boot only.
    /// </summary>
    public static bool TryMakeReadable(ulong physical, ulong size)
    {
        if (physical >= Layout.DirectMapSize || size > Layout.DirectMapSize - physical)
            return false;

        if (s_root == 0)
        {
            // The boot tables map the first 4 GiB.
            return physical + size <= 1ul << 32;
        }

        ulong end = (physical + size + PageSize - 1) & ~(PageSize - 1);
        for (ulong page = physical & ~(PageSize - 1); page < end; page += PageSize)
        {
            if (MemoryMap.Ram.Find(page) >= 0 || s_readable.Find(page) >= 0)
                continue;

            if (EarlyMemory.Left < TopLevel * PageSize || !s_readable.Add(page, page + PageSize))
                return false;

            Map(DirectMap.Base + page, page, PageSize, PageAttributes.KernelConstant);
        }

        return true;
    }

    /// <summary>
    /// While other CPUs start: lets the boot tables, which still map the first 4 GiB at 0, share the kernel half. Returns their root.
    /// </summary>
    public static ulong PrepareBootTables()
    {
        ulong physical = ImageToPhysical(ImageLayout.Get()->BootTables);
        ulong* boot = (ulong*)DirectMap.ToVirtual(physical);
        ulong* root = (ulong*)DirectMap.ToVirtual(s_root);
        Memory.Copy(boot + 256, root + 256, (nuint)PageSize / 2);
        return physical;
    }

    private static void MapImage()
    {
        ImageLayout* image = ImageLayout.Get();
        MapPart(image->Start, image->Text, PageAttributes.KernelConstant);
        MapPart(image->Text, image->Rodata, PageAttributes.KernelCode);
        MapPart(image->Rodata, image->Data, PageAttributes.KernelConstant);
        MapPart(image->Data, image->End, PageAttributes.KernelData);
        *Entry(image->Idt, 1) = ImageToPhysical(image->Idt) | PageAttributes.KernelConstant;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MapPart(ulong start, ulong end, ulong attributes) => Map(start, ImageToPhysical(start), end - start, attributes);

    /// <summary>The direct map. Code and constants of the image are not writable there either.</summary>
    private static void MapRam()
    {
        ImageLayout* image = ImageLayout.Get();
        ulong start = ImageToPhysical(image->Start);
        ulong end = ImageToPhysical(image->Data);
        for (int i = 0; i < MemoryMap.Ram.Count; i++)
        {
            ulong first = MemoryMap.Ram.Start(i);
            ulong behind = MemoryMap.Ram.End(i);
            MapDirect(first, Math.Min(behind, start), PageAttributes.KernelData);
            MapDirect(Math.Max(first, start), Math.Min(behind, end), PageAttributes.KernelConstant);
            MapDirect(Math.Max(first, end), behind, PageAttributes.KernelData);
        }

        // Firmware's tables usually lie below 4 GiB, whose slot exists even on the smallest machine.
        _ = Table(DirectMap.Base, TopLevel - 1);
    }

    private static void MapDirect(ulong first, ulong end, ulong attributes)
    {
        if (first < end)
            Map(DirectMap.Base + first, first, end - first, attributes);
    }

    private static void MapArea(uint cpu, ulong frames)
    {
        ulong area = Cpu.AreaBase + (cpu * Cpu.AreaStride);
        for (int page = 0; page < 16; page++)
        {
            if ((AreaPages >> page & 1) != 0)
            {
                Map(area + ((ulong)page * PageSize), frames, PageSize, PageAttributes.KernelData);
                frames += PageSize;
            }
        }

        // Two pages of bitmap and the byte of ones that must follow it.
        for (ulong page = 0; page < 3; page++)
            Map(area + Descriptors.BitmapOffset + (page * PageSize), s_ones, PageSize, PageAttributes.KernelConstant);
    }

    /// <summary>Maps whole pages, as large as alignment and CPU allow.</summary>
    private static void Map(ulong address, ulong physical, ulong size, ulong attributes)
    {
        ulong end = address + size;
        while (address != end)
        {
            int level = 1;
            for (int larger = CpuFeatures.HasLargestPages ? 3 : 2; larger > 1; larger--)
            {
                if (((address | physical) & (SizeAt(larger) - 1)) == 0 && end - address >= SizeAt(larger))
                {
                    level = larger;
                    break;
                }
            }

            *Entry(address, level) = physical | attributes | (level > 1 ? PageAttributes.Large : 0);
            address += SizeAt(level);
            physical += SizeAt(level);
        }
    }

    /// <summary>The entry for an address in its table of a level, 1 being that of 4 KiB pages. Missing tables are made.</summary>
    private static ulong* Entry(ulong address, int level) => Table(address, level) + ((address >> ShiftAt(level)) & 0x1ff);

    private static ulong* Table(ulong address, int level)
    {
        ulong* table = (ulong*)DirectMap.ToVirtual(s_root);
        for (int i = TopLevel; i > level; i--)
        {
            ulong* entry = table + ((address >> ShiftAt(i)) & 0x1ff);
            if (*entry == 0)
                *entry = EarlyMemory.Allocate(1) | PageAttributes.Present | PageAttributes.Writable;

            table = (ulong*)DirectMap.ToVirtual(*entry & PageAttributes.AddressMask);
        }

        return table;
    }

    private static int ShiftAt(int level) => 3 + (9 * level);

    private static ulong SizeAt(int level) => 1ul << ShiftAt(level);
}

/// <summary>Reads what boot loader and firmware left, anywhere in physical memory.</summary>
public readonly unsafe struct FirmwareMemory : IPhysicalMemory
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public ReadOnlySpan<byte> Map(ulong address, uint length) =>
        length <= int.MaxValue && KernelSpace.TryMakeReadable(address, length)
            ? MemoryMarshal.CreateReadOnlySpan(ref *(byte*)DirectMap.ToVirtual(address), (int)length)
            : default;
}
