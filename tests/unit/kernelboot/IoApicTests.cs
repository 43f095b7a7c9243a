using System;
using Kilonova.Formats.Acpi;
using Kilonova.Formats.Tests;
using Kilonova.Kernel;
using Xunit;

namespace Kilonova.KernelBoot.Tests;

/// <summary>Pins of two I/O APICs, wired as the firmware's table says.</summary>
[Collection("console")]
public sealed unsafe class IoApicTests : IDisposable
{
    private const ulong Masked = 1 << 16;
    private const ulong Level = 1 << 15;
    private const ulong ActiveLow = 1 << 13;
    private const uint ApicId = 7;
    private const uint Vector = 0x42;

    private readonly FakeIoApic _first = new(24);
    private readonly FakeIoApic _second = new(8);

    public IoApicTests()
    {
        Log.Reset();
        Mmio.IoApics[0xfec0_0000] = _first;
        Mmio.IoApics[0xfec0_1000] = _second;
        Cpu.Of(3)->Arch.ApicId = ApicId;
        Platform.MadtBytes = AcpiSamples.Madt(
            AcpiSamples.LocalApic(0, 0),
            AcpiSamples.IoApic(1, 0xfec0_0000, 0),
            AcpiSamples.IoApic(2, 0xfec0_1000, 24),
            AcpiSamples.Override(0, 2, 0),
            AcpiSamples.Override(9, 9, 0xd),
            AcpiSamples.Override(11, 27, 0xf));
        IoApic.Initialize();
    }

    public void Dispose()
    {
        Mmio.IoApics.Clear();
        Iommu.RemapsInterrupts = false;
        Iommu.Remapped.Clear();
        Platform.MadtBytes = [];
    }

    [Fact]
    public void Until_it_is_routed_every_pin_is_masked()
    {
        Assert.Equal(32u, IoApic.Pins);
        for (uint pin = 0; pin < 24; pin++)
        {
            Assert.Equal(Masked, _first[pin]);
        }

        for (uint pin = 0; pin < 8; pin++)
        {
            Assert.Equal(Masked, _second[pin]);
        }
    }

    [Theory]
    [InlineData(4, 4, 0ul)]
    [InlineData(0, 2, 0ul)]
    [InlineData(9, 9, Level)]
    [InlineData(11, 27, Level | ActiveLow)]
    public void The_firmwares_polarity_and_trigger_reach_the_pin_they_are_meant_for(byte source, uint pin, ulong mode)
    {
        Madt.Wiring(Platform.Madt, source, out uint wired, out bool level, out bool activeLow);
        IoApic.Route(wired, Vector, 3, level, activeLow, masked: false);

        Assert.Equal(pin, wired);
        Assert.Equal(((ulong)ApicId << 56) | mode | Vector, pin < 24 ? _first[pin] : _second[pin - 24]);
    }

    [Fact]
    public void A_masked_pin_keeps_its_route()
    {
        IoApic.Route(5, Vector, 3, level: true, activeLow: true, masked: true);

        Assert.Equal(((ulong)ApicId << 56) | Masked | Level | ActiveLow | Vector, _first[5]);
    }

    [Fact]
    public void A_CPU_that_8_bits_cannot_name_gets_no_pin()
    {
        Cpu.Of(3)->Arch.ApicId = 256;
        IoApic.Route(5, Vector, 3, level: false, activeLow: false, masked: false);

        Assert.Equal(Masked, _first[5] & Masked);
    }

    [Fact]
    public void Behind_an_IOMMU_a_pin_names_its_entry_and_reaches_any_CPU()
    {
        Iommu.RemapsInterrupts = true;
        Cpu.Of(3)->Arch.ApicId = 300;
        IoApic.Route(27, Vector, 3, level: true, activeLow: false, masked: false);

        Assert.Equal((27ul << 49) | (1ul << 48) | Level | Vector, _second[3]);
        Assert.Equal([(27u, 0xf0faul, Vector, 300u, true)], Iommu.Remapped);
    }

    [Fact]
    public void A_pin_that_does_not_exist_changes_nothing()
    {
        IoApic.Route(32, Vector, 3, level: false, activeLow: false, masked: false);
        Until_it_is_routed_every_pin_is_masked();
    }
}
