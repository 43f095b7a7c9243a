using System;
using Kilonova.Formats.Acpi;
using Xunit;

namespace Kilonova.Formats.Tests;

public class AcpiRootTests
{
    private const ulong Hpet = AcpiSamples.FirstTable;
    private const ulong Madt = AcpiSamples.FirstTable + 0x1000;

    [Fact]
    public void The_xsdt_is_preferred_and_its_tables_are_found()
    {
        FakeMemory memory = Machine(AcpiSamples.Xsdt(Hpet, Madt));

        Assert.Equal((AcpiStatus.Ok, AcpiSamples.XsdtAddress), Root(memory, AcpiSamples.Rsdp2()));
        Assert.Equal(AcpiStatus.Ok, Find(memory, AcpiSamples.Rsdp2(), AcpiSignature.Madt));
        Assert.Equal(AcpiStatus.Ok, Find(memory, AcpiSamples.Rsdp2(), AcpiSignature.Hpet));
        Assert.Equal(AcpiStatus.Missing, Find(memory, AcpiSamples.Rsdp2(), AcpiSignature.Dmar));
    }

    [Fact]
    public void The_rsdt_is_used_where_there_is_no_xsdt()
    {
        FakeMemory memory = Machine(null, AcpiSamples.Rsdt((uint)Hpet, (uint)Madt));

        Assert.Equal((AcpiStatus.Ok, AcpiSamples.RsdtAddress), Root(memory, AcpiSamples.Rsdp1()));
        Assert.Equal((AcpiStatus.Ok, AcpiSamples.RsdtAddress), Root(memory, AcpiSamples.Rsdp2(xsdt: 0)));
        Assert.Equal(AcpiStatus.Ok, Find(memory, AcpiSamples.Rsdp1(), AcpiSignature.Madt));
    }

    [Fact]
    public void A_pointer_that_names_no_root_is_refused()
        => Assert.Equal((AcpiStatus.NoRoot, 0ul), Root(Machine(null), AcpiSamples.Rsdp1(rsdt: 0)));

    [Fact]
    public void A_root_outside_of_memory_is_refused()
        => Assert.Equal(AcpiStatus.NotReadable, Root(Machine(null), AcpiSamples.Rsdp2()).Status);

    [Fact]
    public void A_root_with_another_signature_is_refused()
        => Assert.Equal(AcpiStatus.BadSignature, Root(Machine(AcpiSamples.Rsdt(1)), AcpiSamples.Rsdp2()).Status);

    [Fact]
    public void A_root_with_a_bad_checksum_is_refused()
        => Assert.Equal(AcpiStatus.BadChecksum, Root(Machine(Bytes.With(AcpiSamples.Xsdt(Hpet), 36, 1)), AcpiSamples.Rsdp2()).Status);

    [Fact]
    public void A_root_with_half_an_entry_is_refused()
        => Assert.Equal(AcpiStatus.BadLength, Root(Machine(Bytes.Table("XSDT", new byte[12])), AcpiSamples.Rsdp2()).Status);

    [Theory]
    [InlineData(35u, AcpiStatus.BadLength)]
    [InlineData(0u, AcpiStatus.BadLength)]
    [InlineData(4096u, AcpiStatus.NotReadable)]
    [InlineData(AcpiTable.MaxLength + 1, AcpiStatus.TooLong)]
    [InlineData(0xffff_ffffu, AcpiStatus.TooLong)]
    public void A_lying_length_is_refused(uint length, AcpiStatus expected)
    {
        byte[] root = Bytes.Seal(Bytes.With(AcpiSamples.Xsdt(Hpet), 4, Bytes.Le(length, 4)));

        Assert.Equal(expected, Root(Machine(root), AcpiSamples.Rsdp2()).Status);
    }

    [Fact]
    public void A_root_that_lists_itself_is_a_loop()
        => Assert.Equal(AcpiStatus.Loop, Find(Machine(AcpiSamples.Xsdt(AcpiSamples.XsdtAddress)), AcpiSamples.Rsdp2(), AcpiSignature.Madt));

    [Fact]
    public void A_search_goes_on_behind_a_bad_entry()
    {
        FakeMemory memory = Machine(AcpiSamples.Xsdt(0, AcpiSamples.XsdtAddress, 0xdead_0000, Madt));

        Assert.Equal(AcpiStatus.Ok, Find(memory, AcpiSamples.Rsdp2(), AcpiSignature.Madt));
        Assert.Equal(AcpiStatus.NotReadable, Find(memory, AcpiSamples.Rsdp2(), AcpiSignature.Dmar));
    }

