// Registers of Intel's gigabit controllers: chapters "Register Descriptions" (82540EM: 13, 82574: 10), "Programming Interface" (82576: 8).
namespace Kilonova.Nic;

internal static class NicRegister
{
    internal const int Ctrl = 0x0000;
    internal const int Status = 0x0008;
    internal const int Eecd = 0x0010;
    internal const int Eerd = 0x0014;
    internal const int Mdic = 0x0020;
    internal const int Icr = 0x00c0;
    internal const int Ims = 0x00d0;
    internal const int Imc = 0x00d8;
    internal const int Rctl = 0x0100;
    internal const int Tctl = 0x0400;
    internal const int Tipg = 0x0410;
    internal const int Rxcsum = 0x5000;
    internal const int Mta = 0x5200;
    internal const int Ral = 0x5400;
    internal const int Rah = 0x5404;

    internal const int MtaWords = 128;
    internal const int ReceiveAddresses = 16;
    internal const int AddressSize = 8;

    // 82576 only.
    internal const int Eimc = 0x1528;
    internal const int Ivar0 = 0x1700;

    // Statistics: each read clears.
    internal const int Crcerrs = 0x4000;
    internal const int Mpc = 0x4010;
    internal const int Gprc = 0x4074;
    internal const int Gptc = 0x4080;
    internal const int Gorcl = 0x4088;
    internal const int Gorch = 0x408c;
    internal const int Gotcl = 0x4090;
    internal const int Gotch = 0x4094;
    internal const int Rnbc = 0x40a0;
    internal const int Roc = 0x40ac;
}

/// <summary>Registers of a descriptor ring, from its first one on; the same for reception and transmission.</summary>
internal static class RingRegister
{
    internal const int Receive = 0x2800;
    internal const int Transmit = 0x3800;
    internal const int Receive82576 = 0xc000;
    internal const int Transmit82576 = 0xe000;

    internal const int Bal = 0x00;
    internal const int Bah = 0x04;
    internal const int Len = 0x08;
    internal const int Srrctl = 0x0c;
    internal const int Head = 0x10;
    internal const int Tail = 0x18;
    internal const int Dctl = 0x28;
}

internal static class NicBit
{
    internal const uint CtrlMasterDisable = 1u << 2;
    internal const uint CtrlLinkReset = 1u << 3;
    internal const uint CtrlAutoSpeed = 1u << 5;
    internal const uint CtrlLinkUp = 1u << 6;
    internal const uint CtrlInvertSignal = 1u << 7;
    internal const uint CtrlForceSpeed = 1u << 11;
    internal const uint CtrlForceDuplex = 1u << 12;
    internal const uint CtrlReset = 1u << 26;
    internal const uint CtrlVlan = 1u << 30;
    internal const uint CtrlPhyReset = 1u << 31;

    internal const uint StatusLinkUp = 1u << 1;
    internal const int StatusSpeedShift = 6;
    internal const uint StatusSpeedMask = 3;
    internal const uint StatusMaster = 1u << 19;

    internal const uint EecdAutoReadDone = 1u << 9;

    internal const uint EerdStart = 1u << 0;
    internal const uint EerdDone = 1u << 1;
    internal const uint EerdDone82540 = 1u << 4;
    internal const int EerdAddressShift = 2;
    internal const int EerdAddressShift82540 = 8;
    internal const int EerdDataShift = 16;

    internal const int MdicRegisterShift = 16;
    internal const uint MdicPhy = 1u << 21;
    internal const uint MdicWrite = 1u << 26;
    internal const uint MdicReady = 1u << 28;

    // The PHY's control register: IEEE 802.3, section 22.2.4.1.
    internal const uint PhyControl = 0;
    internal const uint PhyNegotiate = 1u << 12 | 1u << 9;

    internal const uint IntTransmitted = 1u << 0;
    internal const uint IntLink = 1u << 2;
    internal const uint IntReceiveLow = 1u << 4;
    internal const uint IntOverrun = 1u << 6;
    internal const uint IntReceived = 1u << 7;
    internal const uint IntAll = IntTransmitted | IntLink | IntReceiveLow | IntOverrun | IntReceived;

    internal const uint RctlEnable = 1u << 1;
    internal const uint RctlAllUnicast = 1u << 3;
    internal const uint RctlAllMulticast = 1u << 4;
    internal const uint RctlBroadcast = 1u << 15;
    internal const uint RctlStripCrc = 1u << 26;

    internal const uint TctlEnable = 1u << 1;
    internal const uint TctlPad = 1u << 3;
    internal const uint TctlCollisions = 0xfu << 4;
    internal const uint TctlDistance = 0x40u << 12;
    internal const uint TctlRetransmitLate = 1u << 24;

    // The standard's gap for copper: 82540EM section 13.4.34, 82574 section 10.2.6.1.
    internal const uint TipgCopper = 8 | 8 << 10 | 6 << 20;

    internal const uint RxcsumIp = 1u << 8;
    internal const uint RxcsumTransport = 1u << 9;

    internal const uint RahValid = 1u << 31;

    internal const uint DctlEnable = 1u << 25;

    /// <summary>Advanced descriptors with one buffer, of 2 KiB; packets without a descriptor are dropped.</summary>
    internal const uint SrrctlOneBuffer = 2 | 1u << 25 | 1u << 31;

    /// <summary>Reception and transmission of queue 0 raise the cause of vector 0.</summary>
    internal const uint IvarBothToFirst = 0x80 | 0x80 << 8;
}
