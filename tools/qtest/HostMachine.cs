using System;
using System.Collections.Generic;
using System.Globalization;
using Kilonova.Vmm;
using Kilonova.Vmm.Models;

namespace Kilonova.Qtest;

/// <summary>A machine of models without a processor: the other side of the test plays it, through memory and ports.</summary>
internal sealed class HostMachine : IMessageSink, ILineSink, IDisposable
{
    private const string DefaultSerial = "KN00001";
    private const string DefaultFirmware = "1.0";

    // Where QEMU's firmware puts it. Device tests give out addresses for registers from 0xe0000000 on.
    private const ulong ConfigurationAddress = 0xb000_0000;

    private readonly CommandLine _options;
    private readonly PciHost _pci;
    private readonly SortedDictionary<int, AtaDevice> _ahciDevices = [];
    private int _nextSlot = 2;

    public HostMachine(CommandLine options)
    {
        _options = options;
        ulong low = Math.Min(options.MemorySize, 2ul << 30);
        Require(Memory.Add(0, new ArrayBacking(new byte[Math.Min(low, (ulong)Array.MaxLength)])));
        Mmio = new MmioBus(new SingleThreadLock());
        Ports = new PortBus(new SingleThreadLock());
        var firmware = new FirmwareConfiguration(Memory, options.MemorySize, 1, new SingleThreadLock());
        _pci = new PciHost(Ports, Mmio, this, this, new SingleThreadLock());
        Require(firmware.Map(Ports) && _pci.Map(Ports, Mmio, ConfigurationAddress));
        if (options.Machine == "none")
            return;

        bool express = options.Machine.Contains("q35", StringComparison.Ordinal);
        if (express)
        {
            Plug(0, 0, new HostBridgeFunction(ConfigurationAddress, new SingleThreadLock()));
            Plug(31, 0, new IsaBridgeFunction(IsaBridgeFunction.Ich9, new SingleThreadLock()));
        }
        else
        {
            Plug(0, 0, new HostBridge440Function(new SingleThreadLock()));
            Plug(1, 0, new IsaBridgeFunction(IsaBridgeFunction.Piix3, new SingleThreadLock()));
        }

        foreach (OptionValue device in options.Devices)
            Add(device, express);
        if (express)
            PlugAhci(new PciAddress(31, 2));
    }

    public GuestMemory Memory { get; } = new();

    public MmioBus Mmio { get; }

    public PortBus Ports { get; }

    public SteppedClock Clock { get; } = new();

    public List<RawDisk> Disks { get; } = [];

    /// <summary>Networks that frames come from.</summary>
    public List<SocketNetwork> Networks { get; } = [];

    /// <summary>Optical drives by the id of their device.</summary>
    public Dictionary<string, AtapiDrive> Drives { get; } = new(StringComparer.Ordinal);

    /// <summary>A line of the PCI pins or an interrupt message has changed: number and level.</summary>
    public event Action<int, bool>? LineChanged;

    public void Dispose()
    {
        foreach (RawDisk disk in Disks)
            disk.Dispose();
        foreach (SocketNetwork network in Networks)
            network.Dispose();
    }

    /// <summary>Reads guest-physical memory, or registers of models where there is none.</summary>
    public ulong Read(ulong address, int size) => Memory.TryLoad(address, size, out ulong value) ? value : Mmio.Read(address, size);

    /// <summary>Writes guest-physical memory, or registers of models where there is none.</summary>
    public void Write(ulong address, int size, ulong value)
    {
        if (!Memory.TryStore(address, size, value))
            Mmio.Write(address, size, value);
    }

    void IMessageSink.Send(ulong address, uint data) => Memory.TryStore(address, 4, data);

    void ILineSink.SetLine(int line, bool asserted) => LineChanged?.Invoke(line, asserted);

