namespace Kilonova.Ahci;

/// <summary>Commands of ATA/ATAPI Command Set 3 (ACS-3), section 7, that the driver sends.</summary>
internal static class AtaCommand
{
    internal const byte DataSetManagement = 0x06;
    internal const byte ReadDmaExt = 0x25;
    internal const byte WriteDmaExt = 0x35;
    internal const byte WriteDmaFuaExt = 0x3d;
    internal const byte ReadFpdmaQueued = 0x60;
    internal const byte WriteFpdmaQueued = 0x61;
    internal const byte Packet = 0xa0;
    internal const byte IdentifyPacketDevice = 0xa1;
    internal const byte ReadDma = 0xc8;
    internal const byte WriteDma = 0xca;
    internal const byte FlushCache = 0xe7;
    internal const byte FlushCacheExt = 0xea;
    internal const byte IdentifyDevice = 0xec;

    /// <summary>DATA SET MANAGEMENT feature: trim.</summary>
    internal const byte FeatureTrim = 1;

    /// <summary>PACKET feature: the data goes by DMA.</summary>
    internal const byte FeatureDma = 1;

    /// <summary>Device register: the address is one of blocks.</summary>
    internal const byte DeviceLba = 1 << 6;

    /// <summary>Device register of queued commands: forced unit access.</summary>
    internal const byte DeviceFua = 1 << 7;
}

/// <summary>Packet commands: SCSI Primary and Multi-Media Commands.</summary>
internal static class PacketCommand
{
    internal const byte ReadCapacity = 0x25;
    internal const byte Read12 = 0xa8;

    internal const int Length = 12;
    internal const int CapacityLength = 8;

    /// <summary>Sense key: the device was reset, or the medium may have changed; the next command will do.</summary>
    internal const uint UnitAttention = 6;

    /// <summary>Where the task file register has the sense key: bits 7-4 of the error register.</summary>
    internal const int SenseKeyShift = 12;
    internal const uint SenseKeyMask = 0xf;
}

/// <summary>A command of the host to the device: the register FIS of Serial ATA 3.2, section 10.5.5.</summary>
/// <param name="Command">Command register.</param>
/// <param name="Features">Features register, both bytes.</param>
/// <param name="Sector">Address of the first block, 48 bits.</param>
/// <param name="Count">Count register, both bytes.</param>
/// <param name="Device">Device register.</param>
internal readonly record struct RegisterFis(byte Command, ushort Features, ulong Sector, ushort Count, byte Device)
{
    internal const uint Dwords = 5;

    private const ulong HostToDevice = 0x27;
    private const ulong IsCommand = 1 << 15;

    /// <summary>Bytes 0 to 7.</summary>
    internal ulong Low =>
        HostToDevice | IsCommand | (ulong)Command << 16 | (ulong)(byte)Features << 24 | (Sector & 0xff_ffff) << 32 | (ulong)Device << 56;

    /// <summary>Bytes 8 to 15.</summary>
    internal ulong Middle => (Sector >> 24 & 0xff_ffff) | (ulong)(Features >> 8) << 24 | (ulong)Count << 32;
}
