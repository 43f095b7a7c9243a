namespace Kilonova.Kernel;

/// <summary>
/// What devices were kept from doing (VT-d specification 4.1, chapter 7). After its first fault a device is silenced until somebody looks
/// or assigns it anew, so that it cannot keep a CPU busy; messages that were blocked have no such switch, and a unit that reports too
/// many of them is silenced as a whole.
/// </summary>
public static unsafe class VtdFaults
{
    private const int FaultStatus = 0x34;
    private const int EventControl = 0x38;
    private const int EventData = 0x3c;
    private const int EventAddress = 0x40;
    private const int EventUpperAddress = 0x44;

    private const uint Overflow = 1 << 0;
    private const uint Pending = 1 << 1;
    private const int RecordShift = 8;
    private const uint EventMasked = 1u << 31;

    // Fault recording register (section 11.4.15.4), upper half.
    private const ulong Fault = 1ul << 63;
    private const ulong IsRead = 1ul << 62;
    private const int ReasonShift = 32;

    /// <summary>Reasons from here on: an interrupt was blocked (section 7.1).</summary>
    private const byte FirstOfInterrupts = 0x20;

    private const uint MostFaults = 64;

    /// <summary>Boot CPU: lets a unit interrupt it when there is a fault.</summary>
    public static void Start(VtdUnit* unit)
    {
        uint id = Cpu.This->Arch.ApicId;
        VtdUnit.Write32(unit, EventData, Vectors.Iommu);
        VtdUnit.Write32(unit, EventAddress, 0xfee0_0000 | ((id & 0xff) << 12));
        VtdUnit.Write32(unit, EventUpperAddress, id & ~0xffu);
        Arm(unit);
    }

    /// <summary>The unit reports faults, again.</summary>
    public static void Arm(VtdUnit* unit)
    {
        unit->Faults = 0;
        VtdUnit.Write32(unit, EventControl, 0);
    }

    /// <summary>Reports what a unit has recorded.</summary>
    public static void Handle(VtdUnit* unit)
    {
        uint status = VtdUnit.Read32(unit, FaultStatus);
        uint record = status >> RecordShift & 0xff;
        for (uint i = 0; (status & Pending) != 0 && i < unit->FaultRecords; i++)
        {
            int register = unit->FaultOffset + (int)(16 * ((record + i) % unit->FaultRecords));
            ulong high = VtdUnit.Read64(unit, register + 8);
            if ((high & Fault) == 0)
                break;

            ulong address = VtdUnit.Read64(unit, register);
            VtdUnit.Write32(unit, register + 12, (uint)(Fault >> 32));
            Report(unit, unit->Segment << 16 | (ushort)high, (byte)(high >> ReasonShift), address, (high & IsRead) == 0);
        }

        VtdUnit.Write32(unit, FaultStatus, Overflow);
    }

    private static void Report(VtdUnit* unit, uint requester, byte reason, ulong address, bool isWrite)
    {
        bool isInterrupt = reason >= FirstOfInterrupts;
        unit->Lock.Acquire();
        if (++unit->Faults >= MostFaults)
            VtdUnit.Write32(unit, EventControl, EventMasked);

        if (!isInterrupt)
            Vtd.Silence(unit, requester, true);

        unit->Lock.Release();
        Iommu.Report(requester, isInterrupt ? DeviceFault.Interrupt : isWrite ? DeviceFault.Write : DeviceFault.Read, reason, address);
    }
}
