// Commands and sense data of a CD drive (SCSI Primary Commands 3, T10/1416-D; Multi-Media Commands 5, T10/1675-D), by their names there.
namespace Kilonova.Vmm.Models;

/// <summary>Operation codes.</summary>
internal static class ScsiCommand
{
    public const byte TEST_UNIT_READY = 0x00;
    public const byte REQUEST_SENSE = 0x03;
    public const byte INQUIRY = 0x12;
    public const byte START_STOP_UNIT = 0x1b;
    public const byte PREVENT_ALLOW_MEDIUM_REMOVAL = 0x1e;
    public const byte READ_CAPACITY = 0x25;
    public const byte READ_10 = 0x28;
    public const byte SEEK_10 = 0x2b;
    public const byte READ_TOC = 0x43;
    public const byte GET_CONFIGURATION = 0x46;
    public const byte GET_EVENT_STATUS_NOTIFICATION = 0x4a;
    public const byte READ_DISC_INFORMATION = 0x51;
    public const byte MODE_SENSE_10 = 0x5a;
    public const byte READ_12 = 0xa8;
    public const byte SET_CD_SPEED = 0xbb;
    public const byte MECHANISM_STATUS = 0xbd;
    public const byte READ_CD = 0xbe;
}

/// <summary>Sense key in bits 23-16, additional sense code in bits 15-8, qualifier in bits 7-0.</summary>
internal enum ScsiSense : uint
{
    None = 0,
    MediumNotPresent = 0x02_3a00,
    MediumError = 0x03_1100,
    InvalidCommand = 0x05_2000,
    BlockOutOfRange = 0x05_2100,
    InvalidField = 0x05_2400,
    RemovalPrevented = 0x05_5302,
    PowerOnOrReset = 0x06_2900,
    MediumMayHaveChanged = 0x06_2800,
}