    [Fact]
    public void A_table_with_a_bad_checksum_is_refused()
    {
        FakeMemory memory = new FakeMemory()
            .Put(AcpiSamples.XsdtAddress, AcpiSamples.Xsdt(Madt))
            .Put(Madt, Bytes.With(AcpiSamples.MadtOfEverything(), 40, 0));

        Assert.Equal(AcpiStatus.BadChecksum, Find(memory, AcpiSamples.Rsdp2(), AcpiSignature.Madt));
    }

    [Theory]
    [InlineData(8, AcpiStatus.BadLength)]
    [InlineData(5000, AcpiStatus.NotReadable)]
    public void A_table_with_a_lying_length_is_refused(int length, AcpiStatus expected)
    {
        FakeMemory memory = new FakeMemory()
            .Put(AcpiSamples.XsdtAddress, AcpiSamples.Xsdt(Madt))
            .Put(Madt, Bytes.Seal(Bytes.With(AcpiSamples.MadtOfEverything(), 4, Bytes.Le((ulong)length, 4))));

        Assert.Equal(expected, Find(memory, AcpiSamples.Rsdp2(), AcpiSignature.Madt));
    }

    [Fact]
    public void A_table_that_begins_within_the_root_overlaps_it()
    {
        // The entries of this root are, from its second on, a sound HPET table.
        byte[] hpet = AcpiSamples.Hpet();
        byte[] body = Bytes.New.U64(AcpiSamples.XsdtAddress + 44).Add(hpet).Array();
        FakeMemory memory = new FakeMemory().Put(AcpiSamples.XsdtAddress, Bytes.Table("XSDT", body));

        Assert.Equal(AcpiStatus.Overlap, Find(memory, AcpiSamples.Rsdp2(), AcpiSignature.Hpet));
    }

    [Fact]
    public void A_table_that_reaches_into_the_root_overlaps_it()
    {
        byte[] root = AcpiSamples.Xsdt(AcpiSamples.XsdtAddress - 40);
        byte[] around = Bytes.Table("HPET", Bytes.New.Zero(4).Add(root).Array());
        FakeMemory memory = new FakeMemory().Put(AcpiSamples.XsdtAddress - 40, around);

        Assert.Equal(AcpiStatus.Overlap, Find(memory, AcpiSamples.Rsdp2(), AcpiSignature.Hpet));
    }

    [Fact]
    public void A_table_at_the_end_of_the_address_space_does_not_wrap_around()
    {
        byte[] table = Bytes.With(AcpiSamples.Hpet(), 4, Bytes.Le(4096, 4));
        FakeMemory memory = new FakeMemory().Put(ulong.MaxValue - 36, table.AsSpan(0, 36).ToArray());

        Assert.True(AcpiTable.Read(memory.Reader, ulong.MaxValue - 36, AcpiSignature.Hpet, out AcpiStatus status).IsEmpty);
        Assert.Equal(AcpiStatus.NotReadable, status);
    }

    [Fact]
    public void Listed_addresses_can_be_counted_and_read()
    {
        byte[] xsdt = AcpiSamples.Xsdt(0x1_2345_6789_abcd, 2);
        byte[] rsdt = AcpiSamples.Rsdt(1, 2, 3);

        Assert.Equal(2u, AcpiRoot.Count(xsdt));
        Assert.Equal(0x1_2345_6789_abcdul, AcpiRoot.Address(xsdt, 0));
        Assert.Equal(0ul, AcpiRoot.Address(xsdt, 2));
        Assert.Equal(3u, AcpiRoot.Count(rsdt));
        Assert.Equal(3ul, AcpiRoot.Address(rsdt, 2));
        Assert.Equal(0u, AcpiRoot.Count([]));
    }

    private static FakeMemory Machine(byte[]? xsdt, byte[]? rsdt = null) => new FakeMemory()
        .Put(AcpiSamples.XsdtAddress, xsdt ?? [])
        .Put(AcpiSamples.RsdtAddress, rsdt ?? [])
        .Put(Hpet, AcpiSamples.Hpet())
        .Put(Madt, AcpiSamples.MadtOfEverything());

    private static (AcpiStatus Status, ulong Address) Root(FakeMemory memory, byte[] rsdp)
    {
        ReadOnlySpan<byte> root = AcpiRoot.Read(memory.Reader, rsdp, out ulong address, out AcpiStatus status);
        Assert.Equal(status == AcpiStatus.Ok, !root.IsEmpty);
        return (status, address);
    }

    private static AcpiStatus Find(FakeMemory memory, byte[] rsdp, uint signature)
    {
        ReadOnlySpan<byte> root = AcpiRoot.Read(memory.Reader, rsdp, out ulong address, out AcpiStatus status);
        Assert.Equal(AcpiStatus.Ok, status);
        ReadOnlySpan<byte> table = AcpiRoot.Find(memory.Reader, root, address, signature, out status);
        Assert.Equal(status == AcpiStatus.Ok, !table.IsEmpty);
        return status;
    }
}
