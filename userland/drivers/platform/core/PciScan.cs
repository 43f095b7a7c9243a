using System;
using Kilonova.Formats.Pci;

namespace Kilonova.Platform;

/// <summary>
/// Finds all functions behind the first root bus, and sizes their registers. Every bus is visited once, whatever bridges say, and what a
/// function claims is checked: the result is bounded and consistent. PCI Local Bus Specification 3.0, sections 3.2.2.3 and 6.2.5.1.
/// </summary>
public static class PciScan
{
    /// <summary>Most functions that are kept.</summary>
    public const int MaxDevices = 256;

    private const int Buses = 256;
    private const uint HostBridge = 0x0600;
    private const int SubclassShift = 8;

    /// <summary>Scans.</summary>
    /// <param name="access">Configuration space.</param>
    /// <param name="devices">Gets the functions.</param>
    /// <returns>How many there are.</returns>
    public static int Scan<TAccess>(ref TAccess access, Span<PciDevice?> devices)
        where TAccess : IPciAccess
    {
        Span<bool> seen = stackalloc bool[Buses];
        Span<byte> queue = stackalloc byte[Buses];
        seen.Clear();
        var read = 0;
        var written = 1;
        queue[0] = 0;
        seen[0] = true;
        var count = 0;
        while (read < written)
        {
            var bus = queue[read++];
            if (access.SizeOf(bus) == 0)
                continue;

            for (var device = 0; device < PciAddress.Devices; device++)
                ScanDevice(ref access, bus, device, devices, ref count, seen, queue, ref written);
        }

        return count;
    }

    private static void ScanDevice<TAccess>(
        ref TAccess access, byte bus, int device, Span<PciDevice?> devices, ref int count, Span<bool> seen, Span<byte> queue, ref int written)
        where TAccess : IPciAccess
    {
        Span<byte> header = stackalloc byte[PciFunction.Conventional];
        for (var function = 0; function < PciAddress.Functions; function++)
        {
            var address = new PciAddress(bus, device, function);
            PciAccess.Copy(ref access, address, header.Slice(0, sizeof(uint)));
            if (!PciFunction.IsPresent(header))
            {
                // Without function 0 there are no others.
                if (function == 0)
                    return;

                continue;
            }

            PciAccess.Copy(ref access, address, header);
            if (count < devices.Length)
                devices[count++] = Read(ref access, address, header);

            if (PciFunction.IsBridge(header))
            {
                var behind = PciFunction.SecondaryBus(header);
                if (behind > bus && !seen[behind])
                {
                    seen[behind] = true;
                    queue[written++] = behind;
                }
            }

            if (function == 0 && !PciFunction.IsMultifunction(header))
                return;
        }
    }

    private static PciDevice Read<TAccess>(ref TAccess access, PciAddress address, ReadOnlySpan<byte> config)
        where TAccess : IPciAccess
    {
        var express = PciCapability.Find(config, PciCapabilityId.Express);
        var advanced = PciCapability.Find(config, PciCapabilityId.AdvancedFeatures);
        var device = new PciDevice
        {
            Address = address,
            Vendor = PciFunction.Vendor(config),
            Device = PciFunction.Device(config),
            Class = PciFunction.Class(config),
            IsBridge = PciFunction.IsBridge(config),
            Capabilities = new PciCapabilities(
                (byte)PciCapability.Find(config, PciCapabilityId.PowerManagement), (byte)PciCapability.Find(config, PciCapabilityId.Msi),
                (byte)PciCapability.Find(config, PciCapabilityId.MsiX), (byte)express, (byte)advanced,
                PciExpress.HasFunctionReset(config, express), PciAdvancedFeatures.HasFunctionReset(config, advanced)),
        };

        // A host bridge's registers decode memory itself: they are left alone.
        if (device.Class >> SubclassShift != HostBridge)
            ReadBars(ref access, device, config);

        return device;
    }

    // Nothing decodes the addresses while they are overwritten.
    private static void ReadBars<TAccess>(ref TAccess access, PciDevice device, ReadOnlySpan<byte> config)
        where TAccess : IPciAccess
    {
        var command = PciFunction.Command(config);
        PciAccess.Write16(ref access, device.Address, (int)PciOffset.Command, (ushort)(command & ~(PciCommand.Io | PciCommand.Memory)));
        var count = PciFunction.BarCount(config);
        for (var i = 0; i < count; i++)
        {
            var raw = PciFunction.Bar(config, i);
            var mask = Probe(ref access, device.Address, i, raw);
            device.SetRawBar(i, raw);
            if (PciBar.TakesTwo(raw) && i + 1 < count)
            {
                var high = PciFunction.Bar(config, i + 1);
                var highMask = Probe(ref access, device.Address, i + 1, high);
                device.SetRawBar(i + 1, high);
                device.SetBar(i, PciBar.Decode(raw, mask, high, highMask));
                i++;
            }
            else
            {
                device.SetBar(i, PciBar.Decode(raw, mask));
            }
        }

        PciAccess.Write16(ref access, device.Address, (int)PciOffset.Command, command);
    }

    private static uint Probe<TAccess>(ref TAccess access, PciAddress address, int index, uint raw)
        where TAccess : IPciAccess
    {
        var offset = (int)PciOffset.Bars + index * sizeof(uint);
        access.Write(address, offset, uint.MaxValue);
        var mask = access.Read(address, offset);
        access.Write(address, offset, raw);
        return mask;
    }
}
