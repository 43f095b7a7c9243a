using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Kilonova.Vmm.Acpi;
using Kilonova.Vmm.Models;
using Xunit;

namespace Kilonova.Vmm.Tests;

public sealed class AcpiTests
{
    private const ulong Address = AcpiTables.DefaultAddress;

    private static readonly AcpiSettings s_settings = new()
    {
        Cpus = 3,
        PowerManagementPort = AcpiPowerManagement.DefaultPort,
        HasPci = true,
        ConfigurationAddress = PciHost.DefaultConfigurationAddress,
        PciWindow = 0xc000_0000,
        PciWindowLast = 0xdfff_ffff,
        PciWindow64 = 0x80_0000_0000,
        PciWindow64Last = 0x8f_ffff_ffff,
        HasKeyboard = true,
        HasSerial = true,
    };

    [Fact]
    public void Reduced_hardware_has_sleep_and_reset_registers_and_nothing_of_a_PC()
    {
        var settings = new AcpiSettings
        {
            Cpus = 2,
            IsHardwareReduced = true,
            HasPci = true,
            ConfigurationAddress = PciHost.DefaultConfigurationAddress,
            PciWindow = 0xc000_0000,
            PciWindowLast = 0xdfff_ffff,
        };
        Dictionary<string, byte[]> tables = Tables(AcpiTables.Build(settings, Address));
        byte[] fadt = tables["FACP"];
        Assert.Equal(1u << 20, Get(fadt, 112, 4) & (1u << 20));
        Assert.Equal(0ul, Get(fadt, 36, 4) | Get(fadt, 46, 2) | Get(fadt, 56, 4) | Get(fadt, 64, 4) | Get(fadt, 76, 4));
        Assert.Equal(SleepControl.Port, Get(fadt, 248, 8));
        Assert.Equal(SleepControl.Port + 1ul, Get(fadt, 260, 8));
        Assert.Equal((ulong)ResetControl.ResetPort, Get(fadt, 120, 8));
        byte[] madt = tables["APIC"];
        Assert.Equal(0ul, Get(madt, 40, 4));
        // Two local APICs, the I/O APIC, and the NMI.
        Assert.Equal(44 + 8 + 8 + 12 + 6, madt.Length);
        Assert.DoesNotContain("RTC", Encoding.ASCII.GetString(Table(AcpiTables.Build(settings, Address), Get(fadt, 140, 8))), StringComparison.Ordinal);
    }

    private static ulong Get(byte[] bytes, int at, int size)
    {
        ulong value = 0;
        for (int i = 0; i < size; i++)
            value |= (ulong)bytes[at + i] << (8 * i);
        return value;
    }

    private static byte[] Table(byte[] block, ulong address)
    {
        int at = (int)(address - Address);
        byte[] table = block[at..(at + (int)Get(block, at + 4, 4))];
        Assert.Equal(0, table.Aggregate(0, (sum, b) => (sum + b) & 0xff));
        return table;
    }

    private static Dictionary<string, byte[]> Tables(byte[] block)
    {
        byte[] rsdp = block[..36];
        Assert.Equal("RSD PTR ", Encoding.ASCII.GetString(rsdp, 0, 8));
        Assert.Equal(0, rsdp[..20].Aggregate(0, (sum, b) => (sum + b) & 0xff));
        Assert.Equal(0, rsdp.Aggregate(0, (sum, b) => (sum + b) & 0xff));
        byte[] xsdt = Table(block, Get(rsdp, 24, 8));
        var tables = new Dictionary<string, byte[]>();
        for (int at = 36; at < xsdt.Length; at += 8)
        {
            byte[] table = Table(block, Get(xsdt, at, 8));
            tables.Add(Encoding.ASCII.GetString(table, 0, 4), table);
        }

        tables.Add("DSDT", Table(block, Get(tables["FACP"], 140, 8)));
        return tables;
    }

    [Fact]
    public void Every_table_is_reached_and_its_sum_is_zero()
    {
        Dictionary<string, byte[]> tables = Tables(AcpiTables.Build(s_settings, Address));
        Assert.Equal(["APIC", "DSDT", "FACP", "MCFG"], tables.Keys.Order());
        Assert.Equal(PciHost.DefaultConfigurationAddress, Get(tables["MCFG"], 44, 8));
        Assert.Equal(0ul, Get(tables["MCFG"], 52, 4));
    }

