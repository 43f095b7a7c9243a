// The ACPI tables of a machine (ACPI 6.4, chapter 5; PCI Firmware 3.2 for MCFG).
using System;
using System.Buffers.Binary;
using Kilonova.Vmm.Models;

namespace Kilonova.Vmm.Acpi;

/// <summary>What the tables tell about a machine.</summary>
public struct AcpiSettings
{
    /// <summary>Virtual CPUs; their APIC IDs are 0 and up.</summary>
    public int Cpus;

    /// <summary>
    /// No fixed hardware but <see cref="SleepControl"/> and <see cref="ResetControl"/>, no 8259 pair, no timer, no clock (section 4.1).
    /// </summary>
    public bool IsHardwareReduced;

    /// <summary>Where the fixed hardware is, see <see cref="AcpiPowerManagement"/>; not for reduced hardware.</summary>
    public ushort PowerManagementPort;

    /// <summary>Whether there is a PCI host bridge.</summary>
    public bool HasPci;

    /// <summary>Configuration space of bus 0.</summary>
    public ulong ConfigurationAddress;

    /// <summary>First address of the window for PCI devices below 4 GiB.</summary>
    public uint PciWindow;

    /// <summary>Last address of that window.</summary>
    public uint PciWindowLast;

    /// <summary>First address of the window for PCI devices above 4 GiB; 0 for none.</summary>
    public ulong PciWindow64;

    /// <summary>Last address of that window.</summary>
    public ulong PciWindow64Last;

    /// <summary>Whether there are a keyboard controller and a serial port COM1.</summary>
    public bool HasKeyboard;

    /// <summary>Whether there is a serial port at 0x3f8.</summary>
    public bool HasSerial;
}

/// <summary>Builds the tables into one block of memory that begins with the RSDP.</summary>
public static class AcpiTables
{
    /// <summary>Where machines put the block: in the area that operating systems search.</summary>
    public const ulong DefaultAddress = 0xe_0000;

    private const int HeaderSize = 36;
    private const int RsdpSize = 36;
    private const int FadtSize = 276;
    private const int FacsSize = 64;
    private const int SciInterrupt = 9;
    private const byte SystemIo = 1;

    /// <summary>Builds the block.</summary>
    /// <param name="settings">The machine.</param>
    /// <param name="address">Guest-physical address at which the block will lie, a multiple of 64.</param>
    /// <returns>The block's bytes.</returns>
    public static byte[] Build(in AcpiSettings settings, ulong address)
    {
        byte[] block = new byte[0x2000];
        int facs = 64;
        int dsdt = facs + FacsSize;
        int end = WriteDsdt(block, dsdt, settings);
        WriteFacs(block, facs);

        Span<int> tables = stackalloc int[3];
        int count = 0;
        tables[count++] = end;
        end = settings.IsHardwareReduced
            ? WriteReducedFadt(block, end, address + (ulong)dsdt)
            : WriteFadt(block, end, settings, address + (ulong)facs, address + (ulong)dsdt);
        tables[count++] = end;
        end = WriteMadt(block, end, settings);
        if (settings.HasPci)
        {
            tables[count++] = end;
            end = WriteMcfg(block, end, settings.ConfigurationAddress);
        }

        int xsdt = end;
        for (int i = 0; i < count; i++)
            Put(block, xsdt + HeaderSize + (8 * i), 8, address + (ulong)tables[i]);
        end = Seal(block, xsdt, HeaderSize + (8 * count), "XSDT", 1);
        WriteRsdp(block, address + (ulong)xsdt);
        return new Span<byte>(block, 0, end).ToArray();
    }

    private static void WriteRsdp(byte[] block, ulong xsdt)
    {
        const int FirstPart = 20;
        Text(block, 0, "RSD PTR ");
        Text(block, 9, "KILONV");
        block[15] = 2;
        Put(block, 20, 4, RsdpSize);
        Put(block, 24, 8, xsdt);
        block[8] = Checksum(block, 0, FirstPart);
        block[32] = Checksum(block, 0, RsdpSize);
    }

