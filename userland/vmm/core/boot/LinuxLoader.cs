// Starts a Linux kernel without firmware (Linux: Documentation/arch/x86/boot.rst, zero-page.rst).
using System;
using System.Buffers.Binary;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Boot;

/// <summary>What the loader is to put into guest memory.</summary>
public ref struct LinuxImage
{
    /// <summary>A bzImage of boot protocol 2.06 or later.</summary>
    public ReadOnlySpan<byte> Kernel;

    /// <summary>An initial RAM disk; empty for none.</summary>
    public ReadOnlySpan<byte> InitialDisk;

    /// <summary>The command line, ASCII or UTF-8, without a final zero.</summary>
    public ReadOnlySpan<byte> CommandLine;

    /// <summary>Guest-physical address of the RSDP; 0 for none.</summary>
    public ulong Rsdp;
}

/// <summary>Loads bzImages: 64-bit kernels at their 64-bit entry, others at the 32-bit entry.</summary>
public static class LinuxLoader
{
    private const int SetupSectors = 0x1f1;
    private const int HeaderStart = 0x1f1;
    private const int Jump = 0x200;
    private const int Magic = 0x202;
    private const int Version = 0x206;
    private const int TypeOfLoader = 0x210;
    private const int LoadFlags = 0x211;
    private const int RamDiskAddress = 0x218;
    private const int RamDiskSize = 0x21c;
    private const int HeapEnd = 0x224;
    private const int CommandLinePointer = 0x228;
    private const int RamDiskMaximum = 0x22c;
    private const int Alignment = 0x230;
    private const int Relocatable = 0x234;
    private const int ExtendedLoadFlags = 0x236;
    private const int CommandLineSize = 0x238;
    private const int PreferredAddress = 0x258;
    private const int InitialSize = 0x260;
    private const int RsdpField = 0x070;
    private const int MapEntries = 0x1e8;
    private const int Map = 0x2d0;
    private const int MapCapacity = 128;
    private const int MapEntrySize = 20;
    private const int ParametersSize = 4096;

    private const uint HeaderMagic = 0x5372_6448;
    private const ushort MinimumVersion = 0x206;
    private const byte LoadedHigh = 1 << 0;
    private const byte CanUseHeap = 1 << 7;
    private const ushort Is64BitKernel = 1 << 0;
    private const byte UndefinedLoader = 0xff;
    private const ulong Entry64Offset = 0x200;
    private const ulong PageSize = 0x1000;
    private const uint UsableMemory = 1;
    private const uint ReservedMemory = 2;

    /// <summary>Loads a kernel and sets the bootstrap processor to its entry.</summary>
    /// <param name="memory">Guest memory, with memory below 640 KiB and from 1 MiB on.</param>
    /// <param name="cpu">The bootstrap processor; the environment loads GDTR with base 0x500 and limit 0x1f.</param>
    /// <param name="image">What to load. Nothing in it is trusted.</param>
    public static LoadStatus Load(GuestMemory memory, CpuState cpu, in LinuxImage image)
    {
        ReadOnlySpan<byte> kernel = image.Kernel;
        if (kernel.Length < Jump + 0x80 || Read32(kernel, Magic) != HeaderMagic)
            return LoadStatus.BadImage;
        if (Read16(kernel, Version) < MinimumVersion || (kernel[LoadFlags] & LoadedHigh) == 0)
            return LoadStatus.Unsupported;
        int setup = ((kernel[SetupSectors] == 0 ? 4 : kernel[SetupSectors]) + 1) * 512;
        if (setup >= kernel.Length)
            return LoadStatus.BadImage;
        if ((uint)image.CommandLine.Length > Read32(kernel, CommandLineSize))
            return LoadStatus.CommandLineTooLong;

        bool modern = Read16(kernel, Version) >= 0x20c && kernel.Length >= InitialSize + 4;
        bool is64Bit = modern && (Read16(kernel, ExtendedLoadFlags) & Is64BitKernel) != 0;
        ulong load = modern && kernel[Relocatable] != 0 ? LoadAddress(kernel) : LowMemory.High;
        ReadOnlySpan<byte> code = kernel.Slice(setup);
        ulong needed = modern ? Math.Max(Read32(kernel, InitialSize), (ulong)code.Length) : (ulong)code.Length;
        if (!IsUsable(memory, load, needed) || !memory.Write(load, code))
            return LoadStatus.NoMemory;
        if (!TryPlaceDisk(memory, image.InitialDisk, Read32(kernel, RamDiskMaximum), load + needed, out ulong disk))
            return LoadStatus.NoMemory;
        bool written = memory.Write(LowMemory.CommandLine, image.CommandLine)
            && memory.TryStore(LowMemory.CommandLine + (ulong)image.CommandLine.Length, 1, 0)
            && WriteParameters(memory, image, disk, is64Bit);
        written &= LowMemory.EnterFlat(memory, cpu, is64Bit);
        if (is64Bit)
            written &= LowMemory.EnterLongMode(memory, cpu);
        cpu.Rip = is64Bit ? load + Entry64Offset : load;
        cpu.Gpr[6] = LowMemory.BootParameters;
        return written ? LoadStatus.Ok : LoadStatus.NoMemory;
    }

