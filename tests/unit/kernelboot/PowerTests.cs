using System;
using Kilonova.Formats.Tests;
using Kilonova.Kernel;
using Xunit;

namespace Kilonova.KernelBoot.Tests;

/// <summary>Reset and power-off by the registers that the FADT names. No machine here obeys, so that every further way is tried.</summary>
[Collection("console")]
public sealed class PowerTests : IDisposable
{
    private const uint Value = 0x0f;

    public PowerTests()
    {
        Port.Written.Clear();
        Mmio.Written.Clear();
    }

    public void Dispose() => Platform.FadtBytes = [];

    [Fact]
    public void A_reset_register_in_port_space_is_written_first()
    {
        Reset(1, 0x64d);

        Assert.Equal(((ushort)0x64d, Value), Port.Written[0]);
        Assert.Empty(Mmio.Written);
    }

    [Fact]
    public void A_reset_register_in_memory_is_written_where_it_lies()
    {
        Reset(0, 0xfed0_1234);

        Assert.Equal([(0xfed0_1234, (byte)Value)], Mmio.Written);
    }

    [Fact]
    public void A_reset_register_in_configuration_space_is_selected_and_written()
    {
        Reset(2, 0x0000_001f_0007_00d6);

        Assert.Equal(((ushort)0xcf8, 0x8000_ffd4), Port.Written[0]);
        Assert.Equal(((ushort)0xcfe, Value), Port.Written[1]);
    }

    [Theory]
    [InlineData(1, 0x1_0000ul)]
    [InlineData(3, 0x64dul)]
    public void A_reset_register_nowhere_to_be_found_is_passed_over(byte space, ulong address)
    {
        Reset(space, address);

        Assert.Equal(((ushort)0xcf9, 0x02u), Port.Written[0]);
        Assert.Empty(Mmio.Written);
    }

    [Fact]
    public void Without_a_reset_register_chipset_keyboard_controller_and_a_triple_fault_are_tried()
    {
        Platform.FadtBytes = [];
        Power.Initialize();

        Assert.Equal("triple fault", Assert.Throws<HaltedException>(() => Power.TryReset()).Message);
        Assert.Equal([(0xcf9, 0x02), (0xcf9, 0x06), (0x64, 0xfe)], Port.Written);
    }

    [Fact]
    public void Power_off_writes_the_sleep_type_then_the_enable_bit_to_both_registers()
    {
        Platform.FadtBytes = Bytes.Seal(Bytes.With(AcpiSamples.Fadt1(), 48, Bytes.Le(0, 4)));

        Assert.False(Power.TryOff(5, 2));

        const ushort A = 0xb004;
        const ushort B = 0xb104;
        Assert.Equal([(A, 5u << 10), (A, (5u << 10) | (1u << 13)), (B, 2u << 10), (B, (2u << 10) | (1u << 13))], Port.Written);
    }

    private static void Reset(byte space, ulong address)
    {
        byte[] register = Bytes.New.U8(space, 8, 0, 1).U64(address).U8((byte)Value).Array();
        Platform.FadtBytes = Bytes.Seal(Bytes.With(AcpiSamples.Fadt6(), 116, register));
        Power.Initialize();
        Assert.Throws<HaltedException>(() => Power.TryReset());
    }
}
