// What firmware is told of its machine, as items of the fw_cfg device: memory, ACPI tables, where its console is (QEMU documentation,
// docs/specs/fw_cfg; the layout of etc/e820 and of etc/table-loader is that of SeaBIOS, docs/Runtime_config and romfile_loader).
using System;
using System.Buffers.Binary;
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Boot;

/// <summary>Adds the items.</summary>
public static class FirmwareItems
{
    private const string Rsdp = "etc/acpi/rsdp";
    private const int RsdpSize = 36;
    private const int MapEntry = 20;
    private const uint MapRam = 1;
    private const uint MapReserved = 2;
    private const int CommandSize = 128;
    private const uint CommandAllocate = 1;
    private const int NameSize = 56;
    private const int RsdpAlignment = 16;
    private const byte ZoneBelowMegabyte = 2;

    /// <summary>Adds what is known of memory and tables.</summary>
    /// <param name="device">The device.</param>
    /// <param name="ram">Bytes of memory from address 0 on that firmware and system may use.</param>
    /// <param name="tables">ACPI's tables as they lie in memory directly behind it, the RSDP first. Firmware puts a copy of that where systems look.</param>
    /// <param name="reserved">Bytes behind <paramref name="ram"/> that nobody may use.</param>
    /// <returns>False if there is no room for so many items.</returns>
    public static bool AddMachine(FirmwareConfiguration device, ulong ram, ReadOnlySpan<byte> tables, ulong reserved)
    {
        byte[] map = new byte[2 * MapEntry];
        PutRange(map, 0, ram, MapRam);
        PutRange(new Span<byte>(map, MapEntry, MapEntry), ram, reserved, MapReserved);
        byte[] loader = new byte[CommandSize];
        BinaryPrimitives.WriteUInt32LittleEndian(loader, CommandAllocate);
        for (int i = 0; i < Rsdp.Length; i++)
            loader[sizeof(uint) + i] = (byte)Rsdp[i];
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(loader).Slice(sizeof(uint) + NameSize), RsdpAlignment);
        loader[sizeof(uint) + NameSize + sizeof(uint)] = ZoneBelowMegabyte;
        return device.AddFile("etc/e820", map) && device.AddFile(Rsdp, tables.Slice(0, RsdpSize).ToArray())
            && device.AddFile("etc/table-loader", loader);
    }

    /// <summary>Lets firmware show on a serial port what it shows on a screen, and take keys from there; and not wait for a key.</summary>
    /// <returns>False if there is no room for so many items.</returns>
    public static bool AddConsole(FirmwareConfiguration device, ushort port) =>
        device.AddFile("etc/sercon-port", [(byte)port, (byte)(port >> 8)]) && device.AddFile("etc/show-boot-menu", [0]);

    private static void PutRange(Span<byte> entry, ulong address, ulong length, uint type)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(entry, address);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.Slice(sizeof(ulong)), length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.Slice(2 * sizeof(ulong)), type);
    }
}