    private static ulong LoadAddress(ReadOnlySpan<byte> kernel)
    {
        ulong preferred = BinaryPrimitives.ReadUInt64LittleEndian(kernel.Slice(PreferredAddress));
        ulong alignment = Read32(kernel, Alignment);
        bool sane = preferred >= LowMemory.High && preferred < uint.MaxValue && alignment != 0 && preferred % alignment == 0;
        return sane ? preferred : LowMemory.High;
    }

    private static bool IsUsable(GuestMemory memory, ulong address, ulong length) =>
        length <= int.MaxValue && memory.TryGetSpan(address, (int)length, true, out _);

    // As high as the kernel takes it, page aligned, above the kernel and below 4 GiB.
    private static bool TryPlaceDisk(GuestMemory memory, ReadOnlySpan<byte> disk, uint maximum, ulong floor, out ulong address)
    {
        address = 0;
        if (disk.Length == 0)
            return true;
        ulong length = (ulong)disk.Length;
        ulong best = 0;
        for (int i = 0; i < memory.RangeCount; i++)
        {
            memory.GetRange(i, out ulong start, out ulong size, out bool readOnly);
            ulong end = Math.Min(start + size, (ulong)maximum + 1);
            ulong first = Math.Max(start, floor);
            if (readOnly || start + size < start || end < first || end - first < length)
                continue;
            ulong place = (end - length) & ~(PageSize - 1);
            if (place >= first && place > best)
                best = place;
        }

        address = best;
        return best != 0 && memory.Write(best, disk);
    }

    private static bool WriteParameters(GuestMemory memory, in LinuxImage image, ulong disk, bool is64Bit)
    {
        Span<byte> page = stackalloc byte[ParametersSize];
        page.Clear();
        // The header ends where the jump over it goes to.
        int headerEnd = Math.Min(Magic + image.Kernel[Jump + 1], Map - 0x40);
        image.Kernel.Slice(HeaderStart, Math.Min(headerEnd, image.Kernel.Length) - HeaderStart).CopyTo(page.Slice(HeaderStart));
        page[TypeOfLoader] = UndefinedLoader;
        page[LoadFlags] |= CanUseHeap;
        BinaryPrimitives.WriteUInt16LittleEndian(page.Slice(HeapEnd), 0xfe00);
        Put32(page, RamDiskAddress, (uint)disk);
        Put32(page, RamDiskSize, (uint)image.InitialDisk.Length);
        Put32(page, CommandLinePointer, (uint)LowMemory.CommandLine);
        BinaryPrimitives.WriteUInt64LittleEndian(page.Slice(RsdpField), image.Rsdp);
        page[MapEntries] = WriteMap(memory, page.Slice(Map));
        return (disk <= uint.MaxValue || is64Bit) && memory.Write(LowMemory.BootParameters, page);
    }

    // Memory ranges but for the firmware area between 640 KiB and 1 MiB.
    private static byte WriteMap(GuestMemory memory, Span<byte> map)
    {
        int count = 0;
        for (int i = 0; i < memory.RangeCount && count < MapCapacity - 3; i++)
        {
            memory.GetRange(i, out ulong start, out ulong size, out bool readOnly);
            ulong end = start + size;
            if (readOnly)
            {
                Entry(map, ref count, start, end, ReservedMemory);
                continue;
            }

            Entry(map, ref count, start, Math.Min(end, LowMemory.End), UsableMemory);
            Entry(map, ref count, Math.Max(start, LowMemory.End), Math.Min(end, LowMemory.High), ReservedMemory);
            Entry(map, ref count, Math.Max(start, LowMemory.High), end, UsableMemory);
        }

        return (byte)count;
    }

    private static void Entry(Span<byte> map, ref int count, ulong start, ulong end, uint type)
    {
        if (start >= end)
            return;
        Span<byte> entry = map.Slice(count++ * MapEntrySize, MapEntrySize);
        BinaryPrimitives.WriteUInt64LittleEndian(entry, start);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.Slice(8), end - start);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.Slice(16), type);
    }

    private static ushort Read16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.Slice(offset));

    private static uint Read32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(offset));

    private static void Put32(Span<byte> bytes, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.Slice(offset), value);
}
