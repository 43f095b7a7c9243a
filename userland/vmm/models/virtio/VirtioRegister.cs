// Names of virtio's registers and bits (OASIS Virtual I/O Device 1.2, sections 2.1, 4.1.4 and 6; the devices' own in section 5).
namespace Kilonova.Vmm.Models;

/// <summary>Kinds of devices (section 5).</summary>
internal static class VirtioType
{
    public const int Network = 1;
    public const int Block = 2;
    public const int Console = 3;
    public const int Entropy = 4;
}

/// <summary>Identity and capabilities of a function (sections 4.1.2 and 4.1.4).</summary>
internal static class VirtioPci
{
    public const ushort Vendor = 0x1af4;

    /// <summary>Device ID of type 0 of a device without a legacy interface.</summary>
    public const int FirstDevice = 0x1040;

    public const byte CapabilityId = 0x09;
    public const int CapabilitySize = 16;

    public const byte CommonCapability = 1;
    public const byte NotifyCapability = 2;
    public const byte IsrCapability = 3;
    public const byte DeviceCapability = 4;
    public const byte WindowCapability = 5;

    // Fields of a capability.
    public const int Length = 2;
    public const int Type = 3;
    public const int Bar = 4;
    public const int Offset = 8;
    public const int Size = 12;

    /// <summary>notify_off_multiplier of a notify capability, pci_cfg_data of a window.</summary>
    public const int Extra = 16;
}

/// <summary>Common configuration (section 4.1.4.3), by words of 32 bits.</summary>
internal static class VirtioCommon
{
    public const int DeviceFeatureSelect = 0x00;
    public const int DeviceFeature = 0x04;
    public const int DriverFeatureSelect = 0x08;
    public const int DriverFeature = 0x0c;
    public const int ConfigVector = 0x10;
    public const int NumQueues = 0x12;
    public const int DeviceStatus = 0x14;
    public const int ConfigGeneration = 0x15;
    public const int QueueSelect = 0x16;
    public const int QueueSize = 0x18;
    public const int QueueVector = 0x1a;
    public const int QueueEnable = 0x1c;
    public const int QueueNotifyOff = 0x1e;
    public const int QueueDesc = 0x20;
    public const int QueueDriver = 0x28;
    public const int QueueDevice = 0x30;

    /// <summary>queue_notify_data and queue_reset follow the registers above; their features are not offered, so they read as zero.</summary>
    public const int Size = 0x3c;
}

/// <summary>Device status (section 2.1).</summary>
internal static class VirtioStatus
{
    public const byte ACKNOWLEDGE = 1;
    public const byte DRIVER = 2;
    public const byte DRIVER_OK = 4;
    public const byte FEATURES_OK = 8;
    public const byte DEVICE_NEEDS_RESET = 64;
    public const byte FAILED = 128;
}

/// <summary>ISR status (section 4.1.4.5).</summary>
internal static class VirtioIsr
{
    public const byte Queue = 1;
    public const byte Configuration = 2;
}

/// <summary>Features of all devices (section 6).</summary>
internal static class VirtioFeature
{
    public const ulong INDIRECT_DESC = 1ul << 28;
    public const ulong EVENT_IDX = 1ul << 29;
    public const ulong VERSION_1 = 1ul << 32;
}

/// <summary>Split virtqueues (section 2.7).</summary>
internal static class VirtioRing
{
    public const int DescriptorSize = 16;
    public const ushort NEXT = 1;
    public const ushort WRITE = 2;
    public const ushort INDIRECT = 4;

    /// <summary>Bit 0 of the available ring's flags: VIRTQ_AVAIL_F_NO_INTERRUPT; of the used ring's: VIRTQ_USED_F_NO_NOTIFY.</summary>
    public const ushort Quiet = 1;

    // Both rings: flags, index, entries, and behind them the event index of the other side.
    public const int Index = 2;
    public const int Entries = 4;
    public const int AvailableSize = 2;
    public const int UsedSize = 8;

    public const ulong DescriptorAlignment = 16;
    public const ulong AvailableAlignment = 2;
    public const ulong UsedAlignment = 4;
}

/// <summary>A block device's features, configuration and requests (section 5.2).</summary>
internal static class VirtioBlk
{
    public const ulong F_SEG_MAX = 1ul << 2;
    public const ulong F_RO = 1ul << 5;
    public const ulong F_BLK_SIZE = 1ul << 6;
    public const ulong F_FLUSH = 1ul << 9;
    public const ulong F_MQ = 1ul << 12;
    public const ulong F_DISCARD = 1ul << 13;
    public const ulong F_WRITE_ZEROES = 1ul << 14;

    public const int Capacity = 0;
    public const int SegMax = 12;
    public const int BlkSize = 20;
    public const int NumQueues = 34;
    public const int MaxDiscardSectors = 36;
    public const int MaxDiscardSeg = 40;
    public const int DiscardSectorAlignment = 44;
    public const int MaxWriteZeroesSectors = 48;
    public const int MaxWriteZeroesSeg = 52;
    public const int ConfigurationSize = 60;

    public const int HeaderSize = 16;
    public const int SectorField = 8;
    public const int IdSize = 20;

    /// <summary>A range of DISCARD and WRITE_ZEROES: sector, count, flags.</summary>
    public const int RangeSize = 16;

    public const uint RangeUnmap = 1;
}

/// <summary>What a request to a block device wants (section 5.2.6).</summary>
internal static class VirtioBlkType
{
    public const uint IN = 0;
    public const uint OUT = 1;
    public const uint FLUSH = 4;
    public const uint GET_ID = 8;
    public const uint DISCARD = 11;
    public const uint WRITE_ZEROES = 13;
}

/// <summary>How a request to a block device ended.</summary>
internal static class VirtioBlkStatus
{
    public const byte OK = 0;
    public const byte IOERR = 1;
    public const byte UNSUPP = 2;
}

/// <summary>A network device's features, configuration and frame header (section 5.1).</summary>
internal static class VirtioNet
{
    public const ulong F_CSUM = 1ul << 0;
    public const ulong F_MTU = 1ul << 3;
    public const ulong F_MAC = 1ul << 5;
    public const ulong F_HOST_TSO4 = 1ul << 11;
    public const ulong F_HOST_TSO6 = 1ul << 12;
    public const ulong F_HOST_ECN = 1ul << 13;
    public const ulong F_MRG_RXBUF = 1ul << 15;
    public const ulong F_STATUS = 1ul << 16;

    public const int Mac = 0;
    public const int Status = 6;
    public const int Mtu = 10;
    public const int ConfigurationSize = 12;
    public const byte LINK_UP = 1;

    public const int ReceiveQueue = 0;
    public const int TransmitQueue = 1;

    public const int HeaderSize = 12;
    public const int NumBuffers = 10;
    public const byte HDR_F_NEEDS_CSUM = 1;
    public const byte GSO_NONE = 0;
    public const byte GSO_TCPV4 = 1;
    public const byte GSO_TCPV6 = 4;
    public const byte GSO_ECN = 0x80;
}

/// <summary>A console's features, configuration and queues (section 5.3).</summary>
internal static class VirtioCon
{
    public const ulong F_SIZE = 1ul << 0;
    public const ulong F_EMERG_WRITE = 1ul << 2;

    public const int Columns = 0;
    public const int Rows = 2;
    public const int EmergencyWrite = 8;
    public const int ConfigurationSize = 12;

    public const int ReceiveQueue = 0;
    public const int TransmitQueue = 1;
}
