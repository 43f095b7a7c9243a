using Kilonova.Abi;
using Kilonova.Contracts;
using Kilonova.Formats.Pci;
using Kilonova.Registers;
using Kilonova.Runtime;
using Kilonova.Sessions;

namespace Kilonova.Platform;

/// <summary>
/// Configuration space of segment 0: memory-mapped where firmware says so, else by ports. PCI Express Base Specification 4.0, section
/// 7.2.2; PCI Local Bus Specification 3.0, section 3.2.2.3.2. Used under the component's lock.
/// </summary>
internal sealed class ConfigurationSpace
{
    private const int Buses = 256;
    private const uint AddressPort = 0xcf8;
    private const uint DataPort = 0xcfc;
    private const uint PortEnable = 1u << 31;
    private const uint PagesPerBus = 256;
    private const int PageShift = 12;

    private readonly MachineClient<PortalTransport> _machine;
    private readonly bool[] _isMapped = new bool[Buses];
    private readonly ulong _page;
    private readonly uint _firstBus;
    private readonly uint _lastBus;

    internal ConfigurationSpace(MachineClient<PortalTransport> machine)
    {
        _machine = machine;
        for (var i = 0u; machine.DescribeConfiguration(i, out var page, out var segment, out var first, out var last) == ContractStatus.Ok; i++)
        {
            if (segment != 0 || first != 0)
                continue;

            (_page, _firstBus, _lastBus) = (page, first, last);
            IsMapped = true;
        }
    }

    /// <summary>Whether configuration space is memory-mapped.</summary>
    internal bool IsMapped { get; }

    internal int SizeOf(byte bus) => !IsMapped ? PciFunction.Conventional : bus >= _firstBus && bus <= _lastBus ? PciFunction.Express : 0;

    internal uint Read(PciAddress address, int offset)
    {
        if (IsMapped)
            return TryMap(address.Bus, out var registers) ? registers.Read32(Offset(address, offset)) : uint.MaxValue;

        Ports.Out32(AddressPort, PortAddress(address, offset));
        return Ports.In32(DataPort);
    }

    internal void Write(PciAddress address, int offset, uint value)
    {
        if (IsMapped)
        {
            if (TryMap(address.Bus, out var registers))
                registers.Write32(Offset(address, offset), value);

            return;
        }

        Ports.Out32(AddressPort, PortAddress(address, offset));
        Ports.Out32(DataPort, value);
    }

    private bool TryMap(byte bus, out MappedRegisters registers)
    {
        var page = _page + bus * PagesPerBus;
        registers = new MappedRegisters(ComponentLayout.Devices + (page << PageShift), (int)(PagesPerBus << PageShift));
        if (_isMapped[bus])
            return true;

        _isMapped[bus] = bus >= _firstBus && bus <= _lastBus && _machine.MapRegisters(page, PagesPerBus) == ContractStatus.Ok;
        return _isMapped[bus];
    }

    private static int Offset(PciAddress address, int offset) => (address.Device << 3 | address.Function) << PageShift | offset;

    private static uint PortAddress(PciAddress address, int offset) => PortEnable | (uint)address.Value << 8 | (uint)offset;
}

/// <summary>The same as what logic wants.</summary>
internal readonly struct ConfigurationAccess : IPciAccess
{
    private readonly ConfigurationSpace _space;

    internal ConfigurationAccess(ConfigurationSpace space) => _space = space;

    public int SizeOf(byte bus) => _space.SizeOf(bus);

    public uint Read(PciAddress address, int offset) => _space.Read(address, offset);

    public void Write(PciAddress address, int offset, uint value) => _space.Write(address, offset, value);
}