    private static void WriteFacs(byte[] block, int at)
    {
        Text(block, at, "FACS");
        Put(block, at + 4, 4, FacsSize);
        block[at + 32] = 2;
    }

    private static int WriteFadt(byte[] block, int at, in AcpiSettings settings, ulong facs, ulong dsdt)
    {
        const uint WriteBackInvalidate = 1 << 0;
        const uint ProcessorC1 = 1 << 2;
        const uint SleepButtonIsControlMethod = 1 << 5;
        const uint TimerIs32Bit = 1 << 8;
        const uint ResetRegister = 1 << 10;
        const ushort LegacyDevices = 1 << 0;
        const ushort KeyboardController = 1 << 1;
        const ushort NoVga = 1 << 2;

        ushort port = settings.PowerManagementPort;
        Put(block, at + 36, 4, facs);
        Put(block, at + 40, 4, dsdt);
        Put(block, at + 46, 2, SciInterrupt);
        Put(block, at + 48, 4, AcpiPowerManagement.CommandPort);
        block[at + 52] = AcpiPowerManagement.EnableCommand;
        block[at + 53] = AcpiPowerManagement.DisableCommand;
        Put(block, at + 56, 4, port);
        Put(block, at + 64, 4, (ulong)(port + AcpiPowerManagement.ControlOffset));
        Put(block, at + 76, 4, (ulong)(port + AcpiPowerManagement.TimerOffset));
        Put(block, at + 80, 4, (ulong)(port + AcpiPowerManagement.GeneralEventOffset));
        block[at + 88] = 4;
        block[at + 89] = 2;
        block[at + 91] = 4;
        block[at + 92] = 4;
        // No C2 and C3: their latencies say so.
        Put(block, at + 96, 2, 0xffff);
        Put(block, at + 98, 2, 0xffff);
        block[at + 108] = 0x32;
        int boot = NoVga | (settings.HasSerial ? LegacyDevices : 0) | (settings.HasKeyboard ? KeyboardController : 0);
        Put(block, at + 109, 2, (ulong)boot);
        Put(block, at + 112, 4, WriteBackInvalidate | ProcessorC1 | SleepButtonIsControlMethod | TimerIs32Bit | ResetRegister);
        GenericAddress(block, at + 116, 8, 1, ResetControl.ResetPort);
        block[at + 128] = ResetControl.HardReset;
        block[at + 131] = 3;
        Put(block, at + 132, 8, facs);
        Put(block, at + 140, 8, dsdt);
        GenericAddress(block, at + 148, 32, 2, port);
        GenericAddress(block, at + 172, 16, 2, port + AcpiPowerManagement.ControlOffset);
        GenericAddress(block, at + 208, 32, 3, port + AcpiPowerManagement.TimerOffset);
        GenericAddress(block, at + 220, 32, 1, port + AcpiPowerManagement.GeneralEventOffset);
        return Seal(block, at, FadtSize, "FACP", 6);
    }

    private static int WriteReducedFadt(byte[] block, int at, ulong dsdt)
    {
        const uint WriteBackInvalidate = 1 << 0;
        const uint ResetRegister = 1 << 10;
        const uint HardwareReduced = 1 << 20;
        const ushort NoVga = 1 << 2;
        const ushort NoClock = 1 << 5;

        Put(block, at + 40, 4, dsdt);
        Put(block, at + 109, 2, NoVga | NoClock);
        Put(block, at + 112, 4, WriteBackInvalidate | ResetRegister | HardwareReduced);
        GenericAddress(block, at + 116, 8, 1, ResetControl.ResetPort);
        block[at + 128] = ResetControl.HardReset;
        block[at + 131] = 3;
        Put(block, at + 140, 8, dsdt);
        GenericAddress(block, at + 244, 8, 1, SleepControl.Port);
        GenericAddress(block, at + 256, 8, 1, SleepControl.Port + 1);
        return Seal(block, at, FadtSize, "FACP", 6);
    }

