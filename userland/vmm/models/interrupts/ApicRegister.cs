// Numbers and bits of local APIC registers (Intel SDM volume 3, chapter 11).
namespace Kilonova.Vmm.Models;

/// <summary>Register numbers: xAPIC offset / 16 = x2APIC MSR - 0x800.</summary>
internal static class ApicRegister
{
    public const int Id = 0x02;
    public const int Version = 0x03;
    public const int TaskPriority = 0x08;
    public const int ArbitrationPriority = 0x09;
    public const int ProcessorPriority = 0x0a;
    public const int EndOfInterrupt = 0x0b;
    public const int LogicalDestination = 0x0d;
    public const int DestinationFormat = 0x0e;
    public const int SpuriousVector = 0x0f;
    public const int InService = 0x10;
    public const int TriggerMode = 0x18;
    public const int InterruptRequest = 0x20;
    public const int ErrorStatus = 0x28;
    public const int InterruptCommand = 0x30;
    public const int InterruptCommandHigh = 0x31;
    public const int LvtTimer = 0x32;
    public const int LvtThermal = 0x33;
    public const int LvtPerformance = 0x34;
    public const int LvtLint0 = 0x35;
    public const int LvtLint1 = 0x36;
    public const int LvtError = 0x37;
    public const int InitialCount = 0x38;
    public const int CurrentCount = 0x39;
    public const int DivideConfiguration = 0x3e;
    public const int SelfInterrupt = 0x3f;

    public const int Words = 8;
}

/// <summary>IA32_APIC_BASE.</summary>
public static class ApicBase
{
    /// <summary>Where the registers are after reset.</summary>
    public const ulong DefaultAddress = 0xfee0_0000;

    public const ulong Bootstrap = 1 << 8;
    public const ulong Extended = 1 << 10;
    public const ulong Enabled = 1 << 11;
}

/// <summary>Bits of local vector table entries and of the interrupt command register.</summary>
internal static class ApicBits
{
    public const uint VectorMask = 0xff;
    public const uint LvtDeliveryPending = 1 << 12;
    public const uint LvtRemoteIrr = 1 << 14;
    public const uint LvtMasked = 1 << 16;
    public const int ModeShift = 8;
    public const uint ModeMask = 7;
    public const uint SoftwareEnabled = 1 << 8;

    public const uint CommandLogical = 1 << 11;
    public const uint CommandAssert = 1 << 14;
    public const uint CommandLevel = 1 << 15;
    public const int ShorthandShift = 18;

    public const uint ErrorSendIllegalVector = 1 << 5;
    public const uint ErrorReceiveIllegalVector = 1 << 6;
    public const uint ErrorIllegalRegister = 1 << 7;
}
