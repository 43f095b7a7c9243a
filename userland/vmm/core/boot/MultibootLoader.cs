// Starts a kernel by the Multiboot 1 convention (Multiboot Specification 0.6.96).
using System;
using System.Buffers.Binary;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Boot;

/// <summary>Loads kernels by the address fields of their Multiboot header or, without these, as 32-bit ELF files.</summary>
public static class MultibootLoader
{
    private const uint HeaderMagic = 0x1bad_b002;
    private const uint EntryMagic = 0x2bad_b002;
    private const int SearchLength = 8192;
    private const uint PageAlign = 1 << 0;
    private const uint MemoryInfo = 1 << 1;
    private const uint AddressFields = 1 << 16;
    private const uint Mandatory = 0xffff;

    private const uint InfoMemory = 1 << 0;
    private const uint InfoCommandLine = 1 << 2;
    private const uint InfoModules = 1 << 3;
    private const uint InfoMap = 1 << 6;
    private const int MapOffset = 128;
    private const int MapEntrySize = 24;
    private const int ModuleOffset = 0x800;
    private const ulong PageSize = 0x1000;

    private const uint ElfMagic = 0x464c_457f;
    private const ushort MachineI386 = 3;
    private const uint LoadSegment = 1;

    /// <summary>Loads a kernel with at most one module and sets the bootstrap processor to its entry.</summary>
    /// <param name="memory">Guest memory.</param>
    /// <param name="cpu">The bootstrap processor; the environment loads GDTR with base 0x500 and limit 0x1f.</param>
    /// <param name="kernel">The file. Nothing in it is trusted.</param>
    /// <param name="module">A module; empty for none.</param>
    /// <param name="commandLine">The command line without a final zero.</param>
    public static LoadStatus Load(GuestMemory memory, CpuState cpu, ReadOnlySpan<byte> kernel, ReadOnlySpan<byte> module,
        ReadOnlySpan<byte> commandLine)
    {
        if (!TryFindHeader(kernel, out int header))
            return LoadStatus.BadImage;
        uint flags = Read(kernel, header + 4);
        if ((flags & Mandatory & ~(PageAlign | MemoryInfo)) != 0)
            return LoadStatus.Unsupported;

        LoadStatus status = (flags & AddressFields) != 0
            ? LoadByAddresses(memory, kernel, header, out uint entry, out ulong end)
            : LoadElf(memory, kernel, out entry, out end);
        if (status != LoadStatus.Ok)
            return status;
        if (commandLine.Length > 4096)
            return LoadStatus.CommandLineTooLong;

        ulong place = (Math.Max(end, LowMemory.High) + PageSize - 1) & ~(PageSize - 1);
        bool written = module.Length == 0 || memory.Write(place, module);
        written &= memory.Write(LowMemory.CommandLine, commandLine)
            && memory.TryStore(LowMemory.CommandLine + (ulong)commandLine.Length, 1, 0)
            && WriteInformation(memory, place, module.Length)
            && LowMemory.EnterFlat(memory, cpu, is64Bit: false);
        cpu.Rip = entry;
        cpu.Gpr[0] = EntryMagic;
        cpu.Gpr[3] = LowMemory.BootParameters;
        return written ? LoadStatus.Ok : LoadStatus.NoMemory;
    }

    private static bool TryFindHeader(ReadOnlySpan<byte> kernel, out int header)
    {
        int last = Math.Min(kernel.Length, SearchLength) - 12;
        for (header = 0; header <= last; header += 4)
        {
            if (Read(kernel, header) == HeaderMagic && Read(kernel, header) + Read(kernel, header + 4) + Read(kernel, header + 8) == 0)
                return true;
        }

        return false;
    }

    private static LoadStatus LoadByAddresses(GuestMemory memory, ReadOnlySpan<byte> kernel, int header, out uint entry, out ulong end)
    {
        entry = 0;
        end = 0;
        if (kernel.Length - header < 32)
            return LoadStatus.BadImage;
        uint headerAddress = Read(kernel, header + 12);
        uint load = Read(kernel, header + 16);
        uint loadEnd = Read(kernel, header + 20);
        uint bssEnd = Read(kernel, header + 24);
        entry = Read(kernel, header + 28);
        long offset = header - ((long)headerAddress - load);
        if (load > headerAddress || offset < 0 || offset > kernel.Length)
            return LoadStatus.BadImage;
        long length = loadEnd == 0 ? kernel.Length - offset : (long)loadEnd - load;
        if (length < 0 || length > kernel.Length - offset)
            return LoadStatus.BadImage;
        end = Math.Max((ulong)load + (ulong)length, bssEnd);
        return Place(memory, kernel.Slice((int)offset, (int)length), load, end - load);
    }

