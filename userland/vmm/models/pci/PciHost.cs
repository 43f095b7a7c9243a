// The PCI host bridge: configuration by ports 0xcf8 and 0xcfc and by memory (PCI Local Bus 3.0, section 3.2.2.3.2; PCI Express Base 3.0,
// section 7.2.2).
using System.Threading;

namespace Kilonova.Vmm.Models;

/// <summary>Bus 0 of a machine. Functions are plugged while the machine is composed.</summary>
public sealed class PciHost : IPortDevice, IPlainMmioDevice
{
    /// <summary>CONFIG_ADDRESS; CONFIG_DATA follows four ports above.</summary>
    public const ushort AddressPort = 0xcf8;

    /// <summary>Where a machine's firmware tables say the configuration space is.</summary>
    public const ulong DefaultConfigurationAddress = 0xe000_0000;

    /// <summary>Size of the configuration space of one bus in memory.</summary>
    public const ulong ConfigurationSize = 0x10_0000;

    private const ushort DataPort = 0xcfc;
    private const uint Enable = 1u << 31;
    private const int FunctionsPerBus = 256;

    private readonly PciFunction?[] _functions = new PciFunction?[FunctionsPerBus];
    private readonly SharedLines _lines;
    private readonly int[] _sources = new int[InterruptRouter.PciLines];

    // CONFIG_ADDRESS is one register for all processors; systems lock around the pair of accesses.
    private uint _address;

    /// <summary>Makes an empty bus.</summary>
    /// <param name="ports">Where base addresses for ports are mapped.</param>
    /// <param name="mmio">Where base addresses for memory are mapped.</param>
    /// <param name="messages">Where message-signalled interrupts go.</param>
    /// <param name="interrupts">Where INTA to INTD end, from <see cref="InterruptRouter.FirstPci"/>.</param>
    /// <param name="guard">Guards the interrupt lines.</param>
    public PciHost(PortBus ports, MmioBus mmio, IMessageSink messages, ILineSink interrupts, ILock guard)
    {
        Ports = ports;
        Mmio = mmio;
        Messages = messages;
        _lines = new SharedLines(interrupts, InterruptRouter.FirstPci, InterruptRouter.PciLines, guard);
    }

    internal PortBus Ports { get; }

    internal MmioBus Mmio { get; }

    internal IMessageSink Messages { get; }

    /// <summary>The device behind byte accesses to port 0xcf9, inside CONFIG_ADDRESS. Set while the machine is composed.</summary>
    public IPortDevice? ResetPort { get; set; }

    /// <summary>Claims the ports and the configuration space in memory.</summary>
    public bool Map(PortBus ports, MmioBus mmio, ulong configurationAddress = DefaultConfigurationAddress) =>
        ports.Map(AddressPort, 8, this) && mmio.Map(configurationAddress, ConfigurationSize, this);

    /// <summary>The interrupt line, 0 to 3, that INTA of a device has: pins turn with the device number.</summary>
    public static int LineOf(int device) => device % InterruptRouter.PciLines;

    /// <summary>Plugs a function. False if the slot is taken, or function 0 is missing.</summary>
    public bool Plug(PciAddress address, PciFunction function)
    {
        PciFunction? first = _functions[address.Value & ~7];
        if (_functions[address.Value] is not null || (address.Function != 0 && first is null))
            return false;
        int line = LineOf(address.Device);
        if (_sources[line] == 32)
            return false;
        if (address.Function != 0)
            first!.IsMultiFunction = true;
        function.Plug(this, address, _lines.Connect(line, _sources[line]++));
        _functions[address.Value] = function;
        return true;
    }

    /// <summary>Resets every function.</summary>
    public void Reset()
    {
        Volatile.Write(ref _address, 0);
        for (int i = 0; i < FunctionsPerBus; i++)
            _functions[i]?.Reset();
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint address = Volatile.Read(ref _address);
        if (port == ResetControl.ResetPort && size == 1)
            return ResetPort?.ReadPort(port, size) ?? 0xff;
        if (port < DataPort)
            return size == 4 ? address : uint.MaxValue;
        PciFunction? function = Select(address, port, out int offset);
        return function is null ? uint.MaxValue : function.Read(offset, size);
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        if (port < DataPort)
        {
            if (port == AddressPort && size == 4)
                Volatile.Write(ref _address, value & ~3u);
            else if (port == ResetControl.ResetPort && size == 1)
                ResetPort?.WritePort(port, size, value);
            return;
        }

        Select(Volatile.Read(ref _address), port, out int offset)?.Write(offset, size, value);
    }

    /// <inheritdoc/>
    public ulong ReadMmio(ulong offset, int size)
    {
        if (size == 8)
            return ReadMmio(offset, 4) | (ReadMmio(offset + 4, 4) << 32);
        PciFunction? function = _functions[(int)(offset >> 12) & 0xff];
        int register = (int)offset & (PciRegister.SpaceSize - 1);
        return function is null || register + size > PciRegister.SpaceSize ? uint.MaxValue : function.Read(register, size);
    }

    /// <inheritdoc/>
    public void WriteMmio(ulong offset, int size, ulong value)
    {
        if (size == 8)
        {
            WriteMmio(offset, 4, (uint)value);
            WriteMmio(offset + 4, 4, value >> 32);
            return;
        }

        int register = (int)offset & (PciRegister.SpaceSize - 1);
        if (register + size <= PciRegister.SpaceSize)
            _functions[(int)(offset >> 12) & 0xff]?.Write(register, size, (uint)value);
    }

    private PciFunction? Select(uint address, ushort port, out int offset)
    {
        offset = (int)(address & 0xfc) + (port - DataPort);
        bool bus0 = (address & 0x00ff_0000) == 0;
        return (address & Enable) != 0 && bus0 ? _functions[(address >> 8) & 0xff] : null;
    }
}
