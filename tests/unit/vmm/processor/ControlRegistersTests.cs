using Kilonova.Vmm.Policy;
using Kilonova.Vmm.Processor;
using Xunit;

namespace Kilonova.Vmm.Tests;

/// <summary>What CR0 and CR4 accept, rule by rule.</summary>
public sealed class ControlRegistersTests
{
    private const ulong Protected = Cr0.ProtectionEnable | Cr0.ExtensionType;
    private const ulong Paged = Protected | Cr0.Paging;
    private const ulong Pae = Cr4.PhysicalAddressExtension;
    private const ulong Long = Efer.LongModeEnable | Efer.LongModeActive;
    private const ulong All = 0x3f_1fff;

    [Theory]
    // From protected mode, with long mode enabled or not.
    [InlineData(Protected, 0ul, 0ul, 0ul, true)]
    [InlineData(Protected, 0ul, 0ul, Cr0.Paging, false)]
    [InlineData(Protected, 0ul, 0ul, Protected | Cr0.NotWriteThrough, false)]
    [InlineData(Protected, 0ul, 0ul, Protected | Cr0.NotWriteThrough | Cr0.CacheDisable, true)]
    [InlineData(Protected, 0ul, 0ul, Protected | (1ul << 32), false)]
    [InlineData(Protected, 0ul, Efer.LongModeEnable, Paged, false)]
    [InlineData(Protected, Pae, Efer.LongModeEnable, Paged, true)]
    // Out of paging.
    [InlineData(Paged, Pae, Long, Protected, true)]
    [InlineData(Paged, Pae | Cr4.ProcessContextIdentifiers, Long, Protected, false)]
    public void CR0_takes_consistent_values(ulong cr0, ulong cr4, ulong efer, ulong value, bool accepted)
    {
        var mode = new ModeRegisters { Cr0 = cr0, Cr4 = cr4, Efer = efer };
        ModeRegisters before = mode;

        Assert.Equal(accepted, ControlRegisters.TryWriteCr0(ref mode, value));
        Assert.Equal(accepted ? (value & uint.MaxValue) | Cr0.ExtensionType : before.Cr0, mode.Cr0);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Long_mode_is_not_entered_with_long_code_or_a_narrow_task(bool code, bool task)
    {
        var mode = new ModeRegisters { Cr0 = Protected, Cr4 = Pae, Efer = Efer.LongModeEnable, HasLongCode = code, HasNarrowTask = task };
        Assert.False(ControlRegisters.TryWriteCr0(ref mode, Paged));

        mode.Efer = 0;
        Assert.True(ControlRegisters.TryWriteCr0(ref mode, Paged));
        Assert.Equal(0ul, mode.Efer);
    }

    [Fact]
    public void Paging_is_not_left_from_64_bit_code()
    {
        var mode = new ModeRegisters { Cr0 = Paged, Cr4 = Pae, Efer = Long, HasLongCode = true };

        Assert.False(ControlRegisters.TryWriteCr0(ref mode, Protected));
        Assert.Equal(Long, mode.Efer);
    }

    [Fact]
    public void Reserved_bits_of_the_lower_half_of_CR0_are_ignored()
    {
        var mode = new ModeRegisters { Cr0 = Protected };

        Assert.True(ControlRegisters.TryWriteCr0(ref mode, Protected | 0x1ffa_ffc0));
        Assert.Equal(Protected, mode.Cr0);
    }

    [Theory]
    [InlineData(0ul, 0ul, 0ul, Pae, true)]
    [InlineData(0ul, 0ul, 0ul, 1ul << 13, false)]
    [InlineData(0ul, 0ul, 0ul, 1ul << 63, false)]
    [InlineData(Pae, 0ul, Long, 0ul, false)]
    [InlineData(Pae, 0ul, 0ul, 0ul, true)]
    [InlineData(Pae, 0ul, Long, Pae | Cr4.LinearAddress57, false)]
    [InlineData(Pae, 0ul, 0ul, Pae | Cr4.LinearAddress57, true)]
    [InlineData(Pae, 0ul, Long, Pae | Cr4.ProcessContextIdentifiers, true)]
    [InlineData(Pae, 1ul, Long, Pae | Cr4.ProcessContextIdentifiers, false)]
    [InlineData(Pae, 0ul, 0ul, Pae | Cr4.ProcessContextIdentifiers, false)]
    [InlineData(Pae | Cr4.ProcessContextIdentifiers, 1ul, Long, Pae | Cr4.ProcessContextIdentifiers | Cr4.PageGlobalEnable, true)]
    public void CR4_takes_consistent_values(ulong cr4, ulong cr3, ulong efer, ulong value, bool accepted)
    {
        var mode = new ModeRegisters { Cr0 = Paged, Cr3 = cr3, Cr4 = cr4, Efer = efer };

        Assert.Equal(accepted, ControlRegisters.TryWriteCr4(ref mode, value, All));
        Assert.Equal(accepted ? value : cr4, mode.Cr4);
    }

    [Theory]
    [InlineData(Protected, Paged, Pae, Pae, 0ul, true, true)]
    [InlineData(Paged, Paged | Cr0.CacheDisable, Pae, Pae, 0ul, true, false)]
    [InlineData(Paged, Paged | Cr0.TaskSwitched, Pae, Pae, 0ul, false, false)]
    [InlineData(Paged, Paged, Pae, Pae | Cr4.PageGlobalEnable, 0ul, true, true)]
    [InlineData(Paged, Paged, Pae, Pae | Cr4.OsFxsr, 0ul, false, false)]
    [InlineData(Protected, Paged, Pae, Pae, Long, false, true)]
    [InlineData(Protected, Paged, 0ul, 0ul, 0ul, false, true)]
    [InlineData(Paged, Paged | Cr0.WriteProtect, 0ul, 0ul, 0ul, false, true)]
    public void What_a_write_leads_to(ulong cr0, ulong newCr0, ulong cr4, ulong newCr4, ulong efer, bool reloads, bool translates)
    {
        var before = new ModeRegisters { Cr0 = cr0, Cr4 = cr4, Efer = efer };
        var after = new ModeRegisters { Cr0 = newCr0, Cr4 = newCr4, Efer = efer };

        Assert.Equal((reloads, translates), (ControlRegisters.ReloadsPdptes(before, after), ControlRegisters.ChangesTranslation(before, after)));
    }

    [Theory]
    [InlineData(0u, 0u, 0u, 0u, false, 0x140ul)]
    [InlineData(1u << 6 | 1 << 24, 0u, 0u, 0u, true, 0x360ul)]
    [InlineData(0u, 1u << 17, 1u << 7, 1u << 16, false, 0x12_0140ul)]
    [InlineData(0u, 1u << 17, 1u << 7, 1u << 16, true, 0x12_1140ul)]
    [InlineData(uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, false, 0x33_0ffful)]
    public void CR4_has_what_cpuid_shows(uint edx, uint ecx, uint ebx7, uint ecx7, bool isWide, ulong expected)
    {
        var policy = new CpuidPolicy(new Features(edx, ecx, ebx7, ecx7), new CpuidSettings { Cpus = 1, WideAddresses = isWide });

        Assert.Equal(expected, policy.ControlBits);
    }

    private sealed class Features(uint edx, uint ecx, uint ebx7, uint ecx7) : ICpuid
    {
        public CpuidLeaf Read(uint leaf, uint subleaf) => leaf switch
        {
            0 => new CpuidLeaf { Eax = 7 },
            1 => new CpuidLeaf { Ecx = ecx, Edx = edx },
            7 => new CpuidLeaf { Ebx = ebx7, Ecx = ecx7 },
            _ => default,
        };
    }
}
