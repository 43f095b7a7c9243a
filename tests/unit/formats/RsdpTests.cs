using System;
using Kilonova.Formats.Acpi;
using Xunit;

namespace Kilonova.Formats.Tests;

public class RsdpTests
{
    [Fact]
    public void Version_1_names_the_rsdt_only()
    {
        byte[] rsdp = AcpiSamples.Rsdp1();

        Assert.Equal(AcpiStatus.Ok, Rsdp.Check(rsdp));
        Assert.Equal(AcpiSamples.RsdtAddress, Rsdp.RsdtAddress(rsdp));
        Assert.Equal(0ul, Rsdp.XsdtAddress(rsdp));
    }

    [Fact]
    public void Version_2_names_both()
    {
        byte[] rsdp = AcpiSamples.Rsdp2();

        Assert.Equal(AcpiStatus.Ok, Rsdp.Check(rsdp));
        Assert.Equal(AcpiSamples.XsdtAddress, Rsdp.XsdtAddress(rsdp));
        Assert.Equal(AcpiSamples.RsdtAddress, Rsdp.RsdtAddress(rsdp));
    }

    [Fact]
    public void A_wrong_letter_is_a_bad_signature()
        => Assert.Equal(AcpiStatus.BadSignature, Rsdp.Check(Bytes.With(AcpiSamples.Rsdp2(), 3, (byte)'X')));

    [Theory]
    [InlineData(10)]
    [InlineData(17)]
    [InlineData(25)]
    public void Any_changed_byte_is_a_bad_checksum(int offset)
        => Assert.Equal(AcpiStatus.BadChecksum, Rsdp.Check(Bytes.With(AcpiSamples.Rsdp2(), offset, 0x5a)));

    [Theory]
    [InlineData(35)]
    [InlineData(37)]
    [InlineData(5000)]
    public void A_lying_length_is_refused(int length)
        => Assert.Equal(AcpiStatus.BadLength, Rsdp.Check(Bytes.With(AcpiSamples.Rsdp2(), 20, Bytes.Le((ulong)length, 4))));

    [Fact]
    public void A_truncated_structure_is_refused()
    {
        Assert.Equal(AcpiStatus.BadLength, Rsdp.Check(AcpiSamples.Rsdp1().AsSpan(0, 19)));
        Assert.Equal(AcpiStatus.BadLength, Rsdp.Check(AcpiSamples.Rsdp2().AsSpan(0, 35)));
    }

    [Fact]
    public void Reading_takes_the_length_of_the_revision()
    {
        FakeMemory memory = new FakeMemory().Put(0x1000, AcpiSamples.Rsdp1()).Put(0x2000, AcpiSamples.Rsdp2());

        Assert.Equal(20, Rsdp.Read(memory.Reader, 0x1000, out AcpiStatus first).Length);
        Assert.Equal(36, Rsdp.Read(memory.Reader, 0x2000, out AcpiStatus second).Length);
        Assert.Equal((AcpiStatus.Ok, AcpiStatus.Ok), (first, second));
    }

    [Fact]
    public void Reading_where_nothing_is_says_so()
    {
        Assert.True(Rsdp.Read(new FakeMemory().Reader, 0x1000, out AcpiStatus status).IsEmpty);
        Assert.Equal(AcpiStatus.NotReadable, status);
    }

    [Fact]
    public void A_structure_cut_off_by_the_end_of_memory_is_not_readable()
    {
        FakeMemory memory = new FakeMemory().Put(0x1000, AcpiSamples.Rsdp2().AsSpan(0, 24).ToArray());

        Assert.True(Rsdp.Read(memory.Reader, 0x1000, out AcpiStatus status).IsEmpty);
        Assert.Equal(AcpiStatus.NotReadable, status);
    }

    [Theory]
    [InlineData(0xe0000)]
    [InlineData(0xf5a40)]
    [InlineData(0xfffe0)]
    public void The_search_finds_it_in_the_bios(uint address)
        => Assert.Equal(address, Rsdp.Search(Bios(address, AcpiSamples.Rsdp1()).Reader));

    [Fact]
    public void The_search_looks_into_the_extended_bios_data_area_first()
    {
        byte[] ebda = new byte[1024];
        AcpiSamples.Rsdp2().CopyTo(ebda, 0x40);
        FakeMemory memory = Bios(0xf0000, AcpiSamples.Rsdp1(), ebdaSegment: 0x9fc0).Put(0x9fc00, ebda);

        Assert.Equal(0x9fc40ul, Rsdp.Search(memory.Reader));
    }

    [Fact]
    public void The_search_passes_over_a_damaged_structure()
    {
        byte[] damaged = Bytes.With(AcpiSamples.Rsdp1(), 16, 1);
        byte[] area = Bytes.New.Add(damaged).To(32).Add(AcpiSamples.Rsdp1()).Array();

        Assert.Equal(0xe0020ul, Rsdp.Search(Bios(0xe0000, area).Reader));
    }

    [Theory]
    [InlineData(0xe0008)]
    [InlineData(0xffff0)]
    public void The_search_takes_neither_a_misaligned_nor_a_cut_off_structure(uint address)
    {
        byte[] rsdp = AcpiSamples.Rsdp2();
        byte[] fits = address + rsdp.Length > 0x100000 ? rsdp.AsSpan(0, (int)(0x100000 - address)).ToArray() : rsdp;

        Assert.Equal(0ul, Rsdp.Search(Bios(address, fits).Reader));
    }

    [Fact]
    public void The_search_of_nothing_finds_nothing() => Assert.Equal(0ul, Rsdp.Search(new FakeMemory().Reader));

    private static FakeMemory Bios(uint address, byte[] content, ushort ebdaSegment = 0)
    {
        byte[] area = new byte[0x20000];
        content.CopyTo(area, address - 0xe0000);
        return new FakeMemory().Put(0xe0000, area).Put(0x40e, Bytes.Le(ebdaSegment, 2));
    }
}
