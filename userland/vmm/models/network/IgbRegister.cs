// Registers of the Intel 82576 Gigabit Ethernet controller (data sheet, chapter 8), by their names there.
namespace Kilonova.Vmm.Models;

/// <summary>Offsets into base address 0.</summary>
internal static class IgbRegister
{
    public const int CTRL = 0x0000;
    public const int STATUS = 0x0008;
    public const int EEC = 0x0010;
    public const int EERD = 0x0014;
    public const int CTRL_EXT = 0x0018;
    public const int MDIC = 0x0020;
    public const int FCAL = 0x0028;
    public const int FCAH = 0x002c;
    public const int FCT = 0x0030;
    public const int VET = 0x0038;
    public const int RCTL = 0x0100;
    public const int FCTTV = 0x0170;
    public const int TCTL = 0x0400;
    public const int TCTL_EXT = 0x0404;
    public const int TIPG = 0x0410;
    public const int LEDCTL = 0x0e00;
    public const int EEMNGCTL = 0x1010;
    public const int ICR = 0x1500;
    public const int ICS = 0x1504;
    public const int IMS = 0x1508;
    public const int IMC = 0x150c;
    public const int IAM = 0x1510;
    public const int GPIE = 0x1514;
    public const int EICS = 0x1520;
    public const int EIMS = 0x1524;
    public const int EIMC = 0x1528;
    public const int EIAC = 0x152c;
    public const int EIAM = 0x1530;
    public const int EICR = 0x1580;
    public const int EITR = 0x1680;
    public const int IVAR = 0x1700;
    public const int IVAR_MISC = 0x1740;
    public const int RXPBS = 0x2404;
    public const int TXPBS = 0x3404;
    public const int DTXCTL = 0x3590;
    public const int FirstStatistic = 0x4000;
    public const int LastStatistic = 0x4124;
    public const int RXCSUM = 0x5000;
    public const int RLPML = 0x5004;
    public const int RFCTL = 0x5008;
    public const int MTA = 0x5200;
    public const int RA = 0x5400;
    public const int RA2 = 0x54e0;
    public const int VFTA = 0x5600;
    public const int WUC = 0x5800;
    public const int WUFC = 0x5808;
    public const int MRQC = 0x5818;
    public const int MANC = 0x5820;
    public const int SWSM = 0x5b50;
    public const int FWSM = 0x5b54;
    public const int SW_FW_SYNC = 0x5b5c;
    public const int RETA = 0x5c00;
    public const int RSSRK = 0x5c80;
    public const int SYSTIML = 0xb600;
    public const int SYSTIMH = 0xb604;

    public const int ReceiveQueues = 0xc000;
    public const int TransmitQueues = 0xe000;
    public const int QueueSize = 0x40;
    public const int OldReceiveQueues = 0x2800;
    public const int OldTransmitQueues = 0x3800;
    public const int OldQueueSize = 0x100;

    // Inside a queue's block.
    public const int DBAL = 0x00;
    public const int DBAH = 0x04;
    public const int DLEN = 0x08;
    public const int SRRCTL = 0x0c;
    public const int DH = 0x10;
    public const int DT = 0x18;
    public const int DCTL = 0x28;
    public const int RQDPC = 0x30;
    public const int TDWBAL = 0x38;
    public const int TDWBAH = 0x3c;
}

/// <summary>Bits of the registers.</summary>
internal static class IgbBits
{
    public const uint CTRL_FD = 1u << 0;
    public const uint CTRL_SLU = 1u << 6;
    public const uint CTRL_RST = 1u << 26;
    public const uint CTRL_VME = 1u << 30;
    public const uint CTRL_PHY_RST = 1u << 31;

    public const uint STATUS_FD = 1u << 0;
    public const uint STATUS_LU = 1u << 1;
    public const uint STATUS_Speed1000 = 2u << 6;
    public const uint STATUS_PHYRA = 1u << 10;
    public const uint STATUS_MasterEnabled = 1u << 19;

    public const uint EEC_GrantRequest = 3u << 6;
    public const uint EEC_REQ = 1u << 6;
    public const uint EEC_GNT = 1u << 7;
    public const uint EEC_PRES = 1u << 8;
    public const uint EEC_AUTO_RD = 1u << 9;
    public const uint EEC_Size256 = 2u << 11;

