using System.Text;
using Kilonova.Formats;
using Kilonova.Kernel;
using Xunit;

namespace Kilonova.KernelBoot.Tests;

[Collection("options")]
public class KernelOptionsTests
{
    [Theory]
    [InlineData("", 0x3f8, false)]
    [InlineData("kernel.elf serial=off", 0, true)]
    [InlineData("serial=0x2F8 other", 0x2f8, true)]
    [InlineData("serial=760", 760, true)]
    [InlineData("serial=0", 0x3f8, false)]
    [InlineData("serial=0x10000", 0x3f8, false)]
    [InlineData("serial=0x3f8x", 0x3f8, false)]
    [InlineData("serial", 0x3f8, false)]
    public void The_serial_port_is_what_is_named_or_the_usual_one(string line, int port, bool given)
    {
        KernelOptions.Read(Encoding.ASCII.GetBytes(line));
        Assert.Equal(port, KernelOptions.SerialPort);
        Assert.Equal(given, KernelOptions.SerialPortGiven);
    }

    [Theory]
    [InlineData("log=debug", LogLevel.Debug)]
    [InlineData("log=warning", LogLevel.Warning)]
    [InlineData("log=error", LogLevel.Error)]
    [InlineData("log=errors", LogLevel.Info)]
    [InlineData("", LogLevel.Info)]
    public void The_log_level_is_one_of_four_words(string line, LogLevel level)
    {
        KernelOptions.Read(Encoding.ASCII.GetBytes(line));
        Assert.Equal(level, KernelOptions.LogLevel);
    }

    [Theory]
    [InlineData("cpus=4 nox2apic", 4u, true)]
    [InlineData("cpus=0", (uint)Cpu.Max, false)]
    [InlineData("cpus=99999", (uint)Cpu.Max, false)]
    public void Cpus_and_apic_mode_can_be_limited(string line, uint cpus, bool noX2Apic)
    {
        KernelOptions.Read(Encoding.ASCII.GetBytes(line));
        Assert.Equal(cpus, KernelOptions.MaxCpus);
        Assert.Equal(noX2Apic, KernelOptions.NoX2Apic);
    }

    [Theory]
    [InlineData("noiommu log=debug", true)]
    [InlineData("noiommus", false)]
    [InlineData("", false)]
    public void Iommus_are_left_alone_where_that_is_asked_for(string line, bool left)
    {
        KernelOptions.Read(Encoding.ASCII.GetBytes(line));
        Assert.Equal(left, KernelOptions.NoIommu);
    }

    [Theory]
    [InlineData("0", true, 0ul)]
    [InlineData("18446744073709551615", true, ulong.MaxValue)]
    [InlineData("18446744073709551616", false, 0ul)]
    [InlineData("0xffffffffffffffff", true, ulong.MaxValue)]
    [InlineData("0x10000000000000000", false, 0ul)]
    [InlineData("0x", false, 0ul)]
    [InlineData("", false, 0ul)]
    [InlineData("12a", false, 0ul)]
    [InlineData("-1", false, 0ul)]
    public void Numbers_are_decimal_or_hexadecimal_and_fit_64_bits(string text, bool valid, ulong expected)
    {
        Assert.Equal(valid, CommandLine.TryNumber(Encoding.ASCII.GetBytes(text), out ulong value));
        if (valid)
        {
            Assert.Equal(expected, value);
        }
    }
}