    private static int WriteMadt(byte[] block, int at, in AcpiSettings settings)
    {
        const uint DualPic = 1;
        int end = at + HeaderSize;
        Put(block, end, 4, ApicBase.DefaultAddress);
        Put(block, end + 4, 4, settings.IsHardwareReduced ? 0 : DualPic);
        end += 8;
        for (int i = 0; i < settings.Cpus; i++)
        {
            if (i < 0xff)
                end = Entry(block, end, 0, 8, (uint)i | ((ulong)(uint)i << 8) | (1ul << 16));
            else
                end = Extended(block, end, i);
        }

        end = Entry(block, end, 1, 12, IoApic.Address << 16);
        if (!settings.IsHardwareReduced)
        {
            // The timer is input 2; the SCI is level-triggered and active high, as its line is.
            end = Override(block, end, 0, 2, 0);
            end = Override(block, end, SciInterrupt, SciInterrupt, 0xd);
        }

        // LINT1 of all processors is the NMI.
        Put(block, end, 4, 0xff_0604);
        block[end + 5] = 1;
        end += 6;
        return Seal(block, at, end - at, "APIC", 4);
    }

    private static int Entry(byte[] block, int at, byte type, byte length, ulong body)
    {
        block[at] = type;
        block[at + 1] = length;
        Put(block, at + 2, length > 10 ? 8 : length - 2, body);
        return at + length;
    }

    private static int Extended(byte[] block, int at, int id)
    {
        Put(block, at, 2, 0x1009);
        Put(block, at + 4, 4, (ulong)id);
        Put(block, at + 8, 4, 1);
        Put(block, at + 12, 4, (ulong)id);
        return at + 16;
    }

    private static int Override(byte[] block, int at, byte source, uint interrupt, ushort flags)
    {
        Put(block, at, 4, 2 | (10 << 8) | ((ulong)source << 24));
        Put(block, at + 4, 4, interrupt);
        Put(block, at + 8, 2, flags);
        return at + 10;
    }

    private static int WriteMcfg(byte[] block, int at, ulong configuration)
    {
        Put(block, at + HeaderSize + 8, 8, configuration);
        return Seal(block, at, HeaderSize + 24, "MCFG", 1);
    }

    private static int WriteDsdt(byte[] block, int at, in AcpiSettings settings)
    {
        var aml = new AmlWriter(block, at + HeaderSize);
        aml.NameObject("\\_S5");
        aml.BeginPackage(4);
        aml.Integer(AcpiPowerManagement.SoftOffType);
        aml.Integer(AcpiPowerManagement.SoftOffType);
        aml.Integer(0);
        aml.Integer(0);
        aml.End();
        // The system says with _PIC which interrupt controller it uses.
        aml.NameInteger("\\PICM", 0);
        aml.BeginMethod("\\_PIC", 1);
        aml.StoreArgument(0, "\\PICM");
        aml.End();
        aml.BeginScope("\\_SB");
        if (settings.HasPci)
            WritePci(aml, settings);
        if (!settings.IsHardwareReduced)
            WriteLegacyDevices(aml, settings);
        aml.End();
        return Seal(block, at, aml.Position - at, "DSDT", 2);
    }

    private static void WritePci(AmlWriter aml, in AcpiSettings settings)
    {
        aml.BeginDevice("PCI0");
        aml.NameEisaId("_HID", "PNP0A08");
        aml.NameEisaId("_CID", "PNP0A03");
        aml.NameInteger("_UID", 0);
        aml.NameInteger("_BBN", 0);
        ResourceTemplate resources = new ResourceTemplate().Buses(0, 0).Io(PciHost.AddressPort, 8)
            .IoWindow(0, PciHost.AddressPort - 1).IoWindow(PciHost.AddressPort + 8, 0xffff)
            .MemoryWindow(settings.PciWindow, settings.PciWindowLast);
        if (settings.PciWindow64 != 0)
            resources.MemoryWindow64(settings.PciWindow64, settings.PciWindow64Last);
        aml.NameResources("_CRS", resources);
        WriteRouting(aml, "PRTA", throughIoApic: true);
        WriteRouting(aml, "PRTP", throughIoApic: false);
        aml.BeginMethod("_PRT", 0);
        aml.BeginIf("\\PICM");
        aml.Return("PRTA");
        aml.End();
        aml.Return("PRTP");
        aml.End();
        aml.End();
        // Systems trust the MCFG table only where a device claims the same memory.
        aml.BeginDevice("MCFG");
        aml.NameEisaId("_HID", "PNP0C02");
        aml.NameResources("_CRS", new ResourceTemplate().Memory32((uint)settings.ConfigurationAddress, (uint)PciHost.ConfigurationSize));
        aml.End();
    }

