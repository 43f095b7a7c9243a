using System;

namespace Kilonova.Formats.Acpi;

/// <summary>The serial port console redirection table. Microsoft's specification "Serial Port Console Redirection Table", version 1.08.</summary>
public static class Spcr
{
    /// <summary>"SPCR".</summary>
    public const uint Signature = 0x52435053;

    private const uint InterfaceType = 36;
    private const uint BaseAddressSpace = 40;
    private const uint BaseAddress = 44;

    /// <summary>The I/O port of the first register of a 16550 or 16450; 0 if the console is anything else.</summary>
    public static ushort SerialPort(ReadOnlySpan<byte> table)
    {
        ulong address = Little.U64(table, BaseAddress);
        bool compatible = Little.U8(table, InterfaceType) is 0 or 1 && Little.U8(table, BaseAddressSpace) == (byte)AcpiAddressSpace.Port;
        return compatible && address is > 0 and <= 0xfff8 && table.Length >= BaseAddress + 8 ? (ushort)address : (ushort)0;
    }
}
