// Names of PCI functions and of the registers of their configuration space (PCI Local Bus 3.0, section 6.1; PCI Express Base 3.0).
namespace Kilonova.Vmm.Models;

/// <summary>Bus, device and function.</summary>
public readonly struct PciAddress
{
    /// <summary>Names a function on bus 0.</summary>
    public PciAddress(int device, int function) => Value = (ushort)((device << 3) | function);

    /// <summary>Bits 15-8 bus, 7-3 device, 2-0 function: a requester ID.</summary>
    public ushort Value { get; }

    /// <summary>0 to 31.</summary>
    public int Device => (Value >> 3) & 0x1f;

    /// <summary>0 to 7.</summary>
    public int Function => Value & 7;
}

/// <summary>Offsets and bits of the configuration header.</summary>
public static class PciRegister
{
    public const int VendorId = 0x00;
    public const int DeviceId = 0x02;
    public const int Command = 0x04;
    public const int Status = 0x06;
    public const int RevisionId = 0x08;
    public const int ClassCode = 0x09;
    public const int CacheLineSize = 0x0c;
    public const int HeaderType = 0x0e;
    public const int BaseAddress = 0x10;
    public const int SubsystemVendorId = 0x2c;
    public const int SubsystemId = 0x2e;
    public const int Capabilities = 0x34;
    public const int InterruptLine = 0x3c;
    public const int InterruptPin = 0x3d;

    public const ushort CommandIo = 1 << 0;
    public const ushort CommandMemory = 1 << 1;
    public const ushort CommandMaster = 1 << 2;
    public const ushort CommandInterruptDisable = 1 << 10;
    public const ushort StatusInterrupt = 1 << 3;
    public const ushort StatusCapabilities = 1 << 4;

    public const byte MessageSignalledInterrupts = 0x05;
    public const byte MessageSignalledInterruptsX = 0x11;

    /// <summary>Configuration space of a PCI Express function.</summary>
    public const int SpaceSize = 4096;

    /// <summary>Configuration space that ports 0xcf8 and 0xcfc reach.</summary>
    public const int LegacySpaceSize = 256;
}
