// Commands, status and error bits of ATA devices (ATA8-ACS, T13/1699-D), by their names there.
namespace Kilonova.Vmm.Models;

/// <summary>Command codes (chapter 7).</summary>
internal static class AtaCommand
{
    public const byte NOP = 0x00;
    public const byte DATA_SET_MANAGEMENT = 0x06;
    public const byte DEVICE_RESET = 0x08;
    public const byte RECALIBRATE = 0x10;
    public const byte READ_SECTORS = 0x20;
    public const byte READ_SECTORS_EXT = 0x24;
    public const byte READ_DMA_EXT = 0x25;
    public const byte READ_NATIVE_MAX_EXT = 0x27;
    public const byte READ_MULTIPLE_EXT = 0x29;
    public const byte READ_LOG_EXT = 0x2f;
    public const byte WRITE_SECTORS = 0x30;
    public const byte WRITE_SECTORS_EXT = 0x34;
    public const byte WRITE_DMA_EXT = 0x35;
    public const byte WRITE_MULTIPLE_EXT = 0x39;
    public const byte WRITE_DMA_FUA_EXT = 0x3d;
    public const byte READ_VERIFY = 0x40;
    public const byte READ_VERIFY_EXT = 0x42;
    public const byte READ_LOG_DMA_EXT = 0x47;
    public const byte READ_FPDMA_QUEUED = 0x60;
    public const byte WRITE_FPDMA_QUEUED = 0x61;
    public const byte SEEK = 0x70;
    public const byte EXECUTE_DEVICE_DIAGNOSTIC = 0x90;
    public const byte INITIALIZE_DEVICE_PARAMETERS = 0x91;
    public const byte PACKET = 0xa0;
    public const byte IDENTIFY_PACKET_DEVICE = 0xa1;
    public const byte SMART = 0xb0;
    public const byte READ_MULTIPLE = 0xc4;
    public const byte WRITE_MULTIPLE = 0xc5;
    public const byte SET_MULTIPLE_MODE = 0xc6;
    public const byte READ_DMA = 0xc8;
    public const byte WRITE_DMA = 0xca;
    public const byte WRITE_MULTIPLE_FUA_EXT = 0xce;
    public const byte STANDBY_IMMEDIATE = 0xe0;
    public const byte IDLE_IMMEDIATE = 0xe1;
    public const byte STANDBY = 0xe2;
    public const byte IDLE = 0xe3;
    public const byte CHECK_POWER_MODE = 0xe5;
    public const byte SLEEP = 0xe6;
    public const byte FLUSH_CACHE = 0xe7;
    public const byte FLUSH_CACHE_EXT = 0xea;
    public const byte IDENTIFY_DEVICE = 0xec;
    public const byte SET_FEATURES = 0xef;
    public const byte READ_NATIVE_MAX = 0xf8;
}

/// <summary>Status register (section 6.2).</summary>
internal static class AtaStatus
{
    public const byte ERR = 1 << 0;
    public const byte DRQ = 1 << 3;
    public const byte SERV = 1 << 4;
    public const byte DRDY = 1 << 6;
    public const byte BSY = 1 << 7;

    /// <summary>Idle and without error.</summary>
    public const byte Good = DRDY | SERV;
}

/// <summary>Error register (section 6.3).</summary>
internal static class AtaError
{
    public const byte ABRT = 1 << 2;
    public const byte IDNF = 1 << 4;
    public const byte UNC = 1 << 6;
}

/// <summary>SET FEATURES subcommands (section 7.45).</summary>
internal static class AtaFeature
{
    public const byte EnableWriteCache = 0x02;
    public const byte SetTransferMode = 0x03;
    public const byte DisableReadLookAhead = 0x55;
    public const byte DisableRevertToDefaults = 0x66;
    public const byte DisableWriteCache = 0x82;
    public const byte EnableReadLookAhead = 0xaa;
    public const byte EnableRevertToDefaults = 0xcc;
}
