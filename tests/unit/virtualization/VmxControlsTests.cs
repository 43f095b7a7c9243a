using FsCheck;
using FsCheck.Fluent;
using Kilonova.Kernel;
using Xunit;

namespace Kilonova.Virtualization.Tests;

/// <summary>Controls for whatever a CPU that has what the kernel requires may offer beside it.</summary>
public class VmxControlsTests
{
    /// <summary>A capability register: what must be set, and what may be set.</summary>
    private static ulong Capability(uint must, uint may) => must | ((ulong)(may | must) << 32);

    private static VmxControls Machine(uint must, uint may)
    {
        VmxControls controls = default;
        Assert.True(controls.Pin.TryRead(Capability(0x16, may | PinControl.Required), PinControl.Required, 0));
        Assert.True(controls.Primary.TryRead(Capability(must, may | PrimaryControl.Required), PrimaryControl.Required, 0));
        Assert.True(controls.Secondary.TryRead(Capability(0, may | SecondaryControl.Required), SecondaryControl.Required, 0));
        Assert.True(controls.Exit.TryRead(Capability(0x36dfb, may | ExitControl.Required), ExitControl.Required, 0));
        Assert.True(controls.Entry.TryRead(
            Capability(0x11fb, may | EntryControl.Required | EntryControl.LongMode), EntryControl.Required, EntryControl.LongMode));
        return controls;
    }

    private static void ForAll(System.Action<uint, uint, uint, uint> property) =>
        Prop.ForAll<int, int, int>((a, b, c) => property(Mix(a), Mix(b), Mix(c), Mix(a ^ (b << 4) ^ (c << 8)))).QuickCheckThrowOnFailure();

    /// <summary>Small numbers become words with bits all over.</summary>
    private static uint Mix(int number) => (uint)number * 0x9e37_79b9;

    [Fact]
    public void Words_lie_within_what_the_cpu_offers() => ForAll((must, may, wish, more) =>
    {
        VmxControls controls = Machine(must, may);
        uint primary = controls.PrimaryWord(wish, more);
        Assert.Equal(must, primary & must);
        Assert.Equal(0u, primary & ~(must | may | PrimaryControl.Required));
        uint secondary = controls.SecondaryWord(wish);
        Assert.Equal(0u, secondary & ~(may | SecondaryControl.Required));
    });

    [Fact]
    public void Whatever_a_monitor_wishes_the_host_keeps_its_own_controls() => ForAll((_, may, wish, _) =>
    {
        VmxControls controls = Machine(0, may);
        uint primary = controls.PrimaryWord(wish, 0);
        Assert.Equal(PrimaryControl.Forced, primary & PrimaryControl.Forced);
        Assert.Equal(0u, primary & ~(PrimaryControl.Delegated | PrimaryControl.Forced | PrimaryControl.IoBitmaps));
        uint secondary = controls.SecondaryWord(wish);
        Assert.Equal(SecondaryControl.Required, secondary & SecondaryControl.Required);
        Assert.Equal(0u, secondary & ~(SecondaryControl.Delegated | SecondaryControl.Required | SecondaryControl.Welcome));
    });

    [Fact]
    public void No_port_is_reached_without_a_bitmap_or_an_exit() => ForAll((must, may, wish, more) =>
        Assert.NotEqual(0u, Machine(must, may).PrimaryWord(wish, more) & (PrimaryControl.IoBitmaps | PrimaryControl.UnconditionalIo)));

    [Fact]
    public void The_hosts_task_priority_is_out_of_reach() => ForAll((must, may, wish, more) =>
    {
        const uint Exits = PrimaryControl.Cr8Load | PrimaryControl.Cr8Store;
        uint word = Machine(must, may).PrimaryWord(wish, more);
        Assert.True((word & PrimaryControl.TprShadow) != 0 || (word & Exits) == Exits);
    });

    [Fact]
    public void What_a_monitor_decides_about_is_as_it_wishes()
    {
        VmxControls controls = Machine(0, uint.MaxValue);
        const uint Wish = PrimaryControl.Invlpg | PrimaryControl.Pause | PrimaryControl.TprShadow | PrimaryControl.MonitorTrap;
        Assert.Equal(Wish | PrimaryControl.Forced | PrimaryControl.IoBitmaps, controls.PrimaryWord(Wish, 0));
        Assert.Equal(
            SecondaryControl.Rdtscp | SecondaryControl.Required | SecondaryControl.Welcome,
            controls.SecondaryWord(SecondaryControl.Rdtscp));
    }

    [Fact]
    public void A_window_is_asked_for_beside_the_monitors_word() =>
        Assert.NotEqual(0u, Machine(0, 0).PrimaryWord(0, PrimaryControl.InterruptWindow) & PrimaryControl.InterruptWindow);

    [Fact]
    public void Long_mode_is_an_entry_control()
    {
        VmxControls controls = Machine(0, 0);
        Assert.Equal(0u, controls.EntryWord(false) & EntryControl.LongMode);
        Assert.Equal(EntryControl.LongMode, controls.EntryWord(true) & EntryControl.LongMode);
    }

    [Theory]
    [InlineData(0u, PrimaryControl.Required & ~PrimaryControl.MsrBitmaps, false)]
    [InlineData(0u, PrimaryControl.Required, true)]
    [InlineData(PrimaryControl.Rdtsc, PrimaryControl.Required, true)]
    public void A_cpu_that_lacks_a_control_is_refused(uint must, uint may, bool accepted)
    {
        VmxControl control = default;
        Assert.Equal(accepted, control.TryRead(Capability(must, may), PrimaryControl.Required, 0));
    }
}
