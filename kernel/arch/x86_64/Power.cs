using Kilonova.Formats.Acpi;

namespace Kilonova.Kernel;

/// <summary>Turning the machine off and resetting it (ACPI 6.5, sections 4.8.3 and 4.8.3.6), for ctrl_hw.</summary>
public static unsafe class Power
{
    private const ushort SleepTypeShift = 10;
    private const ushort SleepTypeMask = 7 << SleepTypeShift;
    private const ushort SleepEnable = 1 << 13;
    private const ushort SciEnable = 1;
    private const ushort ResetControl = 0xcf9;
    private const ushort KeyboardCommand = 0x64;

    /// <summary>The reset register where it lies in memory; 0 otherwise.</summary>
    private static nint s_resetRegister;

    /// <summary>Boot CPU: gets at the reset register, if it lies in memory.</summary>
    public static void Initialize()
    {
        ReadOnlySpan<byte> table = Platform.Fadt;
        if (!table.IsEmpty && Fadt.CanReset(table) && Fadt.ResetSpace(table) == AcpiAddressSpace.Memory)
            s_resetRegister = KernelSpace.MapMmio(Fadt.ResetAddress(table), 1);
    }

    /// <summary>
    /// Enters soft-off with the values of the \_S5 object. False if the machine has no such registers or goes on nevertheless.
    /// </summary>
    /// <param name="a">SLP_TYPa, 0 to 7.</param>
    /// <param name="b">SLP_TYPb, 0 to 7.</param>
    public static bool TryOff(uint a, uint b)
    {
        ReadOnlySpan<byte> table = Platform.Fadt;
        ushort portA = table.IsEmpty ? (ushort)0 : Fadt.Pm1aControlPort(table);
        if (portA == 0 || Fadt.IsHardwareReduced(table))
            return false;

        EnableAcpi(table, portA);
        ushort portB = Fadt.Pm1bControlPort(table);
        SetSleep(portA, a);
        if (portB != 0)
            SetSleep(portB, b);

        Wait(1000);
        return false;
    }

    /// <summary>Resets the machine: by the register that ACPI names, the chipset's, the keyboard controller, a triple fault.</summary>
    public static bool TryReset()
    {
        ReadOnlySpan<byte> table = Platform.Fadt;
        if (!table.IsEmpty && Fadt.CanReset(table))
        {
            ResetByRegister(table);
            Wait(50);
        }

        Port.Write8(ResetControl, 0x02);
        Port.Write8(ResetControl, 0x06);
        Wait(50);
        Port.Write8(KeyboardCommand, 0xfe);
        Wait(50);
        Processor.TripleFault();
        return false;
    }

    private static void ResetByRegister(ReadOnlySpan<byte> table)
    {
        ulong address = Fadt.ResetAddress(table);
        byte value = Fadt.ResetValue(table);
        switch (Fadt.ResetSpace(table))
        {
            case AcpiAddressSpace.Memory:
                Mmio.Write8(s_resetRegister, value);
                break;
            case AcpiAddressSpace.Port when address <= ushort.MaxValue:
                Port.Write8((ushort)address, value);
                break;
            case AcpiAddressSpace.PciConfiguration:
                // Device in bits 47-32, function in 31-16, register in 15-0, on bus 0.
                uint device = (uint)(address >> 32) & 0x1f;
                uint function = (uint)(address >> 16) & 7;
                Port.Write32(0xcf8, 0x8000_0000 | (device << 11) | (function << 8) | (uint)(address & 0xfc));
                Port.Write8((ushort)(0xcfc + (address & 3)), value);
                break;
        }
    }

    /// <summary>Firmware that has not handed over its registers yet is asked to.</summary>
    private static void EnableAcpi(ReadOnlySpan<byte> table, ushort control)
    {
        ushort command = Fadt.SmiCommandPort(table);
        byte enable = Fadt.AcpiEnable(table);
        if (command == 0 || enable == 0 || (Port.Read16(control) & SciEnable) != 0)
            return;

        Port.Write8(command, enable);
        for (int i = 0; i < 300 && (Port.Read16(control) & SciEnable) == 0; i++)
            Wait(10);
    }

    private static void SetSleep(ushort port, uint type)
    {
        uint value = (uint)(Port.Read16(port) & ~(SleepTypeMask | SleepEnable)) | ((type & 7) << SleepTypeShift);
        Port.Write16(port, (ushort)value);
        Port.Write16(port, (ushort)(value | SleepEnable));
    }

    private static void Wait(uint milliseconds) => Tsc.Wait(Machine.MillisecondsToTicks(milliseconds));
}
