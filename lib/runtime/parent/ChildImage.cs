using System;
using System.Buffers.Binary;
using Kilonova.Abi;
using Kilonova.Formats.Elf;

namespace Kilonova.Runtime;

/// <summary>
/// A component's image as it lies in a boot module: an ET_EXEC whose segments begin at the same place in their page in file and memory, so
/// that what is not written is mapped from the module itself.
/// </summary>
public readonly ref struct ChildImage
{
    private const uint UnwindTableType = 0x6474_e550; // PT_GNU_EH_FRAME

    private readonly ReadOnlySpan<byte> _module;

    private ChildImage(ReadOnlySpan<byte> module) => _module = module;

    /// <summary>Address of the first instruction.</summary>
    public ulong Entry => Elf64.Entry(_module);

    /// <summary>Number of program headers.</summary>
    public uint Count => Elf64.ProgramHeaderCount(_module);

    /// <summary>Checks a module.</summary>
    /// <param name="module">Its bytes.</param>
    /// <param name="image">The image.</param>
    /// <returns>False when it cannot be started as a component.</returns>
    public static bool TryRead(ReadOnlySpan<byte> module, out ChildImage image)
    {
        image = new ChildImage(module);
        if (Elf64.Check(module) != ElfStatus.Ok || !MachinePages.IsAligned(module))
            return false;

        for (var i = 0u; i < image.Count; i++)
        {
            var header = Elf64.ProgramHeader(module, i);
            if (!Segment.IsLoad(header))
                continue;

            const uint WriteExecute = SegmentFlags.Write | SegmentFlags.Execute;
            var address = Segment.VirtualAddress(header);
            var size = Segment.MemorySize(header);
            var isWritable = (Segment.Flags(header) & SegmentFlags.Write) != 0;
            if (address < ComponentLayout.Image || size > MaxSize || address > ComponentLayout.Image + MaxSize
                || (Segment.Flags(header) & WriteExecute) == WriteExecute
                || ((Segment.FileOffset(header) ^ address) & (MachinePages.Size - 1)) != 0
                || (!isWritable && Segment.FileSize(header) != size))
                return false;
        }

        return true;
    }

    /// <summary>A segment by the number of its program header.</summary>
    /// <param name="index">The number.</param>
    /// <param name="page">First page number in the component.</param>
    /// <param name="pages">Number of pages.</param>
    /// <param name="permissions">Permissions.</param>
    /// <param name="physical">For a segment that is not written, the physical page of the module that holds its first page.</param>
    /// <param name="contents">The bytes of the file; they begin <paramref name="offset"/> bytes into the first page.</param>
    /// <param name="offset">See there.</param>
    /// <returns>False when there is nothing to map.</returns>
    public bool TryGetSegment(
        uint index, out ulong page, out ulong pages, out MemoryPermissions permissions, out ulong physical,
        out ReadOnlySpan<byte> contents, out int offset)
    {
        var header = Elf64.ProgramHeader(_module, index);
        var address = Segment.VirtualAddress(header);
        var flags = Segment.Flags(header);
        page = address >> MachinePages.Shift;
        pages = ((address + Segment.MemorySize(header) + MachinePages.Size - 1) >> MachinePages.Shift) - page;
        permissions = MemoryPermissions.R
            | ((flags & SegmentFlags.Write) != 0 ? MemoryPermissions.W : 0) | ((flags & SegmentFlags.Execute) != 0 ? MemoryPermissions.XU : 0);
        physical = MachinePages.PageOf(_module) + (Segment.FileOffset(header) >> MachinePages.Shift);
        contents = _module.Slice((int)Segment.FileOffset(header), (int)Segment.FileSize(header));
        offset = (int)(address & (MachinePages.Size - 1));
        return Segment.IsLoad(header) && pages != 0;
    }

    /// <summary>The tables by which the component's stacks are walked; tables of nothing when the image has none.</summary>
    /// <param name="stackDelta">What is added to an address of the component's stack to get the root task's.</param>
    public unsafe UnwindTable UnwindTable(ulong stackDelta)
    {
        for (var i = 0u; i < Count; i++)
        {
            var header = Elf64.ProgramHeader(_module, i);
            var start = Segment.FileOffset(header);
            var size = Segment.FileSize(header);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != UnwindTableType || start > (ulong)_module.Length || size > (ulong)_module.Length - start)
                continue;

            fixed (byte* module = _module)
            {
                var delta = (ulong)(module + start) - Segment.VirtualAddress(header);
                return new UnwindTable(module + start, module + start + size, delta, stackDelta);
            }
        }

        return default;
    }

    private const ulong MaxSize = 0x1000_0000;
}
