namespace Kilonova.Abi;

// Descriptors that hypercalls take in a register, NOVA interface specification of 24 January 2024, sections 5.5.1, 8.7.5 and 8.7.6.

/// <summary>The memory attribute descriptor of a delegation out of the NOVA host space, section 8.7.5.</summary>
public static class Mad
{
    /// <summary>Bits 2-0: <see cref="Cacheability"/>.</summary>
    public const uint CacheabilityMask = 0x7;

    /// <summary>Position of the memory encryption key identifier, bits 17-3, at most KIMAX.</summary>
    public const int KeyShift = 3;

    /// <summary>The key identifier after shifting.</summary>
    public const uint KeyMask = 0x7fff;
}

/// <summary>Cacheability of a page, section 8.7.5; 5 to 7 are reserved.</summary>
public enum Cacheability : uint
{
    /// <summary>Write back.</summary>
    WB = 0,

    /// <summary>Write through.</summary>
    WT = 1,

    /// <summary>Write combining.</summary>
    WC = 2,

    /// <summary>Strong uncacheable.</summary>
    UC = 3,

    /// <summary>Write protected.</summary>
    WP = 4,
}

/// <summary>The device assignment descriptor, section 8.7.6: PCI segment, bus, device and function. Bits 63-32 are ignored.</summary>
public static class Dad
{
    /// <summary>Bits 2-0: function.</summary>
    public const ulong FunctionMask = 0x7;

    /// <summary>Position of the device, bits 7-3.</summary>
    public const int DeviceShift = 3;

    /// <summary>The device after shifting.</summary>
    public const ulong DeviceMask = 0x1f;

    /// <summary>Position of the bus, bits 15-8.</summary>
    public const int BusShift = 8;

    /// <summary>The bus after shifting.</summary>
    public const ulong BusMask = 0xff;

    /// <summary>Position of the segment, bits 31-16.</summary>
    public const int SegmentShift = 16;

    /// <summary>The segment after shifting.</summary>
    public const ulong SegmentMask = 0xffff;
}

/// <summary>Operations in the flags of <see cref="Hypercall.ctrl_hw"/>, section 5.5.1.</summary>
public enum CtrlHwOperation : uint
{
    /// <summary>Sleep state transition or reset, <see cref="SleepDescriptor"/>.</summary>
    SleepState = 0,

    /// <summary>Establish the quality-of-service configuration of this CPU, <see cref="QosDescriptor"/>.</summary>
    QosConfiguration = 4,

    /// <summary>L3 capacity bitmask, <see cref="QosDescriptor"/>.</summary>
    L3Capacity = 5,

    /// <summary>L2 capacity bitmask, <see cref="QosDescriptor"/>.</summary>
    L2Capacity = 6,

    /// <summary>Memory bandwidth allocation delay, <see cref="QosDescriptor"/>.</summary>
    MbaDelay = 7,
}

/// <summary>The descriptor of a sleep state transition, section 5.5.1, operation 0.</summary>
public static class SleepDescriptor
{
    /// <summary>Bits 2-0: the state, 1 to 5, or <see cref="Reset"/>.</summary>
    public const ulong StateMask = 0x7;

    /// <summary>The state that stands for platform reset.</summary>
    public const ulong Reset = 0x7;

    /// <summary>Position of A, the first byte of the ACPI package for the state, bits 5-3.</summary>
    public const int AShift = 3;

    /// <summary>Position of B, the second byte of the ACPI package for the state, bits 8-6.</summary>
    public const int BShift = 6;

    /// <summary>A and B after shifting.</summary>
    public const ulong TypeMask = 0x7;
}

/// <summary>The descriptors of quality of service, section 5.5.1, operations 4 to 7.</summary>
public static class QosDescriptor
{
    /// <summary>Operation 4, bit 1: enables code and data prioritization in the L3 cache.</summary>
    public const ulong L3Cdp = 1 << 1;

    /// <summary>Operation 4, bit 2: enables code and data prioritization in the L2 cache.</summary>
    public const ulong L2Cdp = 1 << 2;

    /// <summary>Operations 5 to 7, bits 15-0: the class of service (with prioritization twice that, plus 1 for code).</summary>
    public const ulong ClassMask = 0xffff;

    /// <summary>Position of the capacity bitmask (bits 47-16) or the delay (bits 31-16).</summary>
    public const int ValueShift = 16;

    /// <summary>The capacity bitmask after shifting, operations 5 and 6.</summary>
    public const ulong CapacityMask = 0xffff_ffff;

    /// <summary>The delay after shifting, operation 7.</summary>
    public const ulong DelayMask = 0xffff;
}