    private void Add(OptionValue device, bool express)
    {
        string driver = device.Require("device", "driver");
        switch (driver)
        {
            case "ide-hd" or "ide-cd" when express:
                AddAta(device, driver == "ide-cd");
                break;
            case "ide-hd" or "ide-cd":
                throw new UsageException($"-device {driver}: only the AHCI controller of -M q35 takes disks");
            case "igb":
                AddNic(device);
                break;
            default:
                throw new UsageException($"-device {driver}: not modelled; there are ide-hd, ide-cd, igb");
        }
    }

    private void AddNic(OptionValue device)
    {
        byte[] address = [0x52, 0x54, 0, 0x12, 0x34, (byte)(0x56 + Networks.Count)];
        if (device["mac"] is string mac && (mac.Length != 17 || !TryParseMac(mac, address)))
            throw new UsageException($"-device igb: {mac} is no Ethernet address");
        string name = device.Require("device", "netdev");
        if (!_options.Networks.TryGetValue(name, out OptionValue? options))
            throw new UsageException($"-device igb: no netdev {name}");
        var network = new SocketNetwork(Memory, options);
        Networks.Add(network);
        var nic = new Igb(Memory, network, address, Clock.NewQueue(), this, new SingleThreadLock());
        network.Owner = nic;
        int slot = device["addr"] is string text ? ParseSlot(text) : _nextSlot++;
        if (!_pci.Plug(new PciAddress(slot, 0), nic))
            throw new UsageException($"-device igb: slot {slot} is not free");
    }

    private static bool TryParseMac(string text, byte[] address)
    {
        for (int i = 0; i < 6; i++)
        {
            if (!byte.TryParse(text.AsSpan(3 * i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address[i]))
                return false;
        }

        return true;
    }

    private static int ParseSlot(string text)
    {
        string digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        return int.TryParse(digits.Split('.')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int slot) && slot is > 0 and < 32
            ? slot
            : throw new UsageException($"-device: {text} is no slot");
    }

    private void AddAta(OptionValue device, bool optical)
    {
        int port = 0;
        if (device["bus"] is string bus)
        {
            if (!bus.StartsWith("ide.", StringComparison.Ordinal) || !int.TryParse(bus[4..], NumberStyles.None, CultureInfo.InvariantCulture, out port))
                throw new UsageException($"-device: no bus {bus}; there are ide.0 to ide.{AhciController.DefaultPorts - 1}");
        }
        else
        {
            while (_ahciDevices.ContainsKey(port))
                port++;
        }

        if (port >= AhciController.DefaultPorts || _ahciDevices.ContainsKey(port))
            throw new UsageException($"-device: port {port} is not free");
        string name = device.Require("device", "drive");
        if (!_options.Drives.TryGetValue(name, out OptionValue? drive))
            throw new UsageException($"-device: no drive {name}");
        if (drive["format"] is not (null or "raw"))
            throw new UsageException($"-drive: format {drive["format"]} is not supported, only raw");
        var disk = new RawDisk(Memory, drive["filename"] ?? drive.Require("drive", "file"), drive);
        Disks.Add(disk);
        var identity = new DiskIdentity
        {
            Model = device["model"] ?? (optical ? "KILONOVA CD-ROM" : "KILONOVA DISK"),
            Serial = device["serial"] ?? DefaultSerial,
            Firmware = device["ver"] ?? DefaultFirmware,
        };
        if (optical)
        {
            var cd = new AtapiDrive(disk, identity);
            Drives[device["id"] ?? name] = cd;
            _ahciDevices.Add(port, cd);
        }
        else
        {
            _ahciDevices.Add(port, new AtaDisk(disk, identity) { TakesWideCounts = true });
        }
    }

    private void PlugAhci(PciAddress address)
    {
        var devices = new AtaDevice?[AhciController.DefaultPorts];
        foreach ((int port, AtaDevice device) in _ahciDevices)
            devices[port] = device;
        Require(_pci.Plug(address, new AhciController(Memory, devices, new SingleThreadLock())));
    }

    private void Plug(int device, int function, PciFunction model) => Require(_pci.Plug(new PciAddress(device, function), model));

    private static void Require(bool fits)
    {
        if (!fits)
            throw new UsageException("the machine's parts collide");
    }
}
