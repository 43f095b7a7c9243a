using System;
using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using Kilonova.Formats.Acpi;
using Kilonova.Formats.Elf;
using Kilonova.Formats.Multiboot;
using Xunit;

namespace Kilonova.Formats.Tests;

/// <summary>
/// Damaged structures: whatever the bytes are, a reader neither throws nor hangs, and what a check accepts can be walked to its end.
/// </summary>
public class MutationTests
{
    private static readonly TimeSpan s_timePerFormat = TimeSpan.FromSeconds(1);

    private delegate void Reader(byte[] bytes);

    [Fact]
    public void A_damaged_rsdp_is_survived() => Mutate([AcpiSamples.Rsdp1(), AcpiSamples.Rsdp2()], bytes =>
    {
        FakeMemory memory = new FakeMemory().Put(0x1000, bytes);
        AcpiStatus direct = Rsdp.Check(bytes);
        ReadOnlySpan<byte> read = Rsdp.Read(memory.Reader, 0x1000, out AcpiStatus status);

        Assert.Equal(status == AcpiStatus.Ok, !read.IsEmpty);
        Assert.True(status != AcpiStatus.Ok || direct == AcpiStatus.Ok);
    });

    [Fact]
    public void A_damaged_root_table_is_survived() => Mutate([AcpiSamples.Xsdt(0x2000, 0x1000, 0x3000)], bytes =>
    {
        FakeMemory memory = new FakeMemory().Put(0x1000, bytes).Put(0x2000, AcpiSamples.Hpet()).Put(0x3000, AcpiSamples.MadtOfEverything());
        ReadOnlySpan<byte> root = AcpiRoot.Read(memory.Reader, AcpiSamples.Rsdp2(0x1000, 0x1000), out ulong address, out AcpiStatus status);
        ReadOnlySpan<byte> table = AcpiRoot.Find(memory.Reader, root, address, AcpiSignature.Madt, out status);

        Assert.Equal(status == AcpiStatus.Ok, !table.IsEmpty);
        Assert.InRange(memory.Mappings, 1, 4 + bytes.Length / 4);
    });

    [Fact]
    public void A_damaged_madt_is_survived() => Mutate([AcpiSamples.MadtOfEverything()], table =>
    {
        uint cursor = 0;
        for (ReadOnlySpan<byte> entry = Madt.Next(table, ref cursor); !entry.IsEmpty; entry = Madt.Next(table, ref cursor))
            _ = Madt.ProcessorApicId(entry) + Madt.IoApicBase(entry) + Madt.LocalNmiUid(entry);

        if (Madt.Check(table) == AcpiStatus.Ok)
            Assert.Equal((uint)table.Length, cursor);
    });

    [Fact]
    public void A_damaged_fadt_hpet_or_mcfg_is_survived() => Mutate(
        [AcpiSamples.Fadt1(), AcpiSamples.Fadt6(), AcpiSamples.Hpet(), AcpiSamples.Mcfg(new byte[16], new byte[16])],
        table =>
        {
            _ = Fadt.Check(table);
            _ = Fadt.Pm1aControlPort(table) + Fadt.PmTimerPort(table) + Fadt.ResetValue(table);
            _ = Hpet.Check(table);
            _ = Spcr.SerialPort(table);
            _ = Mcfg.Check(table);
            for (uint i = 0; i <= Mcfg.Count(table); i++)
                _ = Mcfg.Address(table, i) + Mcfg.LastBus(table, i);
        });

    [Fact]
    public void A_damaged_dmar_is_survived() => Mutate([AcpiSamples.DmarOfEverything()], table =>
    {
        uint cursor = 0;
        bool sound = Dmar.Check(table) == AcpiStatus.Ok;
        for (ReadOnlySpan<byte> entry = Dmar.Next(table, ref cursor); !entry.IsEmpty; entry = Dmar.Next(table, ref cursor))
        {
            uint inner = 0;
            uint length = 0;
            for (ReadOnlySpan<byte> scope = Dmar.NextScope(entry, ref inner); !scope.IsEmpty; scope = Dmar.NextScope(entry, ref inner))
            {
                length += (uint)scope.Length;
                for (uint i = 0; i <= Dmar.ScopeSteps(scope); i++)
                    _ = Dmar.ScopeDevice(scope, i);
            }

            Assert.True(!sound || length == 0 || inner == entry.Length);
        }

        Assert.True(!sound || cursor == table.Length);
    });

