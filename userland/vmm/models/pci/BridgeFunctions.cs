// Functions that tell which chipset a machine has. What they control is modelled elsewhere.
namespace Kilonova.Vmm.Models;

/// <summary>The host bridge of an Intel 440FX, for machines without PCI Express.</summary>
public sealed class HostBridge440Function : PciFunction
{
    /// <summary>Makes the function.</summary>
    public HostBridge440Function(ILock guard)
        : base(0x8086, 0x1237, 0x06_0000, 2, guard)
    {
    }
}

/// <summary>The bridge to ISA and LPC devices.</summary>
public sealed class IsaBridgeFunction : PciFunction
{
    /// <summary>ICH9, as on a Q35 (device 31, function 0).</summary>
    public const ushort Ich9 = 0x2918;

    /// <summary>PIIX3, as beside a 440FX (device 1, function 0).</summary>
    public const ushort Piix3 = 0x7000;

    /// <summary>Makes the function.</summary>
    public IsaBridgeFunction(ushort device, ILock guard)
        : base(0x8086, device, 0x06_0100, 2, guard)
    {
    }
}
