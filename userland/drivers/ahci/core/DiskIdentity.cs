using System;

namespace Kilonova.Ahci;

/// <summary>
/// What a device says of itself in 256 words of 16 bits. ACS-3, section 7.12.7 (IDENTIFY DEVICE) and 7.13.6 (IDENTIFY PACKET DEVICE). All
/// of it is the device's claim; sizes that make no sense are corrected to what is safe.
/// </summary>
public sealed class DiskIdentity
{
    /// <summary>Bytes of identification data.</summary>
    public const int Length = 512;

    /// <summary>Most blocks that 48-bit addresses reach.</summary>
    public const ulong MaxSectors = 1ul << 48;

    private const int SerialWord = 10;
    private const int SerialLength = 20;
    private const int FirmwareWord = 23;
    private const int FirmwareLength = 8;
    private const int ModelWord = 27;
    private const int ModelLength = 40;
    private const uint MinSectorSize = 512;
    private const uint MaxSectorSize = 4096;
    private const uint CdSectorSize = 2048;

    private readonly byte[] _serial = new byte[SerialLength];
    private readonly byte[] _firmware = new byte[FirmwareLength];
    private readonly byte[] _model = new byte[ModelLength];
    private int _serialLength;
    private int _firmwareLength;
    private int _modelLength;

    /// <summary>Model, ASCII without padding.</summary>
    public ReadOnlySpan<byte> Model => _model.AsSpan(0, _modelLength);

    /// <summary>Serial number, ASCII without padding.</summary>
    public ReadOnlySpan<byte> Serial => _serial.AsSpan(0, _serialLength);

    /// <summary>Firmware revision, ASCII without padding.</summary>
    public ReadOnlySpan<byte> Firmware => _firmware.AsSpan(0, _firmwareLength);

    /// <summary>A packet device: a CD drive.</summary>
    public bool IsPacket { get; private set; }

    /// <summary>Number of blocks; of a packet device those of its medium, 0 without one.</summary>
    public ulong Sectors { get; internal set; }

    /// <summary>Bytes of a block: 512 to 4096, a power of two.</summary>
    public uint SectorSize { get; internal set; }

    /// <summary>Addresses have 48 bits rather than 28.</summary>
    public bool Has48 { get; private set; }

    /// <summary>Most queued commands, 1 to 32; 0 where the device has no queue.</summary>
    public uint QueueDepth { get; private set; }

    /// <summary>Writes may stay in a cache until they are flushed.</summary>
    public bool HasWriteCache { get; private set; }

    /// <summary>A write that goes past the cache exists also where it is not queued.</summary>
    public bool HasForcedUnitAccess { get; private set; }

    /// <summary>Blocks can be given back.</summary>
    public bool HasTrim { get; private set; }

    /// <summary>Takes identification data in.</summary>
    /// <returns>Whether it describes a device that can be used.</returns>
    public bool TryRead(ReadOnlySpan<byte> data, bool isPacket)
    {
        _modelLength = Text(data, ModelWord, _model);
        _serialLength = Text(data, SerialWord, _serial);
        _firmwareLength = Text(data, FirmwareWord, _firmware);
        IsPacket = isPacket;
        QueueDepth = 0;
        HasWriteCache = HasForcedUnitAccess = HasTrim = Has48 = false;
        if (isPacket)
        {
            Sectors = 0;
            SectorSize = CdSectorSize;
            return (Word(data, 0) >> 14) == 2;
        }

        var supported = IsValid(Word(data, 83)) ? Word(data, 83) : (ushort)0;
        Has48 = (supported & 1 << 10) != 0;
        HasForcedUnitAccess = Has48 && IsValid(Word(data, 84)) && (Word(data, 84) & 1 << 6) != 0;
        HasWriteCache = (Word(data, 82) & 1 << 5) != 0 && (Word(data, 85) & 1 << 5) != 0;
        HasTrim = Has48 && (Word(data, 169) & 1) != 0;
        if (Has48 && Word(data, 76) != ushort.MaxValue && (Word(data, 76) & 1 << 8) != 0)
            QueueDepth = (Word(data, 75) & 31u) + 1;

        Sectors = Word(data, 60) | (ulong)Word(data, 61) << 16;
        if (Has48)
            Sectors = Word(data, 100) | (ulong)Word(data, 101) << 16 | (ulong)Word(data, 102) << 32 | (ulong)Word(data, 103) << 48;

        SectorSize = MinSectorSize;
        if (IsValid(Word(data, 106)) && (Word(data, 106) & 1 << 12) != 0)
            SectorSize = (Word(data, 117) | (uint)Word(data, 118) << 16) * 2;

        var sound = SectorSize is >= MinSectorSize and <= MaxSectorSize && (SectorSize & (SectorSize - 1)) == 0;
        return sound && Sectors is > 0 and <= MaxSectors && (Word(data, 0) & 1 << 15) == 0;
    }

    /// <summary>Whether this is the same device as another, with the same medium: nobody exchanged it.</summary>
    public bool IsSame(DiskIdentity other) =>
        IsPacket == other.IsPacket && Sectors == other.Sectors && SectorSize == other.SectorSize
        && Model.SequenceEqual(other.Model) && Serial.SequenceEqual(other.Serial);

    // Words 83, 84 and 106 say in bits 15-14 whether they mean anything.
    private static bool IsValid(ushort word) => word >> 14 == 1;

    private static ushort Word(ReadOnlySpan<byte> data, int index) => (ushort)(data[2 * index] | data[2 * index + 1] << 8);

    // Two characters a word, the first in the upper half; what is no printable ASCII becomes '?'.
    private static int Text(ReadOnlySpan<byte> data, int word, byte[] text)
    {
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var character = data[2 * word + (i ^ 1)];
            text[i] = character is >= 0x20 and < 0x7f ? character : (byte)'?';
            if (character is not ((byte)' ' or 0))
                length = i + 1;
        }

        var blanks = 0;
        while (blanks < length && text[blanks] == (byte)' ')
            blanks++;

        text.AsSpan(blanks, length - blanks).CopyTo(text);
        return length - blanks;
    }
}
