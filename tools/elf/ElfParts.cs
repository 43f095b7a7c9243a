namespace Kilonova.Elf;

/// <summary>A program header: one range of memory and how it may be used.</summary>
public sealed record ElfSegment(uint Type, uint Flags, ulong Address, ulong FileSize, ulong MemorySize)
{
    /// <summary>PT_LOAD: the range is loaded.</summary>
    public bool IsLoaded => Type == 1;

    /// <summary>PF_X.</summary>
    public bool IsExecutable => (Flags & 1) != 0;

    /// <summary>PF_W.</summary>
    public bool IsWritable => (Flags & 2) != 0;
}

/// <summary>A section header. Offset and Size are bytes of the file, Link is the section that holds the names of a symbol table.</summary>
public sealed record ElfSection(int Index, string Name, uint Type, ulong Flags, ulong Address, ulong Offset, ulong Size, uint Link)
{
    /// <summary>SHT_NOBITS: takes memory but no bytes of the file.</summary>
    public const uint TypeNoBits = 8;

    /// <summary>SHF_ALLOC: the section is there when the program runs.</summary>
    public bool IsLoaded => (Flags & 2) != 0;

    /// <summary>SHF_EXECINSTR.</summary>
    public bool IsExecutable => (Flags & 4) != 0;
}

/// <summary>A symbol. Info holds binding and type, Section the number of the section that it lies in.</summary>
public sealed record ElfSymbol(string Name, ulong Address, ulong Size, byte Info, ushort Section)
{
    /// <summary>SHN_UNDEF.</summary>
    public bool IsUndefined => Section == 0;

    /// <summary>STB_WEAK: may stay undefined for a linker, but not in an image.</summary>
    public bool IsWeak => Info >> 4 == 2;

    /// <summary>STT_FUNC.</summary>
    public bool IsFunction => (Info & 0xF) == 2;

    /// <summary>STT_NOTYPE: what an assembler label is unless it says more.</summary>
    public bool IsLabel => (Info & 0xF) == 0;
}
