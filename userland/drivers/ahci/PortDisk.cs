using Kilonova.Blocks;
using Kilonova.Devices;
using Kilonova.Registers;

namespace Kilonova.Ahci;

/// <summary>A port of a controller as a disk.</summary>
internal sealed class PortDisk : IDisk
{
    private readonly AhciController<MappedRegisters, MappedDmaMemory, SystemClock> _controller;
    private readonly int _port;

    internal PortDisk(AhciController<MappedRegisters, MappedDmaMemory, SystemClock> controller, int port)
    {
        _controller = controller;
        _port = port;
    }

    /// <summary>Its device; null while there is none.</summary>
    internal DiskIdentity? Identity => _controller.Ports[_port]?.Identity;

    public DiskStatus Submit(DiskRequest request) => _controller.Submit(_port, request);

    public void Abandon() => _controller.Abandon(_port);
}