    public const uint EEMNGCTL_CFG_DONE = 3u << 18;

    public const uint ICR_TXDW = 1u << 0;
    public const uint ICR_LSC = 1u << 2;
    public const uint ICR_RXDMT0 = 1u << 4;
    public const uint ICR_RXDW = 1u << 7;
    public const uint ICR_INTA = 1u << 31;

    public const uint GPIE_Multiple = 1u << 4;
    public const uint GPIE_EIAME = 1u << 30;

    public const uint IVAR_Valid = 0x80;

    public const uint RCTL_EN = 1u << 1;
    public const uint RCTL_UPE = 1u << 3;
    public const uint RCTL_MPE = 1u << 4;
    public const uint RCTL_LPE = 1u << 5;
    public const int RCTL_MO_Shift = 12;
    public const uint RCTL_BAM = 1u << 15;
    public const int RCTL_BSIZE_Shift = 16;
    public const uint RCTL_VFE = 1u << 18;
    public const uint RCTL_SECRC = 1u << 26;

    public const uint TCTL_EN = 1u << 1;
    public const uint TCTL_PSP = 1u << 3;

    public const uint RXCSUM_IPOFL = 1u << 8;
    public const uint RXCSUM_TUOFL = 1u << 9;
    public const uint RXCSUM_PCSD = 1u << 13;

    public const uint RAH_AV = 1u << 31;

    public const uint SRRCTL_DROP_EN = 1u << 31;
    public const int SRRCTL_DESCTYPE_Shift = 25;

    public const uint DCTL_ENABLE = 1u << 25;
    public const uint DCTL_SWFLUSH = 1u << 26;

    public const uint TDWBAL_Enable = 1;

    public const uint MRQC_Mode = 7;
    public const uint MRQC_Rss = 2;
    public const uint MRQC_TcpIpv4 = 1u << 16;
    public const uint MRQC_Ipv4 = 1u << 17;
    public const uint MRQC_Ipv6 = 1u << 20;
    public const uint MRQC_TcpIpv6 = 1u << 21;
    public const uint MRQC_UdpIpv4 = 1u << 22;
    public const uint MRQC_UdpIpv6 = 1u << 23;
}

/// <summary>Transmit and receive descriptors (chapter 7).</summary>
internal static class IgbDescriptor
{
    public const int Size = 16;

    public const uint TransmitEop = 1u << 24;
    public const uint TransmitInsertChecksum = 1u << 26;
    public const uint TransmitReport = 1u << 27;
    public const uint TransmitExtended = 1u << 29;
    public const uint TransmitVlan = 1u << 30;
    public const uint TransmitSegment = 1u << 31;
    public const uint TransmitTypeMask = 0xfu << 20;
    public const uint TransmitContext = 2u << 20;
    public const uint OptionIpChecksum = 1u << 8;
    public const uint OptionTransportChecksum = 1u << 9;

    public const uint ContextIpv4 = 1u << 10;
    public const uint ContextTransportMask = 3u << 11;
    public const uint ContextTcp = 1u << 11;
    public const uint ContextSctp = 2u << 11;

    public const uint Done = 1u << 0;
    public const uint ReceiveEop = 1u << 1;
    public const uint ReceiveVlan = 1u << 3;
    public const uint ReceiveUdpChecked = 1u << 4;
    public const uint ReceiveTransportChecked = 1u << 5;
    public const uint ReceiveIpChecked = 1u << 6;
    public const uint ReceiveInexact = 1u << 7;
    public const uint ReceiveTransportError = 1u << 29;
    public const uint ReceiveIpError = 1u << 30;

    public const uint TypeIpv4 = 1u << 4;
    public const uint TypeIpv4Options = 1u << 5;
    public const uint TypeIpv6 = 1u << 6;
    public const uint TypeIpv6Extensions = 1u << 7;
    public const uint TypeTcp = 1u << 8;
    public const uint TypeUdp = 1u << 9;
    public const uint TypeSctp = 1u << 10;
}
