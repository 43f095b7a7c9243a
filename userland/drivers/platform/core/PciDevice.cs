using Kilonova.Formats.Pci;

namespace Kilonova.Platform;

/// <summary>A function that was found, and what of it is used. Its numbers do not change; who has it does.</summary>
public sealed class PciDevice
{
    private readonly PciBar[] _bars = new PciBar[PciFunction.MaxBars];
    private readonly uint[] _rawBars = new uint[PciFunction.MaxBars];

    /// <summary>Where it is.</summary>
    public PciAddress Address { get; init; }

    /// <summary>Vendor.</summary>
    public ushort Vendor { get; init; }

    /// <summary>Device.</summary>
    public ushort Device { get; init; }

    /// <summary>Class, subclass, programming interface.</summary>
    public uint Class { get; init; }

    /// <summary>Whether it leads to another bus.</summary>
    public bool IsBridge { get; init; }

    /// <summary>Offsets of capabilities in configuration space; 0 for those that it lacks.</summary>
    public PciCapabilities Capabilities { get; init; }

    /// <summary>Session of its driver; 0 while it has none.</summary>
    public ulong Owner { get; set; }

    /// <summary>A base address register; one of size 0 where there is none.</summary>
    public PciBar Bar(int index) => (uint)index < PciFunction.MaxBars ? _bars[index] : default;

    internal uint RawBar(int index) => _rawBars[index];

    internal void SetBar(int index, PciBar bar) => _bars[index] = bar;

    internal void SetRawBar(int index, uint raw) => _rawBars[index] = raw;
}

/// <summary>Where the capabilities of a function lie that the platform driver uses.</summary>
/// <param name="Power">Power management.</param>
/// <param name="Msi">Message-signalled interrupts.</param>
/// <param name="MsiX">MSI-X.</param>
/// <param name="Express">PCI Express.</param>
/// <param name="Advanced">Advanced features.</param>
/// <param name="HasExpressReset">The function can be reset by its PCI Express capability.</param>
/// <param name="HasAdvancedReset">The function can be reset by its advanced features.</param>
public readonly record struct PciCapabilities(
    byte Power, byte Msi, byte MsiX, byte Express, byte Advanced, bool HasExpressReset, bool HasAdvancedReset);