    private static LoadStatus LoadElf(GuestMemory memory, ReadOnlySpan<byte> kernel, out uint entry, out ulong end)
    {
        const int HeaderSize = 52;
        const int SegmentSize = 32;
        entry = 0;
        end = 0;
        if (kernel.Length < HeaderSize || Read(kernel, 0) != ElfMagic || kernel[4] != 1 || Read16(kernel, 18) != MachineI386)
            return LoadStatus.BadImage;
        entry = Read(kernel, 24);
        uint table = Read(kernel, 28);
        int count = Read16(kernel, 44);
        if (Read16(kernel, 42) != SegmentSize || table > (uint)kernel.Length || kernel.Length - table < (long)count * SegmentSize)
            return LoadStatus.BadImage;
        for (int i = 0; i < count; i++)
        {
            int at = (int)table + (i * SegmentSize);
            uint offset = Read(kernel, at + 4);
            uint address = Read(kernel, at + 12);
            uint fileSize = Read(kernel, at + 16);
            uint memorySize = Read(kernel, at + 20);
            if (Read(kernel, at) != LoadSegment || memorySize == 0)
                continue;
            if (fileSize > memorySize || offset > (uint)kernel.Length || fileSize > (uint)kernel.Length - offset)
                return LoadStatus.BadImage;
            LoadStatus status = Place(memory, kernel.Slice((int)offset, (int)fileSize), address, memorySize);
            if (status != LoadStatus.Ok)
                return status;
            end = Math.Max(end, (ulong)address + memorySize);
        }

        return end == 0 ? LoadStatus.BadImage : LoadStatus.Ok;
    }

    private static LoadStatus Place(GuestMemory memory, ReadOnlySpan<byte> bytes, ulong address, ulong size)
    {
        bool low = address < LowMemory.High;
        if (low || size > int.MaxValue || !memory.TryGetSpan(address, (int)size, true, out Span<byte> target))
            return LoadStatus.NoMemory;
        bytes.CopyTo(target);
        target.Slice(bytes.Length).Clear();
        return LoadStatus.Ok;
    }

    private static bool WriteInformation(GuestMemory memory, ulong module, int moduleLength)
    {
        Span<byte> page = stackalloc byte[(int)PageSize];
        page.Clear();
        uint flags = InfoMemory | InfoCommandLine | InfoMap | (moduleLength > 0 ? InfoModules : 0);
        Put(page, 0, flags);
        Put(page, 4, (uint)(LowMemory.End / 1024));
        Put(page, 16, (uint)LowMemory.CommandLine);
        if (moduleLength > 0)
        {
            Put(page, 20, 1);
            Put(page, 24, (uint)LowMemory.BootParameters + ModuleOffset);
            Put(page, ModuleOffset, (uint)module);
            Put(page, ModuleOffset + 4, (uint)module + (uint)moduleLength);
        }

        int length = 0;
        for (int i = 0; i < memory.RangeCount; i++)
        {
            memory.GetRange(i, out ulong start, out ulong size, out bool readOnly);
            ulong end = start + size;
            if (start <= LowMemory.High && end > LowMemory.High)
                Put(page, 8, (uint)Math.Min((end - LowMemory.High) / 1024, uint.MaxValue));
            uint type = readOnly ? 2u : 1u;
            Entry(page, ref length, start, Math.Min(end, LowMemory.End), type);
            Entry(page, ref length, Math.Max(start, LowMemory.End), Math.Min(end, LowMemory.High), 2);
            Entry(page, ref length, Math.Max(start, LowMemory.High), end, type);
        }

        Put(page, 44, (uint)length);
        Put(page, 48, (uint)LowMemory.BootParameters + MapOffset);
        return memory.Write(LowMemory.BootParameters, page);
    }

    private static void Entry(Span<byte> page, ref int length, ulong start, ulong end, uint type)
    {
        if (start >= end || MapOffset + length + MapEntrySize > ModuleOffset)
            return;
        Span<byte> entry = page.Slice(MapOffset + length, MapEntrySize);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, MapEntrySize - 4);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.Slice(4), start);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.Slice(12), end - start);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.Slice(20), type);
        length += MapEntrySize;
    }

    private static ushort Read16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.Slice(offset));

    private static uint Read(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(offset));

    private static void Put(Span<byte> bytes, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.Slice(offset), value);
}
