// Registers and structures in memory of an AHCI controller (Serial ATA AHCI 1.3.1, sections 3 and 4), by their names there.
namespace Kilonova.Vmm.Models;

/// <summary>Generic host control (section 3.1).</summary>
internal static class AhciHost
{
    public const int CAP = 0x00;
    public const int GHC = 0x04;
    public const int IS = 0x08;
    public const int PI = 0x0c;
    public const int VS = 0x10;

    public const uint CAP_NCS_32 = 31u << 8;
    public const uint CAP_SAM = 1u << 18;
    public const uint CAP_ISS_Gen2 = 2u << 20;
    public const uint CAP_SCLO = 1u << 24;
    public const uint CAP_SNCQ = 1u << 30;
    public const uint CAP_S64A = 1u << 31;

    public const uint GHC_HR = 1u << 0;
    public const uint GHC_IE = 1u << 1;
    public const uint GHC_AE = 1u << 31;

    public const uint Version_1_3 = 0x0001_0300;

    /// <summary>Where the ports' registers begin, and how far they are apart.</summary>
    public const int Ports = 0x100;
    public const int PortSize = 0x80;
}

/// <summary>Port registers (section 3.3).</summary>
internal static class AhciPortRegister
{
    public const int CLB = 0x00;
    public const int CLBU = 0x04;
    public const int FB = 0x08;
    public const int FBU = 0x0c;
    public const int IS = 0x10;
    public const int IE = 0x14;
    public const int CMD = 0x18;
    public const int TFD = 0x20;
    public const int SIG = 0x24;
    public const int SSTS = 0x28;
    public const int SCTL = 0x2c;
    public const int SERR = 0x30;
    public const int SACT = 0x34;
    public const int CI = 0x38;

    public const uint IS_DHRS = 1u << 0;
    public const uint IS_PSS = 1u << 1;
    public const uint IS_DSS = 1u << 2;
    public const uint IS_SDBS = 1u << 3;
    public const uint IS_PCS = 1u << 6;
    public const uint IS_PRCS = 1u << 22;
    public const uint IS_OFS = 1u << 24;
    public const uint IS_IFS = 1u << 27;
    public const uint IS_HBFS = 1u << 29;
    public const uint IS_TFES = 1u << 30;

    /// <summary>Bits of PxIE that exist.</summary>
    public const uint IE_All = 0xfdc0_00ff;

    /// <summary>Bits of PxIS that are cleared by writing ones; PCS and PRCS follow PxSERR.</summary>
    public const uint IS_Clearable = IE_All & ~(IS_PCS | IS_PRCS | (1u << 4));

    public const uint CMD_ST = 1u << 0;
    public const uint CMD_SUD = 1u << 1;
    public const uint CMD_POD = 1u << 2;
    public const uint CMD_CLO = 1u << 3;
    public const uint CMD_FRE = 1u << 4;
    public const int CMD_CCS_Shift = 8;
    public const uint CMD_FR = 1u << 14;
    public const uint CMD_CR = 1u << 15;
    public const uint CMD_ATAPI = 1u << 24;
    public const uint CMD_DLAE = 1u << 25;
    public const uint CMD_Writable = CMD_ST | CMD_FRE | CMD_ATAPI | CMD_DLAE;

    public const uint SCTL_DET = 0xf;
    public const uint SCTL_Writable = 0xfff;

    /// <summary>Device present, communication established, generation 2, active.</summary>
    public const uint SSTS_Present = 0x123;
    public const uint SSTS_Offline = 0x4;

    public const uint SERR_DIAG_N = 1u << 16;
    public const uint SERR_DIAG_X = 1u << 26;

    /// <summary>PxTFD before a device has sent its signature.</summary>
    public const uint TFD_None = 0x7f;
    public const uint SIG_None = 0xffff_ffff;
}

/// <summary>Structures in guest memory (section 4.2).</summary>
internal static class AhciMemory
{
    public const int CommandHeaderSize = 32;
    public const int CommandTransferred = 4;
    public const int PacketOffset = 0x40;
    public const int PacketSize = 16;
    public const int PrdOffset = 0x80;
    public const int PrdSize = 16;
    public const uint PrdCountMask = 0x3f_ffff;

    public const uint HeaderAtapi = 1u << 5;
    public const uint HeaderWrite = 1u << 6;
    public const uint HeaderReset = 1u << 8;
    public const uint HeaderClearBusy = 1u << 10;

    public const int PioSetupOffset = 0x20;
    public const int RegisterOffset = 0x40;
    public const int DeviceBitsOffset = 0x58;
}

/// <summary>Frame information structures (Serial ATA 3.0, section 10.3).</summary>
internal static class Fis
{
    public const byte RegisterHostToDevice = 0x27;
    public const byte RegisterDeviceToHost = 0x34;
    public const byte SetDeviceBits = 0xa1;
    public const byte PioSetup = 0x5f;

    public const int HostToDeviceSize = 20;
    public const int DeviceToHostSize = 20;
    public const int PioSetupSize = 20;
    public const int SetDeviceBitsSize = 8;

    public const byte IsCommand = 0x80;
    public const byte Interrupt = 0x40;
    public const byte DeviceToHostDirection = 0x20;
    public const byte ControlSoftReset = 4;
}
