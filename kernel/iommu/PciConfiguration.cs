using Kilonova.Formats.Acpi;

namespace Kilonova.Kernel;

/// <summary>
/// Reads PCI configuration space (PCI Local Bus Specification 3.0, section 3.2.2.3.2; PCI Express Base Specification 4.0, section 7.2.2).
/// At boot only: afterwards it belongs to whoever drives the bus.
/// </summary>
public static unsafe class PciConfiguration
{
    /// <summary>Bus numbers of a bridge: its own side, behind it the first (bits 15-8) and the last (bits 23-16).</summary>
    public const uint Buses = 0x18;

    private const ushort AddressPort = 0xcf8;
    private const ushort DataPort = 0xcfc;
    private const uint Enable = 1u << 31;

    /// <summary>A register of a function: segment in bits 31-16 of the requester, bus, device and function below. Ones if there is none.</summary>
    public static uint Read(uint requester, uint register)
    {
        if (requester >> 16 == 0)
        {
            Port.Write32(AddressPort, Enable | (requester << 8) | register);
            return Port.Read32(DataPort);
        }

        // Each range of a segment names the place of its bus 0.
        ReadOnlySpan<byte> table = Platform.Mcfg;
        for (uint i = 0; i < Mcfg.Count(table); i++)
        {
            if (Mcfg.Segment(table, i) == requester >> 16 && (byte)(requester >> 8) <= Mcfg.LastBus(table, i))
                return Mmio.Read32(KernelSpace.MapMmio(Mcfg.Address(table, i) + ((requester & 0xffff) << 12) + register, sizeof(uint)));
        }

        return uint.MaxValue;
    }
}