    // For each device the interrupt of its INTA.
    private static void WriteRouting(AmlWriter aml, string name, bool throughIoApic)
    {
        const int Devices = 32;
        aml.NameObject(name);
        aml.BeginPackage(Devices);
        for (int device = 0; device < Devices; device++)
        {
            int line = PciHost.LineOf(device);
            aml.BeginPackage(4);
            aml.Integer(((ulong)device << 16) | 0xffff);
            aml.Integer(0);
            aml.Integer(0);
            aml.Integer((ulong)(throughIoApic ? InterruptRouter.FirstPci + line : InterruptRouter.IsaInterrupt(line)));
            aml.End();
        }

        aml.End();
    }

    private static void WriteLegacyDevices(AmlWriter aml, in AcpiSettings settings)
    {
        aml.BeginDevice("RTC");
        aml.NameEisaId("_HID", "PNP0B00");
        aml.NameResources("_CRS", new ResourceTemplate().Io(RealTimeClock.Port, 2).Irq(8));
        aml.End();
        if (settings.HasKeyboard)
        {
            aml.BeginDevice("KBD");
            aml.NameEisaId("_HID", "PNP0303");
            aml.NameResources("_CRS",
                new ResourceTemplate().Io(KeyboardController.DataPort, 1).Io(KeyboardController.CommandPort, 1).Irq(1));
            aml.End();
            aml.BeginDevice("MOU");
            aml.NameEisaId("_HID", "PNP0F13");
            aml.NameResources("_CRS", new ResourceTemplate().Irq(12));
            aml.End();
        }

        if (settings.HasSerial)
        {
            aml.BeginDevice("COM1");
            aml.NameEisaId("_HID", "PNP0501");
            aml.NameInteger("_UID", 1);
            aml.NameResources("_CRS", new ResourceTemplate().Io(0x3f8, Uart16550.Ports).Irq(4));
            aml.End();
        }
    }

    private static void GenericAddress(byte[] block, int at, byte bits, byte accessSize, int port)
    {
        block[at] = SystemIo;
        block[at + 1] = bits;
        block[at + 3] = accessSize;
        Put(block, at + 4, 8, (ulong)port);
    }

    // Writes the header and returns where the next table may begin.
    private static int Seal(byte[] block, int at, int length, string signature, byte revision)
    {
        Text(block, at, signature);
        Put(block, at + 4, 4, (ulong)length);
        block[at + 8] = revision;
        block[at + 9] = 0;
        Text(block, at + 10, "KILONV");
        Text(block, at + 16, "KILONOVA");
        Put(block, at + 24, 4, 1);
        Text(block, at + 28, "KILO");
        Put(block, at + 32, 4, 1);
        block[at + 9] = Checksum(block, at, length);
        return (at + length + 15) & ~15;
    }

    private static byte Checksum(byte[] block, int at, int length)
    {
        byte sum = 0;
        for (int i = 0; i < length; i++)
            sum += block[at + i];
        return (byte)-sum;
    }

    private static void Text(byte[] block, int at, string text)
    {
        for (int i = 0; i < text.Length; i++)
            block[at + i] = (byte)text[i];
    }

    private static void Put(byte[] block, int at, int size, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes.Slice(0, size).CopyTo(new Span<byte>(block, at, size));
    }
}
