// The ways in which software resets a PC without ACPI: the reset control register and system control port A (Intel ICH9 data sheet).
namespace Kilonova.Vmm.Models;

/// <summary>Ports 0xcf9 and 0x92.</summary>
public sealed class ResetControl : IPortDevice
{
    /// <summary>Reset control register. It lies inside PCI's CONFIG_ADDRESS, which answers to doublewords only.</summary>
    public const ushort ResetPort = 0xcf9;

    /// <summary>System control port A: fast A20 and fast INIT.</summary>
    public const ushort ControlPortA = 0x92;

    /// <summary>What is written to <see cref="ResetPort"/> for a hard reset.</summary>
    public const byte HardReset = 0x06;

    private const byte SystemReset = 1 << 1;
    private const byte ResetCpu = 1 << 2;
    private const byte FastInit = 1 << 0;
    private const byte GateA20 = 1 << 1;

    private readonly IMachineControl _machine;

    // Written by whichever virtual CPU writes the port; a byte, so that no lock is needed.
    private byte _reset;
    private byte _controlA = GateA20;

    /// <summary>Makes the ports.</summary>
    public ResetControl(IMachineControl machine) => _machine = machine;

    /// <summary>Claims the ports; the reset control register from the PCI host bridge if the machine has one.</summary>
    public bool Map(PortBus bus, PciHost? pci = null)
    {
        if (pci is not null)
            pci.ResetPort = this;
        return (pci is not null || bus.Map(ResetPort, 1, this)) && bus.Map(ControlPortA, 1, this);
    }

    /// <summary>The state after a machine reset.</summary>
    public void Reset()
    {
        _reset = 0;
        _controlA = GateA20;
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => port == ResetPort ? _reset : _controlA;

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        bool rises;
        if (port == ResetPort)
        {
            // The transition of RST_CPU does it; SYS_RST chooses between hard and soft, which is the same to a guest.
            rises = (value & ResetCpu) != 0 && (_reset & ResetCpu) == 0;
            _reset = (byte)(value & (SystemReset | ResetCpu | (1 << 3)));
        }
        else
        {
            // The A20 line is always open: the bit only remembers.
            rises = (value & FastInit) != 0 && (_controlA & FastInit) == 0;
            _controlA = (byte)(value & (FastInit | GateA20));
        }

        if (rises)
            _machine.Request(MachineRequest.Reset);
    }
}
