// Starts a PC at its firmware, as RESET does.
using System;
using Kilonova.Vmm.Processor;

namespace Kilonova.Vmm.Boot;

/// <summary>Puts firmware below 1 MiB, into memory that it may write, and sets the bootstrap processor to its first instruction.</summary>
public static class FirmwareLoader
{
    /// <summary>Most bytes of firmware.</summary>
    public const int MaximumLength = 128 << 10;

    private const ulong End = 0x10_0000;
    private const int PageSize = 0x1000;
    private const ulong SegmentBase = 0xf_0000;

    /// <summary>Loads firmware.</summary>
    /// <param name="memory">Guest memory.</param>
    /// <param name="cpu">The bootstrap processor; the environment loads GDTR with base 0 and limit 0xffff.</param>
    /// <param name="firmware">The file: whole pages, at most <see cref="MaximumLength"/>, the reset vector 16 bytes before its end.</param>
    public static LoadStatus Load(GuestMemory memory, CpuState cpu, ReadOnlySpan<byte> firmware)
    {
        if (firmware.Length is 0 or > MaximumLength || firmware.Length % PageSize != 0)
            return LoadStatus.BadImage;
        if (!memory.Write(End - (ulong)firmware.Length, firmware))
            return LoadStatus.NoMemory;
        cpu.Reset();

        // The copy below 4 GiB, at which a processor begins, is left out: the same instructions stand here.
        cpu.Segments[(int)SegmentRegister.Cs].Base = SegmentBase;
        return LoadStatus.Ok;
    }
}
