// The sleep registers of a machine with reduced-hardware ACPI (ACPI 6.4, section 4.8.3.7).
namespace Kilonova.Vmm.Models;

/// <summary>SLEEP_CONTROL_REG and SLEEP_STATUS_REG. The only sleep state is soft off.</summary>
public sealed class SleepControl : IPortDevice
{
    /// <summary>SLEEP_CONTROL_REG; SLEEP_STATUS_REG follows.</summary>
    public const ushort Port = 0x600;

    /// <summary>Ports of both.</summary>
    public const int Ports = 2;

    private const int TypeShift = 2;
    private const uint TypeMask = 7;
    private const uint Enable = 1 << 5;

    private readonly IMachineControl _machine;

    /// <summary>Makes the registers.</summary>
    public SleepControl(IMachineControl machine) => _machine = machine;

    /// <summary>Claims the ports.</summary>
    public bool Map(PortBus bus) => bus.Map(Port, Ports, this);

    /// <inheritdoc/>
    /// <remarks>SLP_EN reads as zero, and nothing has woken the machine.</remarks>
    public uint ReadPort(ushort port, int size) => 0;

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        if (port == Port && (value & Enable) != 0 && ((value >> TypeShift) & TypeMask) == AcpiPowerManagement.SoftOffType)
            _machine.Request(MachineRequest.PowerOff);
    }
}
