using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

namespace Kilonova.Elf;

/// <summary>
/// A linked 64-bit little-endian ELF file as the host tools see it: segments, sections and symbols (System V ABI, chapters 4 and 5).
/// </summary>
public sealed class ElfFile
{
    private readonly byte[] _bytes;

    private ElfFile(byte[] bytes)
    {
        _bytes = bytes;
        var header = Read<Header>(0);
        if (header.Magic != 0x464C457F || header.Class != 2 || header.Encoding != 1)
        {
            throw new InvalidDataException("not a 64-bit little-endian ELF file");
        }
        Entry = header.Entry;
        Segments = ReadSegments(header);
        Sections = ReadSections(header);
        Symbols = ReadSymbols();
    }

    /// <summary>Virtual address of the first instruction, as the header says.</summary>
    public ulong Entry { get; }

    /// <summary>The program headers, in file order.</summary>
    public IReadOnlyList<ElfSegment> Segments { get; }

    /// <summary>The section headers, in file order; number 0 is the null section.</summary>
    public IReadOnlyList<ElfSection> Sections { get; }

    /// <summary>The static symbol table (.symtab), in file order; empty when the file is stripped.</summary>
    public IReadOnlyList<ElfSymbol> Symbols { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is not an ELF file, or one of its tables reaches outside of it.</exception>
    public static ElfFile Load(string path) => Parse(File.ReadAllBytes(path));

    /// <summary>Reads a file image; the array must not change afterwards.</summary>
    /// <exception cref="InvalidDataException">It is not an ELF file, or one of its tables reaches outside of it.</exception>
    public static ElfFile Parse(byte[] bytes) => new(bytes);

    /// <summary>The bytes of a section as they stand in the file; empty for sections without (.bss).</summary>
    public ReadOnlySpan<byte> Contents(ElfSection section) =>
        section.Type == ElfSection.TypeNoBits ? default : Slice(section.Offset, section.Size);

    private ElfSegment[] ReadSegments(in Header header)
    {
        var segments = new ElfSegment[header.SegmentCount];
        for (var i = 0; i < segments.Length; i++)
        {
            var raw = Read<RawSegment>(header.SegmentTable + (ulong)i * header.SegmentEntrySize);
            segments[i] = new ElfSegment(raw.Type, raw.Flags, raw.Address, raw.FileSize, raw.MemorySize);
        }
        return segments;
    }

    private ElfSection[] ReadSections(in Header header)
    {
        var raw = new RawSection[header.SectionCount];
        for (var i = 0; i < raw.Length; i++)
        {
            raw[i] = Read<RawSection>(header.SectionTable + (ulong)i * header.SectionEntrySize);
        }
        var sections = new ElfSection[raw.Length];
        for (var i = 0; i < raw.Length; i++)
        {
            var name = Text(raw[header.SectionNames].Offset, raw[i].Name);
            sections[i] = new ElfSection(i, name, raw[i].Type, raw[i].Flags, raw[i].Address, raw[i].Offset, raw[i].Size, raw[i].Link);
        }
        return sections;
    }

    private List<ElfSymbol> ReadSymbols()
    {
        const uint TypeSymbolTable = 2;
        var symbols = new List<ElfSymbol>();
        foreach (var section in Sections)
        {
            if (section.Type != TypeSymbolTable)
            {
                continue;
            }
            var names = Sections[(int)section.Link];
            var raw = MemoryMarshal.Cast<byte, RawSymbol>(Slice(section.Offset, section.Size));
            foreach (var symbol in raw[1..])
            {
                symbols.Add(new ElfSymbol(Text(names.Offset, symbol.Name), symbol.Value, symbol.Size, symbol.Info, symbol.Section));
            }
        }
        return symbols;
    }

    private T Read<T>(ulong offset) where T : struct => MemoryMarshal.Read<T>(Slice(offset, (ulong)Marshal.SizeOf<T>()));

    private ReadOnlySpan<byte> Slice(ulong offset, ulong size) =>
        offset <= (ulong)_bytes.Length && size <= (ulong)_bytes.Length - offset
            ? _bytes.AsSpan((int)offset, (int)size)
            : throw new InvalidDataException($"a table at 0x{offset:x}, 0x{size:x} bytes, reaches outside the file");

    private string Text(ulong table, uint offset)
    {
        var text = Slice(table + offset, (ulong)_bytes.Length - Math.Min((ulong)_bytes.Length, table + offset));
        var end = text.IndexOf((byte)0);
        return end >= 0 ? Encoding.UTF8.GetString(text[..end]) : throw new InvalidDataException("a name does not end");
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Header
    {
        public uint Magic;
        public byte Class;
        public byte Encoding;
        public ushort Version;
        public ulong Padding;
        public ushort Type;
        public ushort Machine;
        public uint FileVersion;
        public ulong Entry;
        public ulong SegmentTable;
        public ulong SectionTable;
        public uint Flags;
        public ushort HeaderSize;
        public ushort SegmentEntrySize;
        public ushort SegmentCount;
        public ushort SectionEntrySize;
        public ushort SectionCount;
        public ushort SectionNames;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct RawSegment
    {
        public uint Type;
        public uint Flags;
        public ulong Offset;
        public ulong Address;
        public ulong PhysicalAddress;
        public ulong FileSize;
        public ulong MemorySize;
        public ulong Alignment;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct RawSection
    {
        public uint Name;
        public uint Type;
        public ulong Flags;
        public ulong Address;
        public ulong Offset;
        public ulong Size;
        public uint Link;
        public uint Info;
        public ulong Alignment;
        public ulong EntrySize;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct RawSymbol
    {
        public uint Name;
        public byte Info;
        public byte Other;
        public ushort Section;
        public ulong Value;
        public ulong Size;
    }
}
