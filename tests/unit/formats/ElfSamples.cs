using System.Collections.Generic;

namespace Kilonova.Formats.Tests;

/// <summary>Builds ELF executables of given segments.</summary>
public sealed class ElfSamples
{
    public const ulong Base = 0x1000_0000;
    public const uint ReadExecute = 5;
    public const uint ReadWrite = 6;

    private readonly List<(uint Type, uint Flags, ulong Offset, ulong Address, ulong FileSize, ulong Size)> _segments = [];
    private ulong _entry = Base + 0x120;

    public static byte[] Root() => new ElfSamples()
        .Load(ReadExecute, 0, Base, 0xa75)
        .Load(ReadWrite, 0x1000, Base + 0x1000, 0xf04)
        .Build(0x2000);

    public ElfSamples Load(uint flags, ulong offset, ulong address, ulong fileSize, ulong? size = null)
    {
        _segments.Add((1, flags, offset, address, fileSize, size ?? fileSize));
        return this;
    }

    public ElfSamples Other(uint type)
    {
        _segments.Add((type, 0, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue));
        return this;
    }

    public ElfSamples Entry(ulong address)
    {
        _entry = address;
        return this;
    }

    public byte[] Build(int length)
    {
        Bytes file = Bytes.New.U8(0x7f).Text("ELF").U8(2, 1, 1).To(16).U16(2).U16(62).U32(1).U64(_entry).U64(64).U64(0).U32(0)
            .U16(64).U16(56).U16(_segments.Count).U16(0).U16(0).U16(0);
        foreach ((uint type, uint flags, ulong offset, ulong address, ulong fileSize, ulong size) in _segments)
            file.U32(type).U32(flags).U64(offset).U64(address).U64(address).U64(fileSize).U64(size).U64(0x1000);

        return file.Count < length ? file.To(length).Array() : file.Array();
    }
}
