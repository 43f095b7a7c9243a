// The registers of an ATA device as frames carry them (Serial ATA 3.0, section 10.3).
using System;

namespace Kilonova.Vmm.Models;

/// <summary>What a command names and what its answer returns. Held by a command slot; the device changes it into the answer.</summary>
internal struct AtaTaskFile
{
    /// <summary>Bit of <see cref="Device"/>: the address is a logical block, not cylinder, head and sector.</summary>
    public const byte LogicalBlock = 1 << 6;

    /// <summary>Bit of <see cref="Device"/> in queued writes: force unit access.</summary>
    public const byte ForceUnitAccess = 1 << 7;

    public byte Command;
    public byte Device;
    public byte Control;
    public ushort Features;
    public ushort Count;

    /// <summary>48 bits.</summary>
    public ulong Lba;

    /// <summary>Reads a register frame from the host.</summary>
    public void Load(ReadOnlySpan<byte> fis)
    {
        Command = fis[2];
        Device = fis[7];
        Control = fis[15];
        Features = (ushort)(fis[3] | (fis[11] << 8));
        Count = (ushort)(fis[12] | (fis[13] << 8));
        Lba = fis[4] | ((ulong)fis[5] << 8) | ((ulong)fis[6] << 16) | ((ulong)fis[8] << 24) | ((ulong)fis[9] << 32) | ((ulong)fis[10] << 40);
    }

    /// <summary>Fills the part that register and PIO setup frames to the host share: bytes 2 to 13.</summary>
    public readonly void Store(Span<byte> fis, byte status, byte error)
    {
        fis[2] = status;
        fis[3] = error;
        fis[7] = Device;
        for (int i = 0; i < 3; i++)
        {
            fis[4 + i] = (byte)(Lba >> (8 * i));
            fis[8 + i] = (byte)(Lba >> (24 + (8 * i)));
        }

        fis[12] = (byte)Count;
        fis[13] = (byte)(Count >> 8);
    }
}
