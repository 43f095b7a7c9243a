using Kilonova.Formats.Acpi;
using Kilonova.Formats.Multiboot;
using Xunit;

namespace Kilonova.Formats.Tests;

/// <summary>The serial console table, and the UEFI memory map as Multiboot 2 passes it on.</summary>
public class BootTableTests
{
    private static byte[] Spcr(byte type, byte space, ulong address) => Bytes.Table(
        "SPCR", Bytes.New.U8(type, 0, 0, 0).U8(space, 8, 0, 1).U64(address).Array(), revision: 2);

    [Theory]
    [InlineData(0, 1, 0x2f8ul, 0x2f8)]
    [InlineData(1, 1, 0x3e8ul, 0x3e8)]
    [InlineData(0, 0, 0xfe03_0000ul, 0)] // in memory
    [InlineData(3, 1, 0x3f8ul, 0)] // another UART
    [InlineData(0, 1, 0x1_03f8ul, 0)] // no port
    [InlineData(0, 1, 0ul, 0)] // console redirection is off
    public void A_16550_at_a_port_is_the_serial_console(byte type, byte space, ulong address, int port) =>
        Assert.Equal(port, Acpi.Spcr.SerialPort(Spcr(type, space, address)));

    [Fact]
    public void A_console_table_that_is_cut_off_names_no_port() =>
        Assert.Equal(0, Acpi.Spcr.SerialPort(Spcr(0, 1, 0x3f8)[..50]));

    private static byte[] EfiMap(uint descriptorSize, byte[] descriptors) => Bytes.New
        .U32(17).U32(16 + (uint)descriptors.Length).U32(descriptorSize).U32(1).Add(descriptors).Array();

    private static byte[] Descriptor(uint type, ulong start, ulong pages) =>
        Bytes.New.U32(type).U32(0).U64(start).U64(0).U64(pages).U64(0).U64(0).Array();

    [Fact]
    public void Descriptors_lie_as_far_apart_as_the_map_says()
    {
        byte[] map = EfiMap(48, [.. Descriptor(5, 0x1000, 2), .. Descriptor(7, 0x10_0000, 3)]);
        Assert.Equal(2u, Multiboot2.EfiDescriptorCount(map));
        Assert.Equal((5u, 0x1000ul, 2ul), Read(map, 0));
        Assert.Equal((7u, 0x10_0000ul, 3ul), Read(map, 1));
        Assert.True(Multiboot2.EfiDescriptor(map, 2).IsEmpty);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(39u)]
    [InlineData(0xffff_ffffu)]
    public void A_map_with_a_descriptor_size_that_cannot_be_right_is_empty(uint size)
    {
        byte[] map = EfiMap(size, Descriptor(5, 0x1000, 2));
        Assert.Equal(0u, Multiboot2.EfiDescriptorCount(map));
        Assert.True(Multiboot2.EfiDescriptor(map, 0).IsEmpty);
        Assert.Equal(0u, Multiboot2.EfiDescriptorCount([]));
    }

    private static (uint Type, ulong Start, ulong Pages) Read(byte[] map, uint index)
    {
        var descriptor = Multiboot2.EfiDescriptor(map, index);
        return (Multiboot2.EfiType(descriptor), Multiboot2.EfiStart(descriptor), Multiboot2.EfiPages(descriptor));
    }
}