    [Fact]
    public void The_fixed_description_names_the_models_registers()
    {
        byte[] fadt = Tables(AcpiTables.Build(s_settings, Address))["FACP"];
        Assert.Equal(276, fadt.Length);
        Assert.Equal(9ul, Get(fadt, 46, 2));
        Assert.Equal(0x600ul, Get(fadt, 56, 4));
        Assert.Equal(0x604ul, Get(fadt, 64, 4));
        Assert.Equal(0x608ul, Get(fadt, 76, 4));
        Assert.Equal(0xcf9ul, Get(fadt, 120, 8));
        Assert.Equal(6, fadt[128]);
        // Not hardware-reduced; a fixed power button; the reset register counts.
        ulong flags = Get(fadt, 112, 4);
        Assert.Equal(0ul, flags & ((1 << 20) | (1 << 4)));
        Assert.NotEqual(0ul, flags & (1 << 10));
        Assert.Equal(0x600ul, Get(fadt, 152, 8));
        Assert.Equal(0x608ul, Get(fadt, 212, 8));
    }

    [Fact]
    public void The_interrupt_description_lists_processors_and_overrides()
    {
        AcpiSettings settings = s_settings;
        settings.Cpus = 260;
        byte[] madt = Tables(AcpiTables.Build(settings, Address))["APIC"];
        int local = 0;
        int extended = 0;
        var overrides = new List<(int, ulong)>();
        for (int at = 44; at < madt.Length; at += madt[at + 1])
        {
            Assert.NotEqual(0, madt[at + 1]);
            switch (madt[at])
            {
                case 0:
                    Assert.Equal(local, madt[at + 3]);
                    Assert.Equal(1ul, Get(madt, at + 4, 4));
                    local++;
                    break;
                case 1:
                    Assert.Equal(IoApic.Address, Get(madt, at + 4, 4));
                    break;
                case 2:
                    overrides.Add((madt[at + 3], Get(madt, at + 4, 4)));
                    break;
                case 4:
                    Assert.Equal(0xff, madt[at + 2]);
                    Assert.Equal(1, madt[at + 5]);
                    break;
                case 9:
                    Assert.Equal((ulong)(255 + extended++), Get(madt, at + 4, 4));
                    break;
                default:
                    Assert.Fail("An entry of unknown type.");
                    break;
            }
        }

        Assert.Equal((255, 5), (local, extended));
        Assert.Equal([(0, 2ul), (9, 9ul)], overrides);
    }

    [Fact]
    public void The_definition_block_decodes_to_what_was_meant()
    {
        byte[] dsdt = Tables(AcpiTables.Build(s_settings, Address))["DSDT"];
        string text = new AmlDecoder(dsdt[36..]).Decode();
        Assert.StartsWith("Name \\_S5 Package 4 { 5 5 0 0 } Name \\PICM 0 Method \\_PIC 1 "
            + "{ Store Arg0 \\PICM } Scope \\_SB { Device PCI0 { "
            + "Name _HID 80ad041 ", text, StringComparison.Ordinal);
        // Device 5's pin A is line B: input 17, or interrupt 11.
        Assert.Contains("Package 4 { 5ffff 0 0 11 }", text, StringComparison.Ordinal);
        Assert.Contains("Package 4 { 5ffff 0 0 b }", text, StringComparison.Ordinal);
        Assert.Contains("Method _PRT 0 { If \\PICM { Return PRTA } Return PRTP }", text, StringComparison.Ordinal);
        Assert.Contains("4701F803F803010822100079", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_without_pci_has_no_pci_tables()
    {
        AcpiSettings settings = s_settings;
        settings.HasPci = false;
        Dictionary<string, byte[]> tables = Tables(AcpiTables.Build(settings, Address));
        Assert.False(tables.ContainsKey("MCFG"));
        Assert.DoesNotContain("PCI0", new AmlDecoder(tables["DSDT"][36..]).Decode(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_reference_compiler_reads_the_tables_where_it_is_installed()
    {
        const string Compiler = "/usr/bin/iasl";
        Dictionary<string, byte[]> tables = Tables(AcpiTables.Build(s_settings, Address));
        if (!File.Exists(Compiler))
            return;
        string folder = Directory.CreateTempSubdirectory("acpi").FullName;
        try
        {
            foreach ((string name, byte[] table) in tables)
                File.WriteAllBytes(Path.Combine(folder, name + ".aml"), table);
            foreach (string name in tables.Keys)
            {
                string output = Run(Compiler, folder, "-d", name + ".aml");
                Assert.True(File.Exists(Path.Combine(folder, name + ".dsl")), output);
                output = Run(Compiler, folder, "-vs", name + ".dsl");
                Assert.True(output.Contains("0 Errors", StringComparison.Ordinal), output);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Run(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEndAsync().Result + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