    [Fact]
    public void A_damaged_ivrs_is_survived() => Mutate([AcpiSamples.IvrsOfEverything()], table =>
    {
        uint cursor = 0;
        bool sound = Ivrs.Check(table) == AcpiStatus.Ok;
        for (ReadOnlySpan<byte> block = Ivrs.Next(table, ref cursor); !block.IsEmpty; block = Ivrs.Next(table, ref cursor))
        {
            uint inner = 0;
            for (ReadOnlySpan<byte> entry = Ivrs.NextDevice(block, ref inner); !entry.IsEmpty; entry = Ivrs.NextDevice(block, ref inner))
                _ = Ivrs.DeviceOf(entry) + Ivrs.DeviceAlias(entry) + Ivrs.SpecialHandle(entry);

            Assert.True(!sound || !Ivrs.IsUnit(block) || inner >= block.Length);
        }

        Assert.True(!sound || cursor == table.Length);
    });

    [Fact]
    public void A_damaged_elf_image_is_survived() => Mutate([ElfSamples.Root()], image =>
    {
        bool sound = Elf64.CheckInPlace(image, 0x40_0000, 0x7fff_ffff_e000) == ElfStatus.Ok;
        for (uint i = 0; i <= Elf64.ProgramHeaderCount(image); i++)
        {
            ReadOnlySpan<byte> segment = Elf64.ProgramHeader(image, i);
            if (sound && Segment.IsLoad(segment))
                _ = image.AsSpan(checked((int)Segment.FileOffset(segment)), checked((int)Segment.FileSize(segment)));
        }
    });

    [Fact]
    public void Damaged_multiboot_1_information_is_survived()
        => Mutate([MultibootSamples.Information1(), MultibootSamples.Map1()], bytes =>
        {
            FakeMemory asInformation = MultibootSamples.Memory1(information: bytes);
            FakeMemory asMap = MultibootSamples.Memory1(map: bytes);
            _ = Multiboot1.Check(asInformation.Reader, bytes);
            _ = Multiboot1.CommandLine(asInformation.Reader, bytes);
            _ = Multiboot1.Check(asMap.Reader, MultibootSamples.Information1());
            uint cursor = 0;
            while (!Multiboot1.NextRange(bytes, ref cursor).IsEmpty)
                Assert.InRange(cursor, 24u, (uint)bytes.Length);
        });

    [Fact]
    public void Damaged_multiboot_2_information_is_survived() => Mutate([MultibootSamples.Information2OfEverything()], information =>
    {
        _ = Multiboot2.Check(information);
        uint cursor = 0;
        ReadOnlySpan<byte> tag;
        while (!(tag = Multiboot2.Next(information, ref cursor)).IsEmpty)
        {
            _ = Multiboot2.CommandLine(tag).Length + Multiboot2.ModuleString(tag).Length + Multiboot2.RsdpCopy(tag).Length;
            for (uint i = 0; i <= Multiboot2.RangeCount(tag); i++)
                _ = Multiboot2.Range(tag, i);

            for (uint i = 0; i <= Multiboot2.EfiDescriptorCount(tag); i++)
                _ = Multiboot2.EfiDescriptor(tag, i);
        }
    });

    [Fact]
    public void Arbitrary_bytes_are_survived_by_every_reader()
        => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            _ = Rsdp.Check(bytes);
            _ = Madt.Check(bytes);
            _ = Madt.LocalApicAddress(bytes);
            _ = Fadt.Check(bytes);
            _ = Hpet.Check(bytes);
            _ = Mcfg.Check(bytes);
            _ = Dmar.Check(bytes);
            _ = Ivrs.Check(bytes);
            _ = Elf64.Check(bytes);
            _ = Multiboot2.Check(bytes);
            return CommandLine.Value(bytes, bytes).Length <= bytes.Length;
        }).QuickCheckThrowOnFailure();

    /// <summary>Damages sound samples for a bounded time; the seed of a failure is in its message.</summary>
    private static void Mutate(byte[][] samples, Reader read)
    {
        Stopwatch watch = Stopwatch.StartNew();
        for (int seed = 0; seed < 200_000 && watch.Elapsed < s_timePerFormat; seed++)
        {
            byte[] bytes = Damage(samples[seed % samples.Length], new Random(seed));
            try
            {
                read(bytes);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"seed {seed}: {Convert.ToHexString(bytes)}", failure);
            }
        }
    }

    private static byte[] Damage(byte[] sample, Random random)
    {
        byte[] bytes = (byte[])sample.Clone();
        int changes = random.Next(6);
        byte[] interesting = [0, 1, 2, 3, 4, 7, 8, 0x7f, 0x80, 0xfe, 0xff];
        for (int i = 0; i < changes; i++)
            bytes[random.Next(bytes.Length)] = random.Next(2) == 0 ? interesting[random.Next(interesting.Length)] : (byte)random.Next(256);

        if (random.Next(4) == 0)
            bytes = bytes[..random.Next(bytes.Length + 1)];

        // Half of the time the damage is sealed, so that it gets behind the checksum.
        if (random.Next(2) == 0 && bytes.Length >= 36)
            Bytes.Seal(bytes);

        return bytes;
    }
}
